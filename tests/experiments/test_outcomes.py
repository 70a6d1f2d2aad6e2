"""How many outcomes an arm holds, and when they are too few for its interval."""

import numpy as np
import pandas as pd
import pytest

from workbench.config import Metric, UserExperiment
from workbench.experiments import read_out_users
from workbench.experiments.users.equal_outcomes import FEWEST
from workbench.experiments.users.measure import measure
from workbench.experiments.users.outcomes import enough_outcomes
from workbench.result import Check, Provenance

from .conftest import UnitsTable


def found(units_table: UnitsTable, spend: np.ndarray, kind: str = "mean", **columns: object) -> Check | None:
    """The check on a test whose arms take turns."""
    variant = np.where(np.arange(len(spend)) % 2 == 0, "old", "new")
    units = pd.DataFrame({"experiment_id": "e", "unit_id": np.arange(len(spend)).astype(str), "variant": variant})
    spec = UserExperiment.model_validate(
        {"control": "old", "metrics": [{"name": "spend", "kind": kind, "role": "primary", **columns}]}
    )
    return next(enough_outcomes(measure(units_table(units.assign(spend=spend)), "e", spec), spec), None)


@pytest.mark.parametrize("buyers", [FEWEST - 1, FEWEST + 1])
def test_equal_outcomes_are_counted_as_they_are(units_table: UnitsTable, buyers: int) -> None:
    spend = np.zeros(4_000)
    spend[: 2 * buyers] = 1
    check = found(units_table, spend, "proportion")
    assert check is not None
    assert check.value == pytest.approx(buyers)
    assert check.passed is (buyers > FEWEST)


def test_one_large_buyer_makes_outcomes_scarce(units_table: UnitsTable) -> None:
    spend = np.ones(4_000)
    enough = found(units_table, spend + np.random.default_rng(1).normal(scale=0.1, size=4_000))
    spend[0] = 2_000
    scarce = found(units_table, spend)
    assert enough is not None
    assert scarce is not None
    assert (enough.passed, scarce.passed) == (True, False)
    assert scarce.value == pytest.approx((2_000 + 1_999) ** 2 / (2_000**2 + 1_999))
    assert "winsorize" in scarce.detail


def test_other_kinds_of_metrics_have_checks_of_their_own(units_table: UnitsTable) -> None:
    spend = np.random.default_rng(1).exponential(size=400)
    assert found(units_table, spend, "quantile", quantile=0.5) is None


def test_gains_and_losses_that_cancel_are_many_outcomes_all_the_same(units_table: UnitsTable) -> None:
    """Of a standard normal, (E |x|)² / E x² is 2 / pi."""
    rng = np.random.default_rng(1)
    check = found(units_table, rng.normal(size=4_000))
    assert check is not None
    assert (check.name, check.passed) == ("enough_outcomes", True)
    assert check.value == pytest.approx(2_000 * 2 / np.pi, rel=0.1)
    refunds = found(units_table, np.where(np.arange(4_000) < 59, rng.choice([-30.0, 30.0], size=4_000), 0.0))
    assert refunds is not None
    assert (refunds.name, refunds.passed, round(refunds.value)) == ("enough_outcomes new", False, 29)


def test_too_few_outcomes_settle_nothing_while_the_test_runs(units_table: UnitsTable) -> None:
    """500 buyers against 20 are beyond chance; the planned end says so, the days before it wait."""
    bought = np.repeat([1, 0, 1, 0], [500, 2_500, 20, 2_980])
    units = pd.DataFrame({"experiment_id": "e", "unit_id": np.arange(6_000), "bought": bought})
    table = units_table(units.assign(variant=np.repeat(["old", "new"], 3_000)))
    metric = Metric(name="bought", kind="proportion", role="primary")
    running, ended = (
        read_out_users(
            table,
            "e",
            UserExperiment(control="old", metrics=(metric,), planned_units=planned),
            provenance=Provenance(),
            currency="EUR",
        )
        for planned in (10_000, 6_000)
    )
    assert (running.verdict, running.decided_by) == ("keep running", "enough_outcomes new")
    assert (ended.verdict, ended.decided_by) == ("stop", "primary")
    assert [check.name for check in ended.failed_checks] == ["enough_outcomes new"]
