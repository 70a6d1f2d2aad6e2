"""Floats that add up exactly, against fractions that are never rounded."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from tests.embedded import in_engine
from workbench.customers.exact import addable


@pytest.mark.parametrize("largest", [0.5, 300.0, 4e7, 1e15])
def test_floats_on_the_grid_add_up_without_rounding(largest: float) -> None:
    """Each amount moves by less than the total's 2^52nd part, and every sum of them is the fraction's."""
    amounts = largest * np.random.default_rng(3).random(4000) ** 6
    table = in_engine(pd.DataFrame({"amount": amounts}))
    found = table.select(made=addable(table.amount, float(amounts.sum()))).made.execute().to_numpy()
    assert np.abs(np.sort(found) - np.sort(amounts)).max() <= amounts.sum() / 2**52
    exact = sum((Fraction(value) for value in found.tolist()), start=Fraction(0))
    for order in (found, found[::-1], np.sort(found)):
        assert Fraction(float(np.cumsum(order)[-1])) == exact
