"""A review from tables to page one, and the sentences that refuse what can't be reviewed."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.mmm.posteriors import result_of
from tests.mmm.test_outlook import controls_frame
from tests.mmm.worlds import simulate
from workbench.config.planning import Planning
from workbench.errors import DataError, SpecError
from workbench.mmm.posterior.outlook import outlook, weeks_after
from workbench.result import Provenance
from workbench.scenarios.contingency.contingency import trigger_table
from workbench.scenarios.contingency.triggers import trigger_bands
from workbench.scenarios.pacing.result import PerformanceResult
from workbench.scenarios.pacing.review import Came, UnderWay, review_plan

HORIZON, SEEN = 8, 4


def long(values: np.ndarray, name: str, weeks, markets, channels=("",)) -> pd.DataFrame:
    """Values of shape (week, M[, C]) as canonical rows."""
    grid = pd.MultiIndex.from_product([weeks, markets, channels], names=["week", "market", "channel"])
    frame = pd.DataFrame({name: values.ravel()}, index=grid).reset_index()
    return frame if channels != ("",) else frame.drop(columns="channel")


NO_LEVERS = pd.DataFrame({"week": pd.Series(dtype="datetime64[ns]"), "market": [], "control": [], "value": []})


@pytest.fixture(scope="module")
def media_mix():
    return result_of(simulate(seed=1, weeks=118, markets=2).panel)


@pytest.fixture(scope="module")
def plan(media_mix):
    weeks, response = weeks_after(media_mix, HORIZON), media_mix.response
    spend = np.broadcast_to(response.spend_history[-13:].mean(axis=0), (HORIZON, 2, 2))
    foreseen = np.random.default_rng(0).normal(1.0, 0.02, (2_000, HORIZON)) * 1e5
    return UnderWay(
        run="run-1",
        weekly=long(spend, "spend", weeks, response.markets, response.channels),
        levers=NO_LEVERS,
        triggers=trigger_table(trigger_bands({"revenue": foreseen}, 0.1), weeks, {"revenue": "EUR"}),
        false_alarms=0.1,
        seed=1,
    )


@pytest.fixture(scope="module")
def came(media_mix, plan):
    """A fifth more money than planned, and sales at what that brings on average."""
    weeks, response = weeks_after(media_mix, HORIZON), media_mix.response
    spend = 1.2 * plan.weekly["spend"].to_numpy().reshape(HORIZON, 2, 2)
    given = controls_frame(weeks, response.markets, np.zeros((HORIZON, 2)))
    media = response.kpi_of_exposure(spend * response.exposure_per_spend).sum(axis=-1)
    kpi = (outlook(media_mix, weeks, given, seed=1).baseline + media).mean(axis=0)
    seen = weeks[:SEEN]
    return Came(
        media=long(spend[:SEEN], "spend", seen, response.markets, response.channels),
        kpi=long(kpi[:SEEN], "kpi", seen, response.markets),
        controls=controls_frame(seen, response.markets, np.zeros((SEEN, 2))),
    )


def review(media_mix, plan, came, **more) -> PerformanceResult:
    settings = {"provenance": Provenance(), "seed": 1}
    return review_plan(media_mix, plan, came, Planning(max_change=5.0), **(settings | more))


@pytest.mark.slow
def test_a_review_adds_up_and_says_what_happened(media_mix, plan, came, tmp_path):
    result = review(media_mix, plan, came)
    actual = came.kpi["kpi"].sum()
    planned = result.course["total_planned"].iloc[SEEN - 1]
    assert result.variance["estimate"].sum() == pytest.approx(actual - planned, abs=0.01)
    assert result.variance.set_index("source").loc["spend", "estimate"] > 0
    assert (result.weeks_seen, result.horizon_weeks) == (SEEN, HORIZON)
    np.testing.assert_allclose(result.spend["actual"], 1.2 * result.spend["planned_so_far"])
    np.testing.assert_allclose(result.course["total_lower"].iloc[:SEEN], result.course["actual"].iloc[:SEEN].cumsum())
    assert "After 4 of 8 weeks" in result.findings[0]
    result.save(tmp_path)
    loaded = PerformanceResult.load(tmp_path)
    pd.testing.assert_frame_equal(loaded.course, result.course)
    assert loaded.findings == result.findings


@pytest.mark.slow
def test_a_review_of_fewer_weeks_knows_no_later_ones_and_is_scored_once_they_came(media_mix, plan, came):
    early = Came(
        **{
            name: rows[rows["week"] <= rows["week"].unique()[1]]
            for name, rows in vars(came).items()
            if rows is not None
        }
    )
    first, second = review(media_mix, plan, came, weeks=2), review(media_mix, plan, early)
    pd.testing.assert_frame_equal(first.course, second.course)
    pd.testing.assert_frame_equal(first.variance, second.variance)
    other = replace(first, plan_run="run-0", record=first.record.assign(plan_run="run-0"))
    later = review(media_mix, replace(plan, earlier=(first, other)), came)
    assert later.record[["plan_run", "after_week", "weeks"]].to_numpy().tolist() == [
        ["run-1", 0, 4],
        ["run-1", 2, 2],
        ["run-0", 0, 2],
    ]
    foreseen = first.forecast["revenue"].mean("quantile").to_numpy()[2:SEEN]
    actual = later.course["actual"].to_numpy()[2:SEEN]
    assert later.record.loc[1, "bias"] == pytest.approx(np.mean(foreseen / actual - 1))
    assert later.record.loc[2, "bias"] == first.record.loc[0, "bias"]
    assert "Over 2 plans (6 weeks) the planner foresaw" in later.findings[-1]


def test_a_plan_without_a_week_that_is_over_is_refused(media_mix, plan, came):
    with pytest.raises(SpecError, match="no week of the plan is over"):
        review(media_mix, plan, replace(came, kpi=came.kpi.iloc[:0]))


def test_weeks_with_holes_are_refused(media_mix, plan, came):
    with pytest.raises(DataError, match="kpi lacks a market in the week of"):
        review(media_mix, plan, replace(came, kpi=came.kpi.iloc[1:]))
    with pytest.raises(DataError, match="media has no row in the week of"):
        review(media_mix, plan, replace(came, media=came.media[came.media["week"] > came.media["week"].min()]))


def test_a_channel_that_the_plan_does_not_know_is_refused(media_mix, plan, came):
    strange = came.media.assign(channel="radio")
    with pytest.raises(DataError, match="channel radio, which the plan's media mix doesn't know"):
        review(media_mix, plan, replace(came, media=pd.concat([came.media, strange])))
