"""How many outcomes an arm holds, and when they are too few for its interval."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.config import UserExperiment
from workbench.experiments import ExperimentResult, read_out_users
from workbench.experiments.users.engine import Moments
from workbench.experiments.users.equal_outcomes import FEWEST, equal_outcomes
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


def bought(
    units_table: UnitsTable, buyers: tuple[int, int], planned: int, role: str = "primary", **metric: object
) -> ExperimentResult:
    """Buyers among 3,000 users of the old and 3,000 of the new; revenue that goes with nothing is the primary metric of a guardrail."""
    old, new = buyers
    outcome = np.repeat([1, 0, 1, 0], [old, 3_000 - old, new, 3_000 - new])
    units = pd.DataFrame({"experiment_id": "e", "unit_id": np.arange(6_000), "bought": outcome})
    revenue = 10 + np.random.default_rng(1).normal(size=6_000) + np.repeat([0, 1], 3_000)
    table = units_table(units.assign(variant=np.repeat(["old", "new"], 3_000), revenue=revenue))
    declared = {"name": "bought", "kind": "proportion", "role": role, **metric}
    metrics = [declared] if role == "primary" else [{"name": "revenue", "role": "primary"}, declared]
    spec = UserExperiment.model_validate({"control": "old", "metrics": metrics, "planned_units": planned})
    return read_out_users(table, "e", spec, provenance=Provenance(), currency="EUR")


@pytest.mark.parametrize(("planned", "verdict"), [(10_000, "keep running"), (6_000, "inconclusive")])
@pytest.mark.parametrize("buyers", [(500, 20), (20, 500)], ids=["worse", "better"])
def test_too_few_outcomes_settle_nothing(
    units_table: UnitsTable, buyers: tuple[int, int], planned: int, verdict: str
) -> None:
    """500 buyers against 20 are beyond chance; their interval isn't one, neither while the test runs nor at its end."""
    arm = "new" if buyers[1] < buyers[0] else "old"
    result = bought(units_table, buyers, planned)
    assert (result.verdict, result.decided_by) == (verdict, f"enough_outcomes {arm}")
    assert [check.name for check in result.failed_checks] == [f"enough_outcomes {arm}"]
    assert result.would_change == "More users with an outcome in every arm would change this."
    assert "20 equal outcomes" in result.findings[0]


def test_what_would_change_scarce_outcomes_names_extreme_values_where_there_can_be_any(units_table: UnitsTable) -> None:
    result = bought(units_table, (500, 20), 6_000, kind="mean")
    assert "extreme values cut lower (winsorize)" in result.would_change


@pytest.mark.parametrize(("planned", "verdict"), [(10_000, "keep running"), (6_000, "ship")])
def test_a_scarce_guardrail_waits_for_the_end_and_no_longer(
    units_table: UnitsTable, planned: int, verdict: str
) -> None:
    result = bought(units_table, (40, 45), planned, role="guardrail", margin=0.9)
    assert result.verdict == verdict
    assert {check.name for check in result.failed_checks} == {
        "enough_outcomes bought old",
        "enough_outcomes bought new",
    }


@pytest.mark.parametrize(("sigma", "least"), [(1.5, 0.10), (2.0, 0.12)])
def test_heavy_tails_at_90_to_10_claim_nothing_while_their_outcomes_are_too_few(sigma: float, least: float) -> None:
    """Lognormal spend of a tenth of 5,000 users, no effect: Welch's interval misses zero in twice the tests that it should."""
    rng, tests, new = np.random.default_rng(3), 1_000, 500
    spend = rng.lognormal(0, sigma, (tests, 5_000)) * (rng.random((tests, 5_000)) < 0.1)
    arms = spend[:, :new], spend[:, new:]
    variance = sum(arm.var(axis=1, ddof=1) / arm.shape[1] for arm in arms)
    claims = np.abs(arms[0].mean(axis=1) - arms[1].mean(axis=1)) > stats.norm.isf(0.025) * np.sqrt(variance)
    outcomes = np.min(
        [
            [
                equal_outcomes(
                    Moments(units=len(row), mean={"x": row.mean()}, covariance={("x", "x"): row.var(ddof=1)}), "x"
                )
                for row in arm
            ]
            for arm in arms
        ],
        axis=0,
    )
    assert claims.mean() > least
    assert np.mean(claims & (outcomes >= FEWEST)) <= 0.05
