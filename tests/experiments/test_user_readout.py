"""Readouts of user tests against published numbers, other implementations and simulated truth."""

from __future__ import annotations

from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from workbench.config import Metric, UserExperiment
from workbench.errors import SpecError
from workbench.experiments import ExperimentResult, read_out, read_out_users
from workbench.experiments.users.comparisons import with_primary
from workbench.result import Provenance

from .conftest import UnitsTable

SPEND = Metric(name="spend", role="primary", value=1)
CONVERSION = Metric(name="conversion", kind="proportion")


def read(
    table: ibis.Table, *metrics: Metric, control: str = "none", name: str = "spring", **spec: object
) -> ExperimentResult:
    experiment = UserExperiment.model_validate({"control": control, "metrics": metrics, **spec})
    return read_out_users(table, name, experiment, provenance=Provenance(), currency="USD")


def effect_of(result: ExperimentResult, variant: str, metric: str) -> pd.Series:
    effects = result.effects
    return effects[(effects.variant == variant) & (effects.metric == metric)].iloc[0]


def triple(result: ExperimentResult, variant: str, metric: str) -> list[float]:
    row = effect_of(result, variant, metric)
    return [row.absolute, row.absolute_lower, row.absolute_upper]


@pytest.fixture
def hillstrom_result(hillstrom: pd.DataFrame, units_table: UnitsTable) -> ExperimentResult:
    metrics = (
        SPEND,
        CONVERSION,
        Metric(name="visit", kind="proportion"),
        Metric(name="order_value", kind="ratio", numerator="spend", denominator="conversion"),
    )
    return read(units_table(hillstrom), *metrics, control="No E-Mail", name="hillstrom", cost_per_unit=0.1)


def test_hillstrom_welch_intervals_are_the_published_ones(hillstrom_result: ExperimentResult) -> None:
    published = {
        ("Mens E-Mail", "spend"): [0.769827, 0.485140, 1.054515],
        ("Mens E-Mail", "conversion"): [0.006805, 0.005000, 0.008610],
        ("Mens E-Mail", "visit"): [0.076590, 0.069953, 0.083226],
        ("Womens E-Mail", "spend"): [0.424412, 0.168957, 0.679868],
        ("Womens E-Mail", "conversion"): [0.003111, 0.001499, 0.004724],
        ("Womens E-Mail", "visit"): [0.045233, 0.038893, 0.051573],
    }
    for (variant, metric), expected in published.items():
        np.testing.assert_allclose(triple(hillstrom_result, variant, metric), expected, atol=6e-7)


def test_hillstrom_sample_ratio_is_the_published_one(hillstrom_result: ExperimentResult) -> None:
    check = hillstrom_result.checks[0]
    assert (check.name, check.passed) == ("sample_ratio", True)
    assert check.value == pytest.approx(0.9036929575604196, rel=1e-9)


def test_hillstrom_order_value_is_the_published_delta_method(hillstrom_result: ExperimentResult) -> None:
    row = effect_of(hillstrom_result, "Womens E-Mail", "order_value")
    np.testing.assert_allclose(
        [row.absolute, row.absolute_lower, row.absolute_upper, row.p_value],
        [7.892056986729131, -15.724713705517292, 31.508827678975553, 0.5124818480691467],
        rtol=1e-6,
    )


def test_hillstrom_cuped_on_history_is_the_published_one(hillstrom: pd.DataFrame, units_table: UnitsTable) -> None:
    pair = hillstrom[hillstrom.variant != "Womens E-Mail"]
    metrics = (
        Metric(name="spend", covariate="history"),
        Metric(name="visit", kind="proportion", covariate="history"),
    )
    result = read(units_table(pair), *metrics, control="No E-Mail", name="hillstrom")
    published = {
        "spend": [0.7674384994278027, 0.4828128537957851, 1.0520641450598203],
        "visit": [0.07641114745941804, 0.06978948517740673, 0.08303280974142936],
    }
    for metric, expected in published.items():
        np.testing.assert_allclose(triple(result, "Mens E-Mail", metric), expected, rtol=1e-5)


