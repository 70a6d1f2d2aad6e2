"""Review a plan: from what came to why, where it ends, and how good its forecasts were."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from workbench.config.planning import Planning
from workbench.mmm import MediaMixResult, ResponseModel
from workbench.mmm.posterior.outlook import Outlook, outlook, weeks_after
from workbench.result import Estimate, Provenance, estimates_frame
from workbench.scenarios.capacity import Team, teams_of
from workbench.scenarios.checks import inherited, is_forced
from workbench.scenarios.contingency.predicted import (
    REVENUE,
    demand_on,
    demand_watched,
    revenue_watched,
)
from workbench.scenarios.goals import GoalReview, WeeklyPaths
from workbench.scenarios.levers import settings
from workbench.scenarios.pacing import checks, tables
from workbench.scenarios.pacing.actuals import actuals_of, refuse_unknown_teams
from workbench.scenarios.pacing.course import Course, Planned
from workbench.scenarios.pacing.findings import findings
from workbench.scenarios.pacing.nearness import nearness
from workbench.scenarios.pacing.promise import plan_optimism
from workbench.scenarios.pacing.result import PerformanceResult
from workbench.scenarios.pacing.scoring import LEVEL, planner_bias, scores_of
from workbench.scenarios.pacing.variance import variance_split
from workbench.scenarios.problem.build import Problem, build_problem
from workbench.scenarios.problem.cells import Labels
from workbench.scenarios.problem.committed import committed_spend
from workbench.scenarios.problem.levers import lever_cells

FORESEEN_PATHS = 20_000
NO_GOALS = GoalReview(
    goals=pd.DataFrame({"goal": pd.Series(dtype="str")}), rules=pd.DataFrame(), checks=(), estimates=(), findings=()
)


@dataclass(frozen=True, kw_only=True)
class UnderWay:
    """The plan that is reviewed.

    Attributes:
        run: Id of the run that made it.
        weekly: One row a `week`, `market` and `channel` with its `spend`, and what of it was `committed` when the plan was made.
        levers: Controls that it sets, see `ScenarioResult.levers_weekly`; empty for none.
        triggers: That it was saved with; see `Contingency.triggers`.
        false_alarms: Share of quarters in which any of them sounds although plan and model are right, as it was promised.
        seed: That it was made with.
        teams: Who handles what comes, with the room that the plan reckoned with; None for those of the table `capacity`.
        labels: How reports call channels, markets and teams.
        earlier: Reviews before this one, of this plan and of others, the newest first.
    """

    run: str
    weekly: pd.DataFrame
    levers: pd.DataFrame
    triggers: pd.DataFrame
    false_alarms: float
    seed: int
    teams: tuple[Team, ...] | None = None
    labels: Labels = field(default_factory=Labels)
    earlier: Sequence[PerformanceResult] = ()

    @property
    def weeks(self) -> pd.DatetimeIndex:
        return pd.DatetimeIndex(sorted(self.weekly["week"].unique()))

    @property
    def booked(self) -> pd.DataFrame | None:
        """What was committed when it was made, as rows of `commitments`."""
        if "committed" not in self.weekly:
            return None
        rows = self.weekly[self.weekly["committed"] > 0]
        return rows[["week", "market", "channel"]].assign(spend=rows["committed"])


@dataclass(frozen=True, kw_only=True)
class Came:
    """Canonical tables of the weeks since the plan began, and what is known beside them.

    Attributes:
        media: Rows of `media`.
        kpi: Rows of `kpi`.
        controls: Rows of `controls`.
        deliveries: What teams handled.
        capacity: What they had planned to.
        commitments: What is booked.
    """

    media: pd.DataFrame
    kpi: pd.DataFrame
    controls: pd.DataFrame | None = None
    deliveries: pd.DataFrame | None = None
    capacity: pd.DataFrame | None = None
    commitments: pd.DataFrame | None = None


def review_plan(
    media_mix: MediaMixResult,
    plan: UnderWay,
    came: Came,
    planning: Planning,
    *,
    group_of: Mapping[str, str] | None = None,
    weeks: int = 0,
    goals: Callable[[WeeklyPaths, int], GoalReview] | None = None,
    provenance: Provenance,
    seed: int,
) -> PerformanceResult:
    """Hold a plan against the weeks that are over.

    Args:
        media_mix: What the plan was made from.
        plan: What is held against what came.
        came: What came since.
        planning: That the plan was made under.
        group_of: The group of each channel, as limits on groups name it.
        weeks: How many weeks of the plan to look at; 0 for all that are over.
        goals: Judges the goals by paths of the plan's weeks, so many of which are over; unset where there are none.
        provenance: Where the numbers come from.
        seed: Of all that is drawn.

    Raises:
        SpecError: If no week of the plan is over, or the plan doesn't follow the media mix.
        DataError: If what came has holes.
    """
    problem = build_problem(
        media_mix.response,
        media_mix.weeks[-1],
        planning,
        horizon_weeks=len(plan.weeks),
        currency=media_mix.currency,
        group_of=group_of,
        commitments=plan.booked,
        levers=lever_cells(media_mix, planning.levers, len(plan.weeks)),
        labels=plan.labels,
        seed=seed,
    )
    course = _course(media_mix, problem, plan, came, planning, weeks, seed)
    found = _summarise(course, problem, media_mix, plan, came, goals, seed)
    return PerformanceResult(
        title="Performance review",
        provenance=provenance,
        currency=media_mix.currency,
        plan_run=plan.run,
        weeks_seen=course.weeks_seen,
        horizon_weeks=len(plan.weeks),
        forced=is_forced(media_mix),
        labels={**media_mix.labels, **problem.cells.labels.channels},
        notes=(*course.known.notes, "Media prices ahead are taken to stay as they have been since the plan began."),
        **found,
    )


def _course(
    media_mix: MediaMixResult,
    problem: Problem,
    plan: UnderWay,
    came: Came,
    planning: Planning,
    weeks: int,
    seed: int,
) -> Course:
    response, plan_weeks = problem.response.of_channels(problem.buys_media), plan.weeks
    refuse_unknown_teams(came.deliveries, planning.capacity)
    actual = actuals_of(plan_weeks, response, came.media, came.kpi, came.deliveries)
    actual = actual.first(weeks) if weeks else actual
    # What a lever is set to is a control like any other here: as planned at first, as it came where it is known.
    to_set = settings(plan.levers)
    assumed = _outlook(media_mix, problem, to_set, plan.seed)
    index = pd.MultiIndex.from_product([plan_weeks, response.markets, response.channels])
    spend = plan.weekly.groupby(["week", "market", "channel"])["spend"].sum().reindex(index, fill_value=0.0)
    rooms = _rooms_now(plan, came, planning, response)
    planned = Planned(
        response=response,
        outlook=assumed,
        spend=spend.to_numpy(dtype=float).reshape(len(plan_weeks), len(response.markets), -1),
        price=problem.cells.price[:, :, problem.buys_media],
        teams=rooms if plan.teams is None else plan.teams,
    )
    known, moved = assumed, None
    if came.controls is not None:
        so_far = came.controls[came.controls["week"] <= actual.weeks[-1]]
        known = _outlook(media_mix, problem, _first_of(so_far, to_set), plan.seed)
        if problem.levers:
            of_levers = so_far["control"].isin([each.terms.control for each in problem.levers])
            moved = _outlook(media_mix, problem, _first_of(so_far[of_levers], to_set), plan.seed)
    return Course(planned=planned, known=known, actual=actual, seed=seed, levers=moved, rooms=rooms)


def _rooms_now(plan: UnderWay, came: Came, planning: Planning, response: ResponseModel) -> tuple[Team, ...]:
    """Teams as the table `capacity` now tells of them; none where the plan reckoned with none."""
    if plan.teams == ():
        return ()
    return teams_of(
        planning.capacity,
        came.capacity,
        plan.weeks,
        tail=response.carry_over_weeks,
        markets=response.markets,
        value_per_kpi=response.value_per_kpi,
        market_labels=plan.labels.markets,
    )


def _first_of(came: pd.DataFrame, planned: pd.DataFrame) -> pd.DataFrame:
    """Controls as they came, else as they were to be set."""
    return pd.concat([came, planned]).drop_duplicates(["week", "market", "control"], keep="first")


def _outlook(media_mix: MediaMixResult, problem: Problem, controls: pd.DataFrame, seed: int) -> Outlook:
    """Of the plan's weeks, by the very draws that the plan and its triggers were made of: those reach past its end."""
    weeks = len(problem.cells.weeks)
    ahead = weeks_after(media_mix, weeks + problem.response.carry_over_weeks)
    return outlook(media_mix, ahead, controls, seed=seed).first(weeks)


