"""Amounts that came as text, and numbers of every kind, are read the same when learnt from and when scored."""

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from propensity.worlds import simulate

from workbench.config.customers import Score
from workbench.customers.amounts import as_number, holds_amounts
from workbench.propensity import train_scores
from workbench.propensity.leads import lead_population
from workbench.result import Provenance
from workbench.runs.handoff import read_handoff, write_handoff

WORLD = simulate(3, size=2500)
SPEC = Score(kind="lead", value=100.0, cost=20.0)


def scores(kind: str, folder) -> pd.DataFrame:
    """Scores of the world's open leads, whose visits are missing now and then and come in some type."""
    visits = WORLD.features.visits.round(4).mask(np.arange(len(WORLD.won)) % 40 == 0)
    if kind == "text":
        visits = visits.map("{:.4f}".format).where(visits.notna(), " ").astype(object)
    leads = ibis.memtable(WORLD.leads().assign(visits=visits))
    if kind == "decimal":
        leads = leads.mutate(visits=leads.visits.nullif(float("nan")).cast("decimal(12, 4)"))
    score = train_scores(
        lead_population(leads, SPEC, None), "won", SPEC, currency="EUR", provenance=Provenance(), seed=1
    )
    assert score.result.features.set_index("column").kind["visits"] == "number"
    write_handoff({"scores.csv": score.batches()}, folder)
    return read_handoff(folder / "scores.csv")


@pytest.mark.parametrize("kind", ["text", "decimal"])
def test_amounts_in_another_type_score_as_numbers_do(tmp_path, kind):
    plain, other = scores("float", tmp_path / "float"), scores(kind, tmp_path / kind)
    assert list(plain.id) == list(other.id)
    np.testing.assert_allclose(other.probability, plain.probability, atol=1e-9)


@pytest.mark.parametrize(
    "values",
    [
        ["01.5", "2.5"],  # a code begins with a nought
        ["94107", "10001"],  # whole numbers alone may be codes
        ["1.5", "unknown place"],
        ["1,234.5", "1.0"],
        ["", "-"],
        [None, None],
    ],
)
def test_text_that_may_mean_something_else_stays_text(values):
    assert not holds_amounts(pd.Series(values, dtype=object))


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1), st.sampled_from([" ", "N/A"]))
def test_written_amounts_are_read_back(amounts, blank):
    column = pd.Series([*map(repr, amounts), blank, None], dtype=object)
    assert holds_amounts(column)
    assert as_number(column).tolist()[:-2] == amounts
    assert as_number(column).iloc[-2:].isna().all()
