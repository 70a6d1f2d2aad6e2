"""The gates in order, each shown deciding, and promises about further units kept."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import NormalIndPower

from workbench.config import Metric, UserExperiment
from workbench.experiments import ExperimentResult, read_out_users
from workbench.experiments.sequential.fixed_horizon import FixedHorizon
from workbench.experiments.users.further_units import more_units
from workbench.result import Provenance

from .conftest import UnitsTable

SIZE = 2_000


def world(
    *, lift: float = 0.0, complaints: float = 0.10, arms: tuple[int, int] = (SIZE, SIZE), seed: int = 3
) -> pd.DataFrame:
    """Two arms whose sample means are exactly as asked: spend 10 + lift (sd 5), complaints 10% against `complaints`."""
    rng = np.random.default_rng(seed)
    frames = []
    for variant, units, gain, rate in (("none", arms[0], 0.0, 0.10), ("offer", arms[1], lift, complaints)):
        noise = stats.zscore(rng.normal(size=units), ddof=1)
        complained = np.arange(units) < round(rate * units)
        frames.append(
            pd.DataFrame({"variant": variant, "spend": 10 + gain + 5 * noise, "complained": complained.astype(int)})
        )
    frame = pd.concat(frames, ignore_index=True)
    return frame.assign(experiment_id="e", unit_id=np.arange(len(frame)))


def read(
    units_table: UnitsTable, frame: pd.DataFrame, *, cost: float = 0.0, value: float | None = 1.0
) -> ExperimentResult:
    metrics = (
        Metric(name="spend", role="primary", value=value),
        Metric(name="complained", kind="proportion", role="guardrail", higher_is_better=False, margin=0.25),
    )
    spec = UserExperiment(control="none", metrics=metrics, cost_per_unit=cost)
    return read_out_users(units_table(frame), "e", spec, provenance=Provenance(), currency="EUR")


def test_a_lost_arm_is_invalid_before_anything_else(units_table: UnitsTable) -> None:
    result = read(units_table, world(lift=2, arms=(SIZE, 1_500)))
    assert (result.verdict, result.decided_by) == ("invalid", "sample_ratio")
    assert len(result.findings) == 2
    assert result.findings[0].startswith("Invalid: The arms don't have their intended shares")


def test_a_harmed_guardrail_stops_a_profitable_treatment(units_table: UnitsTable) -> None:
    result = read(units_table, world(lift=2, complaints=0.20))
    assert (result.verdict, result.decided_by) == ("stop", "guardrail complained")


def test_a_guardrail_that_may_be_harmed_leaves_it_open(units_table: UnitsTable) -> None:
    result = read(units_table, world(lift=2, complaints=0.11))
    assert (result.verdict, result.decided_by) == ("inconclusive", "guardrail complained")
    assert [check.passed for check in result.checks if check.name.startswith("guardrail")] == [False]


def test_the_promised_units_bring_the_guardrail_within_its_margin(units_table: UnitsTable) -> None:
    first = read(units_table, world(lift=2, complaints=0.11))
    more = promised(first.would_change)
    units = SIZE + round(0.55 * more)
    again = read(units_table, world(lift=2, complaints=0.11, arms=(units, units)))
    assert (again.verdict, again.decided_by) == ("ship", "profit")


def test_a_better_guardrail_and_a_clear_gain_ship(units_table: UnitsTable) -> None:
    result = read(units_table, world(lift=1, complaints=0.08), cost=0.2)
    profit = result.estimate("profit", "offer")
    assert (result.verdict, result.decided_by) == ("ship", "profit")
    assert profit.estimate == pytest.approx(0.8 * SIZE, rel=1e-9)


def test_a_loss_stops(units_table: UnitsTable) -> None:
    result = read(units_table, world(lift=-1, complaints=0.08))
    assert (result.verdict, result.decided_by) == ("stop", "primary")


def test_a_gain_below_its_cost_stops(units_table: UnitsTable) -> None:
    result = read(units_table, world(lift=1, complaints=0.08), cost=2)
    assert (result.verdict, result.decided_by) == ("stop", "profit")
    assert "below €1.00 per user" in result.would_change


def test_a_gain_about_its_cost_is_open(units_table: UnitsTable) -> None:
    result = read(units_table, world(lift=1, complaints=0.08), cost=0.9)
    assert (result.verdict, result.decided_by) == ("inconclusive", "profit")


def test_without_values_the_primary_metric_decides(units_table: UnitsTable) -> None:
    result = read(units_table, world(lift=1, complaints=0.08), value=None)
    assert (result.verdict, result.decided_by) == ("ship", "primary")
    assert "profit" not in set(result.estimates.quantity)


def test_a_small_difference_is_inconclusive_and_says_how_many_units_would_settle_it(units_table: UnitsTable) -> None:
    result = read(units_table, world(lift=0.2, complaints=0.08))
    needed = NormalIndPower().solve_power(effect_size=0.2 / 5, power=0.8, alpha=0.05)
    assert (result.verdict, result.decided_by) == ("inconclusive", "primary")
    assert promised(result.would_change) == pytest.approx(2 * (needed - SIZE), rel=0.03)


def test_a_negligible_difference_asks_for_a_bolder_change(units_table: UnitsTable) -> None:
    result = read(units_table, world(lift=0.01, complaints=0.08))
    assert "test a bolder change" in result.would_change


def test_more_units_gives_the_power_it_promises() -> None:
    rng = np.random.default_rng(6)
    further = more_units(0.1, 0.1, 1_000, FixedHorizon(), 0.05)
    se = 0.1 * np.sqrt(1_000 / (1_000 + further))
    rejected = np.abs(rng.normal(0.1, se, size=20_000) / se) > stats.norm.isf(0.025)
    assert rejected.mean() == pytest.approx(0.8, abs=0.01)


def test_of_two_treatments_the_more_profitable_one_stands_for_the_test(units_table: UnitsTable) -> None:
    base = world(lift=1, complaints=0.08)
    better = world(lift=1.5, complaints=0.08, seed=4)
    better = better[better.variant == "offer"].assign(variant="bundle", unit_id=lambda f: f.unit_id + 10_000)
    result = read(units_table, pd.concat([base, better]))
    assert list(result.decisions.variant) == ["bundle", "offer"]
    assert result.findings[0].startswith(
        "Ship bundle: profit €3k (€2.38k to €3.62k) on the 2,000 treated; €1.50 more spend"
    )
    # Holm over two treatments: the larger p-value stays, the smaller doubles.
    effects = result.effects[result.effects.metric == "spend"].set_index("variant")
    assert effects.p_adjusted["bundle"] == pytest.approx(2 * effects.p_value["bundle"])
    assert effects.p_adjusted["offer"] == pytest.approx(effects.p_value["offer"])


def two_treatments(units_table: UnitsTable, **spec: object) -> ExperimentResult:
    """A bundle that brings €1.50 and an offer that brings €0.40."""
    base, better = world(lift=0.4, complaints=0.12), world(lift=1.5, complaints=0.115, seed=4)
    better = better[better.variant == "offer"].assign(variant="bundle", unit_id=lambda f: f.unit_id + 10_000)
    experiment = UserExperiment.model_validate({"control": "none", "metrics": (Metric(name="spend", value=1),), **spec})
    table = units_table(pd.concat([base, better]))
    return read_out_users(table, "e", experiment, provenance=Provenance(), currency="EUR")


def test_costs_by_variant_turn_the_choice_between_treatments(units_table: UnitsTable) -> None:
    result = two_treatments(units_table, costs={"bundle": 2.0, "none": 0.1}, cost_per_unit=0.1)
    # The control's own cost of 10 cents falls away where the treatment's comes in.
    assert result.estimate("profit_per_unit", "bundle").estimate == pytest.approx(1.5 - (2.0 - 0.1))
    assert result.estimate("profit_per_unit", "offer").estimate == pytest.approx(0.4 - (0.1 - 0.1))
    assert list(result.decisions.variant) == ["offer", "bundle"]
    assert list(result.decisions.verdict) == ["ship", "stop"]


@pytest.mark.parametrize(("correction", "oracle"), [("holm", "holm"), ("benjamini_hochberg", "fdr_bh")])
def test_the_declared_correction_is_the_one_applied(units_table: UnitsTable, correction: str, oracle: str) -> None:
    metrics = (
        Metric(name="spend", value=1, role="primary"),
        Metric(name="complained", kind="proportion", role="primary", higher_is_better=False),
    )
    effects = two_treatments(units_table, metrics=metrics, correction=correction).effects
    np.testing.assert_allclose(effects.p_adjusted, multipletests(effects.p_value, method=oracle)[1])
    assert len(effects) == 4


def test_users_treated_before_they_were_assigned_make_the_test_invalid(units_table: UnitsTable) -> None:
    frame = world(lift=1)
    assigned = pd.Timestamp("2025-03-01 12:00")
    exposed = np.where(frame.unit_id == 7, assigned - pd.Timedelta(hours=3), assigned + pd.Timedelta(hours=1))
    table = units_table(frame.assign(assigned_at=assigned, exposed_at=pd.to_datetime(exposed)))
    result = read_out_users(
        table,
        "e",
        UserExperiment(control="none", metrics=(Metric(name="spend", value=1),)),
        provenance=Provenance(),
        currency="EUR",
    )
    assert (result.verdict, result.decided_by) == ("invalid", "assignment")
    assert "1 of 4,000 users met the treatment before they were assigned" in result.findings[0]


def test_arms_that_differed_before_the_test_make_it_invalid(units_table: UnitsTable) -> None:
    frame = world(lift=1)
    before = np.random.default_rng(2).normal(50, 10, size=len(frame)) + 2 * (frame.variant == "offer")
    spec = UserExperiment(control="none", metrics=(Metric(name="spend", value=1, covariate="spend_before"),))
    table = units_table(frame.assign(spend_before=before))
    result = read_out_users(table, "e", spec, provenance=Provenance(), currency="EUR")
    assert (result.verdict, result.decided_by) == ("invalid", "balance")


def promised(sentence: str) -> float:
    found = re.search(r"About ([\d,]+) more users", sentence)
    assert found is not None, sentence
    return float(found[1].replace(",", ""))