def _summarise(
    course: Course,
    problem: Problem,
    media_mix: MediaMixResult,
    plan: UnderWay,
    came: Came,
    goals: Callable[[WeeklyPaths, int], GoalReview] | None,
    seed: int,
) -> dict[str, Any]:
    """The fields of a result that the course of the plan fills."""
    foreseen = course.planned.revenue_paths(np.random.default_rng(seed), FORESEEN_PATHS).sum(axis=2)
    now, currency = course.revenue_paths.sum(axis=2), media_mix.currency
    frames = _frames(course, problem, media_mix, plan, came, foreseen)
    probability = float((now.sum(axis=1) >= foreseen.sum(axis=1).mean()).mean())
    judged = goals(_weekly_paths(course), course.weeks_seen) if goals else NO_GOALS
    scored, bias = scores_of(frames["scores"]), planner_bias(frames["record"])
    told = findings(
        **{name: frames[name] for name in ("course", "variance", "spend", "levers", "triggers")},
        false_alarms=plan.false_alarms,
        scores=scored,
        bias=bias,
        probability=probability,
        currency=currency,
        labels=problem.cells.labels,
    )
    own = (
        checks.triggers_check(frames["triggers"]),
        checks.spend_check(frames["spend"], media_mix.labels, currency),
        checks.coverage_check(scored),
        checks.bias_check(bias),
        checks.promise_check(plan_optimism(problem, float(plan.weekly["spend"].sum()), seed=seed), currency),
    )
    estimates = _estimates(frames["course"], frames["variance"], probability, currency)
    return {
        **frames,
        "estimates": estimates_frame([*estimates, *judged.estimates]),
        "checks": (*own, *judged.checks, *inherited(media_mix)),
        "findings": (*told, *judged.findings),
        "goals": judged.goals,
        "forecast": tables.forecast_dataset(course.known.weeks, now),
    }


