"""Plans of tests on users: simulated tests of the planned size keep the promise, and replays find what is wrong with a metric."""

import math
from dataclasses import replace

import ibis
import numpy as np
import pandas as pd
import pytest

from workbench.config import GeoExperiment, Metric, UserExperiment
from workbench.errors import SpecError
from workbench.experiments.design import DesignResult, Goal, HistoryQuestion, Plans, design_experiment
from workbench.experiments.design.baselines import measure_history
from workbench.experiments.design.history import history_of
from workbench.experiments.design.power import Split
from workbench.experiments.design.replay import bucket_sums, replay
from workbench.experiments.design.schedule import planned_schedule, schedule_of
from workbench.experiments.users.engine import Moments
from workbench.experiments.users.estimators import arm_means
from workbench.result import Provenance

REVENUE = Metric(name="revenue", covariate="before", role="primary", value=0.5, unit="EUR")
SPEC = UserExperiment(control="none", variants=("none", "mail"), metrics=(REVENUE,), cost_per_unit=0.2)


def world(units: int, rng: np.random.Generator) -> pd.DataFrame:
    """Skewed revenue, half of whose variance was known before."""
    before = rng.gamma(2.0, 10.0, units)
    return pd.DataFrame({"before": before, "revenue": before + rng.gamma(2.0, 10.0, units)})


@pytest.fixture(scope="module")
def past() -> ibis.Table:
    rng = np.random.default_rng(8)
    frame = world(20_000, rng).assign(experiment_id="mail", unit_id=np.arange(20_000))
    frame["variant"] = np.where(rng.random(20_000) < 0.5, "none", "mail")
    frame["harmless"] = (rng.random(20_000) < 0.1).astype(int)
    frame["assigned_at"] = pd.Timestamp("2025-01-06") + pd.to_timedelta(frame.unit_id % 28, unit="D")
    return ibis.duckdb.connect().create_table("units", ibis.memtable(frame))


def plan(past: ibis.Table, spec: UserExperiment = SPEC, *, replays: int = 0, **goal: float) -> DesignResult:
    return design_experiment(
        {"units": past},
        "mail",
        spec,
        Plans(goal=Goal(**goal), replays=replays),
        provenance=Provenance(),
        currency="EUR",
    )


def test_simulated_tests_of_the_planned_size_find_the_effect_as_often_as_promised(past):
    """Read while they run and at the planned end, with the readout's own estimator."""
    design = plan(past, effect=0.04, most_weeks=30)
    assert design.plan is not None
    schedule, rng, tests = planned_schedule(SPEC, 0.95), np.random.default_rng(2), 300
    claims = [_claims(design.plan.units, schedule, rng) for _ in range(tests)]
    assert np.mean(claims) == pytest.approx(0.8, abs=3.5 * math.sqrt(0.16 / tests))


def _claims(units: float, schedule, rng: np.random.Generator) -> bool:
    frame = world(round(units), rng)
    treated = np.arange(len(frame)) % 2 == 1
    frame["revenue"] += np.where(treated, 0.04 * 40.0, 0.0)
    for share, bound in zip(schedule.shares, schedule.bounds, strict=True):
        seen = np.arange(len(frame)) < share * len(frame)
        control, treatment = (_moments(frame[seen & arm]) for arm in (~treated, treated))
        means = arm_means(REVENUE, control, treatment)
        se = math.sqrt(means[0].variance + means[1].variance)
        if abs(means[1].mean - means[0].mean) >= bound * se:
            return True
    return False


def _moments(frame: pd.DataFrame) -> Moments:
    covariance = frame.cov()
    names = ("before", "revenue")
    return Moments(
        units=len(frame),
        mean={name: float(frame[name].mean()) for name in names},
        covariance={(a, b): float(covariance.loc[a, b]) for a in names for b in names},
    )


def test_half_the_effect_takes_four_times_the_users_and_the_covariate_saves_half(past):
    design = plan(past, effect=0.04, most_weeks=30)
    assert design.plan is not None
    assert design.plan.half_units == pytest.approx(4 * design.plan.units, rel=1e-3)
    assert design.metrics.variance_reduction.iloc[0] == pytest.approx(0.5, abs=0.02)
    variance = 2 * 200 * (1 - design.metrics.variance_reduction.iloc[0])
    drift = schedule_of("auto", 0.95).drift_for(0.8)
    assert design.plan.units == pytest.approx(4 * variance * (drift / (0.04 * 40)) ** 2, rel=0.03)