def test_hillstrom_ships_the_mens_mail_with_its_profit(hillstrom_result: ExperimentResult) -> None:
    profit = hillstrom_result.estimate("profit", "Mens E-Mail")
    assert (hillstrom_result.verdict, hillstrom_result.decided_by) == ("ship", "profit")
    np.testing.assert_allclose(
        [profit.estimate, profit.lower, profit.upper],
        21307 * (np.array([0.769827, 0.485140, 1.054515]) - 0.1),
        atol=0.05,
    )
    assert hillstrom_result.findings[0].startswith(
        "Ship Mens E-Mail: profit $14.3k ($8.21k to $20.3k) on the 21,307 treated; $0.77 more spend per user ($0.49 to $1.05;"
    )
    assert hillstrom_result.decisions.variant[0] == "Mens E-Mail"


def test_means_and_proportions_agree_with_statsmodels(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    result = read(units_table(two_arms), SPEND, Metric(name="bought", kind="proportion"), confidence=0.9)
    arms = [two_arms[two_arms.variant == name] for name in ("offer", "none")]
    for metric in ("spend", "bought"):
        oracle = CompareMeans(*(DescrStatsW(arm[metric]) for arm in arms))
        lower, upper = oracle.tconfint_diff(alpha=0.1, usevar="unequal")
        row = effect_of(result, "offer", metric)
        np.testing.assert_allclose([row.absolute_lower, row.absolute_upper], [lower, upper], rtol=1e-9)
        assert row.p_value == pytest.approx(oracle.ttest_ind(usevar="unequal")[1], rel=1e-7)


def test_swapping_the_arms_flips_every_absolute_effect(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    metrics = (SPEND, Metric(name="past_orders_rate", kind="ratio", numerator="orders", denominator="sessions"))
    table = units_table(two_arms)
    forward, backward = read(table, *metrics), read(table, *metrics, control="offer")
    np.testing.assert_allclose(forward.effects.absolute, -backward.effects.absolute, rtol=1e-10)
    np.testing.assert_allclose(forward.effects.absolute_lower, -backward.effects.absolute_upper, rtol=1e-10)
    np.testing.assert_allclose(forward.effects.p_value, backward.effects.p_value, rtol=1e-10)


def test_scaling_a_metric_scales_its_effect_and_leaves_the_relative_one(
    two_arms: pd.DataFrame, units_table: UnitsTable
) -> None:
    metric = Metric(name="spend", covariate="past_spend")
    plain = effect_of(read(units_table(two_arms), metric), "offer", "spend")
    cents = effect_of(read(units_table(two_arms.assign(spend=100 * two_arms.spend)), metric), "offer", "spend")
    bounds = ["absolute", "absolute_lower", "absolute_upper"]
    np.testing.assert_allclose(cents[bounds].to_numpy(float), 100 * plain[bounds].to_numpy(float), rtol=1e-9)
    kept = ["relative", "relative_lower", "relative_upper", "p_value", "variance_reduction"]
    np.testing.assert_allclose(cents[kept].to_numpy(float), plain[kept].to_numpy(float), rtol=1e-8)


def test_a_table_split_into_two_files_reads_the_same(two_arms: pd.DataFrame, tmp_path: Path) -> None:
    metrics = (Metric(name="spend", covariate="past_spend", value=1),)
    connection = ibis.duckdb.connect()
    shuffled = two_arms.sample(frac=1, random_state=3)
    two_arms.to_parquet(tmp_path / "whole.parquet")
    shuffled[:300].to_parquet(tmp_path / "part1.parquet")
    shuffled[300:].to_parquet(tmp_path / "part2.parquet")
    whole = read(connection.read_parquet(tmp_path / "whole.parquet"), *metrics)
    parts = read(connection.read_parquet(tmp_path / "part*.parquet"), *metrics)
    pd.testing.assert_frame_equal(whole.estimates, parts.estimates, rtol=1e-10)


def test_other_experiments_in_the_table_change_nothing(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    alone = read(units_table(two_arms), SPEND).estimates
    other = two_arms.assign(experiment_id="autumn", spend=0.0)
    together = read(units_table(pd.concat([two_arms, other])), SPEND).estimates
    pd.testing.assert_frame_equal(alone, together, rtol=1e-10)


def test_equal_arms_are_called_different_as_rarely_as_promised(units_table: UnitsTable) -> None:
    rng = np.random.default_rng(2)
    runs, units = 200, 400
    frame = pd.DataFrame({f"metric{i}": rng.exponential(10, size=units) for i in range(runs)})
    frame = frame.assign(
        experiment_id="aa", unit_id=np.arange(units), variant=rng.permutation(["a", "b"] * (units // 2))
    )
    result = read(units_table(frame), *(Metric(name=f"metric{i}") for i in range(runs)), control="a", name="aa")
    false_positives = (result.effects.p_value < 0.05).sum()
    # 10 expected; 2 to 20 has 99.7% under the binomial.
    assert 2 <= false_positives <= 20
    covering = (result.effects.absolute_lower <= 0) & (result.effects.absolute_upper >= 0)
    assert covering.sum() == runs - false_positives


def test_variants_may_be_numbers(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    numbered = two_arms.assign(variant=(two_arms.variant == "offer").astype(int))
    named, numbers = read(units_table(two_arms), SPEND), read(units_table(numbered), SPEND, control="0")
    assert list(numbers.arms.variant) == ["0", "1"]
    np.testing.assert_allclose(numbers.effects.absolute, named.effects.absolute)


def test_profit_of_two_metrics_counts_their_covariance(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    frame = two_arms.assign(margin=0.4 * two_arms.spend - 2.5 * two_arms.orders)
    metrics = (Metric(name="spend", value=0.4, role="primary"), Metric(name="orders", value=-2.5))
    summed = read(units_table(frame), *metrics, cost_per_unit=0.3).estimate("profit_per_unit", "offer")
    direct = read(units_table(frame), Metric(name="margin", value=1), cost_per_unit=0.3).estimate(
        "profit_per_unit", "offer"
    )
    np.testing.assert_allclose(
        [summed.estimate, summed.lower, summed.upper], [direct.estimate, direct.lower, direct.upper], rtol=1e-9
    )


def test_missing_covariates_hold_the_mean_and_are_counted(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    holes = two_arms.assign(past_spend=two_arms.past_spend.where(two_arms.unit_id % 10 > 0))
    filled = holes.assign(past_spend=holes.past_spend.fillna(holes.past_spend.mean()))
    metric = Metric(name="spend", covariate="past_spend")
    left, right = read(units_table(holes), metric), read(units_table(filled), metric)
    pd.testing.assert_frame_equal(left.estimates, right.estimates, rtol=1e-9)
    assert next(check for check in left.checks if check.name == "covariate past_spend").value == pytest.approx(0.1)


def test_first_metric_decides_where_none_is_declared_primary(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    result = read(units_table(two_arms), Metric(name="spend"), Metric(name="orders"))
    assert list(result.effects.role) == ["primary", "secondary"]
    assert [check.passed for check in result.checks if check.name == "primary_metric"] == [None]


def test_a_ratio_with_a_value_and_a_test_of_guardrails_alone_are_refused() -> None:
    ratio = Metric(name="basket", kind="ratio", numerator="spend", denominator="orders", value=1)
    with pytest.raises(SpecError, match="give the value to spend"):
        with_primary(UserExperiment(control="a", metrics=(ratio,)))
    with pytest.raises(SpecError, match="role = 'primary'"):
        with_primary(UserExperiment(control="a", metrics=(Metric(name="spend", role="guardrail"),)))


def test_a_readout_survives_its_folder(two_arms: pd.DataFrame, units_table: UnitsTable, tmp_path: Path) -> None:
    # A covariate gives the balance check a number, which NaN isn't: it never equals itself.
    spend = Metric(name="spend", role="primary", value=1, covariate="past_spend")
    spec = UserExperiment(control="none", metrics=(spend,))
    result = read_out(units_table(two_arms), "spring", spec, provenance=Provenance(), currency="EUR")
    result.save(tmp_path / "result")
    loaded = ExperimentResult.load(tmp_path / "result")
    pd.testing.assert_frame_equal(loaded.effects, result.effects)
    pd.testing.assert_frame_equal(loaded.lift, result.lift)
    assert (loaded.verdict, loaded.findings, loaded.checks) == (result.verdict, result.findings, result.checks)