def _frames(
    course: Course, problem: Problem, media_mix: MediaMixResult, plan: UnderWay, came: Came, foreseen: np.ndarray
) -> dict[str, pd.DataFrame]:
    """The tables of a result, by field; `foreseen` are paths of all markets together, shape (N, H)."""
    booked = committed_spend(came.commitments, plan.weeks, course.known.markets, problem.cells.channels)
    media = (booked.firm + booked.open)[:, :, problem.buys_media]
    before = _revenue_before(media_mix)
    scores = tables.scores_table(course, foreseen, before)
    return {
        "course": tables.course_table(course, foreseen, course.revenue_paths.sum(axis=2)),
        "spend": tables.spend_table(course, media),
        "levers": tables.levers_table(course, problem.levers, plan.levers, came.controls),
        "variance": variance_split(course, float(foreseen[:, : course.weeks_seen].sum(axis=1).mean())),
        "triggers": _triggers(course, plan.triggers, plan.labels),
        "scores": scores,
        "record": tables.record_table(plan.run, course, scores, before, plan.earlier),
    }


def _revenue_before(media_mix: MediaMixResult) -> np.ndarray:
    posterior = media_mix.posterior
    return np.asarray((posterior["kpi"].to_numpy() * posterior["value"].to_numpy()).sum(axis=1))


def _triggers(course: Course, bounds: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """What came, and what may come, against the bounds that the plan was saved with."""
    markets, arrived = course.known.markets, course.actual.arrived
    came = {demand_on(team): units for team, units in arrived.items()} | revenue_watched(course.actual.revenue, markets)
    demand = demand_watched(course.wanted_paths, course.planned.teams)
    return nearness(bounds, came, demand | revenue_watched(course.revenue_paths, markets), labels)


def _weekly_paths(course: Course) -> WeeklyPaths:
    """Revenue, what media cause of it, and spend of all weeks of the plan, those seen as they came."""
    spend = np.concatenate([course.actual.spend, course.planned.spend[course.weeks_seen :]]).sum(axis=2)
    return WeeklyPaths(
        weeks=course.known.weeks,
        markets=course.known.markets,
        paths={REVENUE: course.revenue_paths, "media_revenue": course.media_revenue_paths, "spend": spend[None]},
    )


def _estimates(frame: pd.DataFrame, variance: pd.DataFrame, probability: float, currency: str) -> list[Estimate]:
    last = frame.iloc[-1]
    return [
        Estimate(quantity="revenue", entity="planned", estimate=float(last["total_planned"]), unit=currency),
        Estimate(quantity="revenue", entity="so far", estimate=float(frame["actual"].sum()), unit=currency),
        Estimate(
            quantity="revenue",
            entity="expected",
            estimate=float(last["total_expected"]),
            lower=float(last["total_lower"]),
            upper=float(last["total_upper"]),
            unit=currency,
            level=LEVEL,
        ),
        Estimate(quantity="probability_of_plan", entity="revenue", estimate=probability, unit="%"),
        *(
            Estimate(
                quantity="variance",
                entity=str(row["source"]),
                estimate=float(row["estimate"]),
                lower=float(row["lower"]),
                upper=float(row["upper"]),
                unit=currency,
                level=LEVEL,
            )
            for row in variance.to_dict("records")
        ),
    ]