def test_money_follows_from_users_level_and_value(past):
    design = plan(past, effect=0.04, most_weeks=30)
    assert design.plan is not None
    level = design.metrics.level.iloc[0]
    assert design.plan.cost == pytest.approx(design.plan.units / 2 * 0.2)
    assert design.plan.gain == pytest.approx(design.plan.units / 2 * 0.04 * level * 0.5)
    assert design.plan.break_even == pytest.approx(0.2 / (0.5 * level))
    assert {check.name for check in design.failed_checks} == set()
    dear = plan(past, SPEC.model_copy(update={"cost_per_unit": 2.0}), effect=0.04, most_weeks=30)
    assert {check.name for check in dear.failed_checks} == {"worth_finding"}


def test_the_duration_is_that_of_the_earlier_tests_pace(past):
    """5,000 users came a week over four weeks."""
    design = plan(past, effect=0.03, most_weeks=30)
    assert design.plan is not None
    assert design.plan.enrolment_weeks == pytest.approx(design.plan.units / 5000, rel=0.01)
    assert design.plan.weeks == design.plan.enrolment_weeks + 4


def test_a_test_without_enough_time_says_what_it_finds_instead(past):
    design = plan(past, effect=0.012, most_weeks=6)
    assert design.plan is not None
    assert [check.name for check in design.failed_checks] == ["enough_units"]
    assert design.plan.units == design.plan.available == pytest.approx(10_000, rel=0.01)
    assert design.metrics.smallest.iloc[0] == design.plan.smallest
    again = plan(past, effect=design.plan.smallest, most_weeks=6)
    assert again.plan is not None
    assert again.plan.needed == pytest.approx(design.plan.available, rel=1e-4)


def test_a_guardrail_can_decide_the_size(past):
    rail = Metric(name="harmless", kind="proportion", role="guardrail", higher_is_better=False, margin=0.1)
    spec = SPEC.model_copy(update={"metrics": (REVENUE, rail)})
    design = plan(past, spec, effect=0.05, most_weeks=30)
    assert design.plan is not None
    assert design.plan.decided_by == "harmless"
    needed = dict(zip(design.metrics.metric, design.metrics.units_needed, strict=True))
    assert design.plan.units == needed["harmless"] > needed["revenue"]
    assert not design.failed_checks
    short = plan(past, spec, effect=0.05, most_weeks=5)
    assert {check.name for check in short.failed_checks} == {"enough_units", "guardrail harmless"}


def test_no_share_can_be_planned_of_a_metric_that_is_nothing_on_average(past):
    frame = past.execute()
    place = frame.groupby("variant").cumcount()
    last = place == frame.variant.map(frame.variant.value_counts()) - 1
    frame["margin"] = np.where(place % 2 == 0, 1.0, -1.0) * ~(last & (place % 2 == 0))
    margin = Metric(name="margin", role="primary")
    with pytest.raises(SpecError, match="metric margin is 0 on average in the history"):
        plan(ibis.memtable(frame), SPEC.model_copy(update={"metrics": (margin,)}))


def test_units_that_find_the_effect_and_protect_nothing_are_not_told_to_look_for_another_effect(past):
    rail = Metric(name="harmless", kind="proportion", role="guardrail", higher_is_better=False, margin=0.02)
    design = plan(past, SPEC.model_copy(update={"metrics": (REVENUE, rail)}), effect=0.05, most_weeks=30)
    assert design.plan is not None
    assert design.plan.smallest < 0.05
    assert design.plan.needed > design.plan.available
    told = next(check.detail for check in design.checks if check.name == "enough_units")
    assert "users to protect harmless" in told
    assert "look for" not in told
    assert design.findings[0].startswith("Protecting harmless takes")


def test_several_treatments_share_one_error_and_take_more_users(past):
    three = SPEC.model_copy(update={"variants": ("none", "mail", "letter")})
    one, two = plan(past, effect=0.05, most_weeks=40), plan(past, three, effect=0.05, most_weeks=40)
    assert one.plan is not None
    assert two.plan is not None
    drifts = [schedule_of("auto", level).drift_for(0.8) for level in (0.95, 0.975)]
    assert two.plan.units / one.plan.units == pytest.approx(1.5 * (drifts[1] / drifts[0]) ** 2, rel=1e-3)


