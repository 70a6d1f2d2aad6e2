import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.experiments.sequential.confidence_sequence import ConfidenceSequence


@pytest.fixture(scope="module")
def reference(shared_data: Path) -> dict:
    return json.loads((shared_data / "experiments" / "reference.json").read_text())


def sequence(units: float) -> ConfidenceSequence:
    return ConfidenceSequence(units=units, tuned_to=5_000, tuned_at=0.05)


def test_multipliers_are_growthbooks(reference: dict) -> None:
    for units, multiplier in reference["asympCS_z_multiplier_tune5000_alpha05"].items():
        assert sequence(int(units)).critical(0.05) == pytest.approx(multiplier, abs=5e-5)


@pytest.mark.parametrize("column", ["visit", "conversion", "spend"])
def test_hillstroms_intervals_and_p_values_are_growthbooks(
    reference: dict, hillstrom: pd.DataFrame, column: str
) -> None:
    control, treated = (hillstrom.loc[hillstrom.variant == arm, column] for arm in ("No E-Mail", "Womens E-Mail"))
    estimate, lower, upper, p_value = reference["hillstrom.csv"]["asympCS_W_minus_C_abs_tune5000"][column]
    se = math.sqrt(control.var() / len(control) + treated.var() / len(treated))
    found = sequence(len(control) + len(treated))
    difference = treated.mean() - control.mean()
    assert difference == pytest.approx(estimate)
    assert difference - found.critical(0.05) * se == pytest.approx(lower, rel=1e-4)
    assert difference + found.critical(0.05) * se == pytest.approx(upper, rel=1e-4)
    assert found.p_value(difference / se) == pytest.approx(p_value, rel=2e-2)


def test_growthbooks_relative_interval_is_the_delta_methods(reference: dict, hillstrom: pd.DataFrame) -> None:
    control, treated = (hillstrom.loc[hillstrom.variant == arm, "conversion"] for arm in ("No E-Mail", "Womens E-Mail"))
    lift = treated.mean() / control.mean() - 1
    variance = treated.var() / len(treated) + (1 + lift) ** 2 * control.var() / len(control)
    half = sequence(len(control) + len(treated)).critical(0.05) * math.sqrt(variance) / control.mean()
    assert [lift - half, lift + half] == pytest.approx(
        reference["hillstrom.csv"]["rel_asympCS_W_conversion_gbstats"], abs=2e-3
    )


def test_p_value_and_interval_never_contradict() -> None:
    for alpha in (0.001, 0.01, 0.05, 0.2):
        for units in (200, 5_000, 300_000):
            assert sequence(units).p_value(sequence(units).critical(alpha)) == pytest.approx(alpha)


def test_it_is_nearly_narrowest_where_it_is_tuned() -> None:
    def width(tuned_to: int) -> float:
        return ConfidenceSequence(units=5_000, tuned_to=tuned_to, tuned_at=0.05).critical(0.05)

    assert width(5_000) <= min(map(width, np.geomspace(100, 1e6, 200).astype(int))) * 1.002
