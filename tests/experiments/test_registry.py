"""A record says what its readout found, and nothing that it didn't."""

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from workbench.config import CreativeExperiment, GeoExperiment, Metric, UserExperiment
from workbench.errors import SpecError
from workbench.experiments import read_out_geo, read_out_users, record_of
from workbench.experiments.creative import read_out_creative
from workbench.experiments.lift_record import user_lift
from workbench.experiments.registry.record import RECORD_COLUMNS, records_frame, relative_standard_errors
from workbench.result import Provenance

from .conftest import UnitsTable, geo_world

SPEND = Metric(name="spend", role="primary", value=1.0, covariate="past_spend")
CHANNEL_TEST = UserExperiment(
    control="none",
    metrics=(SPEND, Metric(name="bought", kind="proportion", higher_is_better=False)),
    ratio={"none": 2, "offer": 3},
    cost_per_unit=0.5,
    start=date(2024, 3, 4),
    end=date(2024, 3, 24),
    channel="display",
    spend_change=1200.0,
    markets=("DE", "AT"),
    hypothesis="An offer raises spend",
    assumption="Offers work",
    reuse="The offer's text",
    tags=("offer", "spring"),
    owner="Ada",
    audience="newcomers",
)


def test_a_user_test_is_remembered_with_its_numbers(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    result = read_out_users(units_table(two_arms), "spring", CHANNEL_TEST, provenance=Provenance(), currency="EUR")
    record = record_of(result, CHANNEL_TEST)
    effect = result.effects.iloc[0]
    assert (record.variant, record.metric, record.higher_is_better) == ("offer", "spend", True)
    assert (record.relative, record.relative_lower) == (effect.relative, effect.relative_lower)
    assert record.profit == result.estimate("profit", "offer").estimate
    assert record.design == "users assigned at random: 400 in none, 600 in offer"
    assert (record.units, record.markets, record.tags) == (1000, "DE;AT", "offer;spring")
    assert record.audience == "newcomers"
    assert (record.hypothesis, record.owner, record.reuse) == ("An offer raises spend", "Ada", "The offer's text")
    assert (record.standing, record.headline) == ("supported", result.findings[0])


def test_the_relative_error_is_that_of_the_ratio_of_two_means(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    """Oracle: the ratio of means over resampled users."""
    spec = UserExperiment(control="none", metrics=(Metric(name="spend"),), ratio={"none": 2, "offer": 3})
    result = read_out_users(units_table(two_arms), "spring", spec, provenance=Provenance(), currency="EUR")
    rng = np.random.default_rng(0)
    control, offer = (
        rng.choice(arm.spend.to_numpy(), size=(4000, len(arm))).mean(1) for _, arm in two_arms.groupby("variant")
    )
    assert relative_standard_errors(result.effects).iloc[0] == pytest.approx(np.std(offer / control), rel=0.05)


def test_a_geo_test_is_remembered_by_its_lift() -> None:
    days = pd.date_range("2024-01-01", periods=60)
    spec = GeoExperiment(
        kind="geo", treated=("treated0",), start=days[-8].date(), end=days[-1].date(), channel="tv", spend_change=10.0
    )
    frame = geo_world(seed=3, periods=60, tested=8, donors=25, effect=8.0)
    result = read_out_geo(frame, "simulated", spec, provenance=Provenance(), currency="EUR")
    record = record_of(result, spec)
    lift = result.estimate("lift", "simulated")
    assert (record.relative, record.relative_lower, record.relative_upper) == (lift.estimate, lift.lower, lift.upper)
    assert record.relative_se == pytest.approx((lift.upper - lift.lower) / 2 / 1.6449, rel=1e-4)
    assert (record.channel, record.markets, record.start, record.kind) == ("tv", "treated0", spec.start, "geo")
    assert record.standing == "supported"


def test_a_test_of_creatives_is_remembered_by_the_choice_and_the_days_of_its_data(units_table: UnitsTable) -> None:
    rng = np.random.default_rng(4)
    headline = rng.choice(["new", "old"], 6000)
    frame = pd.DataFrame(
        {
            "experiment_id": "banner",
            "unit_id": np.arange(6000),
            "variant": headline,
            "head_line": headline,
            "clicked": rng.random(6000) < np.where(headline == "new", 0.3, 0.1),
        }
    )
    spec = CreativeExperiment(
        kind="creative",
        factors=("head_line",),
        metric=Metric(name="clicked", kind="proportion", value=0.5),
        assumption="New headlines are clicked",
    )
    window = (date(2024, 5, 1), date(2024, 5, 14))
    read = {"provenance": Provenance(window=window), "currency": "EUR", "seed": 1}
    result = read_out_creative(units_table(frame), "banner", spec, **read)
    record = record_of(result, spec)
    assert (record.start, record.end) == window
    assert record.design == "one of 2 creatives, put together at random (head line), shown to each of 6,000 units"
    assert (record.verdict, record.standing, record.metric) == ("ship", "supported", "clicked")
    # The best one has a rate of 0.3 and the average one of 0.2.
    assert record.relative == pytest.approx(0.5, abs=4 * record.relative_se)
    assert record.profit == result.estimate("profit", "proposed shares").estimate


@pytest.mark.parametrize(
    ("ends", "higher", "verdict", "standing"),
    [
        ((0.01, 0.05), True, "ship", "supported"),
        ((0.01, 0.05), False, "stop", "refuted"),
        ((-0.05, -0.01), False, "ship", "supported"),
        ((-0.01, 0.05), True, "inconclusive", "open"),
        ((0.01, 0.05), True, "invalid", "open"),
        ((0.01, 0.05), True, "keep running", "open"),
    ],
)
def test_only_an_interval_beyond_zero_settles_the_assumption(
    ends, higher, verdict, standing, two_arms: pd.DataFrame, units_table: UnitsTable
) -> None:
    metric = Metric(name="spend", role="primary", higher_is_better=higher)
    spec = CHANNEL_TEST.model_copy(update={"metrics": (metric,)})
    result = read_out_users(units_table(two_arms), "spring", spec, provenance=Provenance(), currency="EUR")
    effects = result.effects.assign(relative_lower=ends[0], relative_upper=ends[1])
    assert record_of(replace(result, effects=effects, verdict=verdict), spec).standing == standing


def test_each_further_readout_is_a_version_and_the_last_one_the_newest() -> None:
    def line(run: str, name: str, day: int) -> dict[str, object]:
        return {
            "run_id": run,
            "experiment_id": name,
            "recorded_at": datetime(2024, 1, day, tzinfo=UTC).isoformat(),
            "relative": None,
            "higher_is_better": True,
        }

    frame = records_frame([line("r3", "a", 3), line("r1", "a", 1), line("r2", "b", 2)])
    assert list(frame.columns) == list(RECORD_COLUMNS)
    assert frame[["run_id", "version", "newest"]].to_numpy().tolist() == [
        ["r3", 2, True],
        ["r2", 1, True],
        ["r1", 1, False],
    ]
    assert frame.relative.isna().all()
    assert frame.start.isna().all()
    assert list(records_frame([]).columns) == list(RECORD_COLUMNS)


def lift_of(frame: pd.DataFrame, table: UnitsTable, **changed: object) -> pd.DataFrame:
    spec = CHANNEL_TEST.model_copy(update=changed)
    read = {"provenance": Provenance(), "currency": "EUR", "today": date(2024, 4, 1)}
    return read_out_users(table(frame), "spring", spec, **read).lift


def test_a_channel_test_becomes_the_lift_in_total(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    """Oracle: least squares of spend on treatment and past spend, times the treated units."""
    import statsmodels.api as sm

    treated = (two_arms.variant == "offer").astype(float)
    centred = two_arms.past_spend - two_arms.past_spend.mean()
    fit = sm.OLS(two_arms.spend, sm.add_constant(pd.DataFrame({"treated": treated, "past": centred}))).fit(
        cov_type="HC1"
    )
    (row,) = lift_of(two_arms, units_table).itertuples()
    assert (row.channel, row.markets, row.spend_change, row.weight) == ("display", "DE;AT", 1200.0, 1.0)
    assert (row.start, row.end) == (pd.Timestamp("2024-03-04"), pd.Timestamp("2024-03-24"))
    assert row.lift == pytest.approx(600 * fit.params["treated"], rel=2e-3)
    assert row.lift_se == pytest.approx(600 * fit.bse["treated"], rel=0.02)


def test_a_test_decided_early_leaves_the_lift_of_the_days_that_are_over(
    two_arms: pd.DataFrame, units_table: UnitsTable
) -> None:
    read = {"provenance": Provenance(), "currency": "EUR"}
    whole, early = (
        read_out_users(units_table(two_arms), "spring", CHANNEL_TEST, **read, today=day)
        for day in (date(2024, 3, 25), date(2024, 3, 11))
    )
    assert (whole.verdict, early.verdict) == ("ship", "ship")
    assert whole.lift.end.iloc[0] == pd.Timestamp("2024-03-24")
    assert whole.lift.spend_change.iloc[0] == 1200
    assert early.lift.end.iloc[0] == pd.Timestamp("2024-03-10")
    assert early.lift.spend_change.iloc[0] == pytest.approx(1200 * 7 / 21)
    assert early.lift.lift.iloc[0] == pytest.approx(whole.lift.lift.iloc[0], rel=1e-12)
    assert "lift_days" not in {check.name for check in whole.checks}
    told = next(check for check in early.checks if check.name == "lift_days")
    assert "the 7 of 21 days up to 2024-03-10 against €400 of spend" in told.detail
    first = read_out_users(units_table(two_arms), "spring", CHANNEL_TEST, **read, today=date(2024, 3, 4)).lift
    assert first.end.iloc[0] == first.start.iloc[0] == pd.Timestamp("2024-03-04")


@pytest.mark.parametrize(
    "changed",
    [{"ratio": {"none": 1, "offer": 1}}, {"end": date(2024, 6, 1)}, {"spend_change": None}],
    ids=["invalid", "still running", "no change of spend"],
)
def test_a_test_that_proves_nothing_yet_leaves_no_lift(
    changed, two_arms: pd.DataFrame, units_table: UnitsTable
) -> None:
    weak = two_arms.assign(spend=two_arms.spend.sample(frac=1, random_state=1).to_numpy())
    assert lift_of(weak, units_table, **changed).empty


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"markets": ()}, "its lift record needs start, end and markets"),
        ({"lift_metric": "clicks"}, "doesn't measure; name one of spend, bought"),
        (
            {"metrics": (Metric(name="spend", kind="quantile", quantile=0.5),)},
            "is a quantile, which adds up to no total",
        ),
    ],
)
def test_what_a_lift_record_lacks_is_named(changed, sentence, two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    spec = CHANNEL_TEST.model_copy(update=changed)
    with pytest.raises(SpecError, match=sentence):
        user_lift((), "ship", "spring", spec, today=date(2024, 4, 1))


def test_one_change_of_spend_can_not_stand_for_two_treatments(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    three = two_arms.assign(variant=np.where(two_arms.unit_id % 3 == 0, "other", two_arms.variant))
    with pytest.raises(SpecError, match="in 2 treatments at once"):
        lift_of(three, units_table, ratio=None)