def test_scaling_the_metric_scales_money_and_leaves_the_size_alone(past):
    scaled = past.mutate(revenue=past.revenue * 100, before=past.before * 100)
    design = plan(past, effect=0.04, most_weeks=30)
    hundred = plan(scaled, effect=0.04, most_weeks=30)
    assert design.plan is not None
    assert hundred.plan is not None
    assert hundred.plan.units == pytest.approx(design.plan.units, rel=1e-9)
    assert hundred.plan.gain == pytest.approx(100 * design.plan.gain, rel=1e-9)


def test_bucket_sums_are_the_moments_of_all_units(past):
    history = history_of({"units": past}, "mail", SPEC, HistoryQuestion())
    sums = bucket_sums(history, measure_history(history, SPEC))
    (moments,) = sums.moments(np.zeros(len(sums.units), dtype=int), 1)
    expected = past.to_pandas().query("variant == 'none'")[["before", "revenue"]]
    assert moments.units == len(expected)
    assert moments.mean == pytest.approx(expected.mean().to_dict())
    covariance = expected.cov()
    for (a, b), value in moments.covariance.items():
        assert value == pytest.approx(covariance.loc[a, b], rel=1e-9)


def test_replays_claim_as_often_as_the_level_allows(past):
    design = plan(past, effect=0.05, most_weeks=30, replays=600)
    assert list(design.replay.reading) == ["once", "as planned"]
    assert ((design.replay.lower <= 0.05) & (design.replay.upper >= 0.02)).all()
    assert design.replay.rate.iloc[0] == pytest.approx(0.05, abs=4 * math.sqrt(0.05 * 0.95 / 600))
    assert not [check for check in design.failed_checks if check.name.startswith("aa_replay")]


def test_a_few_enormous_values_in_a_small_arm_are_caught_by_the_replay():
    rng = np.random.default_rng(9)
    frame = pd.DataFrame(
        {"unit_id": np.arange(6000), "revenue": np.exp(3.0 * rng.normal(size=6000)), "variant": "none"}
    )
    units = ibis.duckdb.connect().create_table("units", ibis.memtable(frame.assign(experiment_id="mail")))
    spec = UserExperiment(control="none", ratio={"none": 0.98, "mail": 0.02}, metrics=(Metric(name="revenue"),))
    design = plan(units, spec, effect=0.5, replays=600)
    assert "aa_replay revenue" in {check.name for check in design.failed_checks}
    cut = spec.model_copy(update={"metrics": (Metric(name="revenue", winsorize=0.95),)})
    assert plan(units, cut, effect=0.5, replays=600).replay.rate.iloc[0] < design.replay.rate.iloc[0]


def test_a_plan_that_reads_often_without_wider_bounds_would_be_found_out(past):
    history = history_of({"units": past}, "mail", SPEC, HistoryQuestion())
    sums = bucket_sums(history, measure_history(history, SPEC))
    often = schedule_of("auto", 0.95)
    naive = replace(often, bounds=(1.96,) * len(often.bounds))
    found = replay(sums, (REVENUE,), naive, Split(control=0.5, treatment=0.5), share=1.0, splits=200, seed=1)
    assert found.lower.iloc[0] > 0.1


def test_a_plan_comes_back_from_its_folder(past, tmp_path):
    design = plan(past, effect=0.05, most_weeks=30, replays=50)
    design.save(tmp_path / "result")
    loaded = DesignResult.load(tmp_path / "result")
    assert loaded.plan == design.plan
    pd.testing.assert_frame_equal(loaded.replay, design.replay)
    pd.testing.assert_frame_equal(loaded.metrics, design.metrics)


@pytest.mark.parametrize(
    ("plans", "message"),
    [
        ({"goal": Goal(effect=0.0)}, "smallest_effect is 0"),
        ({"goal": Goal(power=1.0)}, "power is 1"),
        ({"question": HistoryQuestion(weeks=0)}, "weeks is 0"),
        ({"question": HistoryQuestion(entry="sometimes")}, "entry is 'sometimes'"),  # type: ignore[arg-type]
        ({"replays": -1}, "replays is -1"),
    ],
)
def test_impossible_questions_are_refused(plans, message):
    with pytest.raises(SpecError, match=message):
        Plans(**plans)


def test_markets_without_history_are_refused():
    spec = GeoExperiment(kind="geo", treated=("a",), start="2025-01-01", end="2025-02-01")  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="geo holds none"):
        design_experiment({}, "geo", spec, Plans(), provenance=Provenance(), currency="EUR")
