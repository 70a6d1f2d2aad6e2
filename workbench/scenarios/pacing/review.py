"""Review a plan: from what came to why, where it ends, and how good its forecasts were."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from workbench.config.contingency import Triggers
from workbench.config.planning import Planning
from workbench.mmm import MediaMixResult
from workbench.mmm.posterior.outlook import outlook
from workbench.result import Estimate, Provenance, estimates_frame
from workbench.scenarios.capacity import teams_of
from workbench.scenarios.contingency.triggers import trigger_bands
from workbench.scenarios.goals import GoalReview, WeeklyPaths
from workbench.scenarios.pacing import checks, tables
from workbench.scenarios.pacing.actuals import actuals_of
from workbench.scenarios.pacing.course import Course, Planned
from workbench.scenarios.pacing.findings import findings
from workbench.scenarios.pacing.nearness import nearness, saved_bands
from workbench.scenarios.pacing.promise import plan_optimism
from workbench.scenarios.pacing.result import PerformanceResult
from workbench.scenarios.pacing.scoring import LEVEL, scores_of
from workbench.scenarios.pacing.variance import variance_split
from workbench.scenarios.problem.build import Problem, build_problem

BAND_PATHS = 20_000
REVENUE = "revenue"
NO_GOALS = GoalReview(
    goals=pd.DataFrame({"goal": pd.Series(dtype="str")}), rules=pd.DataFrame(), checks=(), estimates=(), findings=()
)


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
    plan: pd.DataFrame,
    came: Came,
    planning: Planning,
    *,
    plan_run: str,
    group_of: Mapping[str, str] | None = None,
    weeks: int = 0,
    bounds: pd.DataFrame | None = None,
    goals: Callable[[WeeklyPaths, int], GoalReview] | None = None,
    earlier: Sequence[tuple[str, pd.DataFrame]] = (),
    provenance: Provenance,
    seed: int,
) -> PerformanceResult:
    """Hold a plan against the weeks that are over.

    Args:
        media_mix: What the plan was made from.
        plan: One row a `week`, `market` and `channel` with its `spend`.
        came: What came since.
        planning: As the plan was made.
        plan_run: Id of its run.
        group_of: The group of each channel, as limits on groups name it.
        weeks: How many weeks of the plan to look at; 0 for all that are over.
        bounds: Triggers that the plan was saved with: `watch`, `week` (1 is the first), `planned`, `lower`, `upper`, sums since the first
            week; unset for new ones.
        goals: Judges the goals by paths of the plan's weeks, so many of which are over; unset where there are none.
        earlier: Plans before this one: id of the run, and the scores of their last review.
        provenance: Where the numbers come from.
        seed: Of all that is drawn.

    Raises:
        SpecError: If no week of the plan is over, or the plan doesn't follow the media mix.
        DataError: If what came has holes.
    """
    plan_weeks = pd.DatetimeIndex(sorted(plan["week"].unique()))
    problem = build_problem(
        media_mix.response,
        media_mix.weeks[-1],
        planning,
        horizon_weeks=len(plan_weeks),
        currency=media_mix.currency,
        group_of=group_of,
        commitments=came.commitments,
        seed=seed,
    )
    course = _course(media_mix, problem, plan, plan_weeks, came, planning, weeks, seed)
    found = _summarise(course, problem, media_mix, planning.triggers, bounds, goals, seed)
    return PerformanceResult(
        title="Performance review",
        provenance=provenance,
        currency=media_mix.currency,
        plan_run=plan_run,
        weeks_seen=course.weeks_seen,
        horizon_weeks=len(plan_weeks),
        record=tables.record_table(plan_run, found["scores"], earlier),
        labels=media_mix.labels,
        notes=(*course.known.notes, "Media prices ahead are taken to stay as they have been since the plan began."),
        **found,
    )


def _course(
    media_mix: MediaMixResult,
    problem: Problem,
    plan: pd.DataFrame,
    plan_weeks: pd.DatetimeIndex,
    came: Came,
    planning: Planning,
    weeks: int,
    seed: int,
) -> Course:
    response = problem.response
    actual = actuals_of(plan_weeks, response, came.media, came.kpi, came.deliveries)
    actual = actual.first(weeks) if weeks else actual
    controls = came.controls
    known_until = None if controls is None else controls[controls["week"] <= actual.weeks[-1]]
    assumed = outlook(media_mix, plan_weeks, seed=seed)
    index = pd.MultiIndex.from_product([plan_weeks, response.markets, response.channels])
    spend = plan.groupby(["week", "market", "channel"])["spend"].sum().reindex(index, fill_value=0.0)
    teams = teams_of(
        planning.capacity,
        came.capacity,
        plan_weeks,
        tail=response.carry_over_weeks,
        markets=response.markets,
        value_per_kpi=response.value_per_kpi,
    )
    planned = Planned(
        response=response,
        outlook=assumed,
        spend=spend.to_numpy(dtype=float).reshape(problem.cells.shape),
        price=problem.cells.price,
        teams=teams,
    )
    known = assumed if known_until is None else outlook(media_mix, plan_weeks, known_until, seed=seed)
    return Course(planned=planned, known=known, actual=actual, seed=seed)


def _summarise(
    course: Course,
    problem: Problem,
    media_mix: MediaMixResult,
    settings: Triggers,
    bounds: pd.DataFrame | None,
    goals: Callable[[WeeklyPaths, int], GoalReview] | None,
    seed: int,
) -> dict[str, Any]:
    """The fields of a result that the course of the plan fills."""
    by_market = course.planned.revenue_paths(np.random.default_rng(seed), BAND_PATHS)
    foreseen, now = by_market.sum(axis=2), course.revenue_paths.sum(axis=2)
    frame = tables.course_table(course, foreseen, now)
    spend = tables.spend_table(course, problem.committed.firm + problem.committed.open)
    variance = variance_split(course, float(foreseen[:, : course.weeks_seen].sum(axis=1).mean()))
    triggers = _triggers(course, by_market, bounds, settings)
    scores = tables.scores_table(course, foreseen, _revenue_before(media_mix))
    probability = float((now.sum(axis=1) >= foreseen.sum(axis=1).mean()).mean())
    judged = goals(_weekly_paths(course), course.weeks_seen) if goals else NO_GOALS
    optimism = plan_optimism(problem, float(course.planned.spend.sum()), seed=seed)
    currency, record = media_mix.currency, scores_of(scores)
    told = findings(frame, variance, spend, triggers, record, probability, currency)
    return {
        "estimates": estimates_frame([*_estimates(frame, variance, probability, currency), *judged.estimates]),
        "checks": (
            checks.triggers_check(triggers),
            checks.spend_check(spend, media_mix.labels, currency),
            checks.coverage_check(record),
            checks.bias_check(record),
            checks.promise_check(optimism, currency),
            *judged.checks,
            *(replace(check, name=f"media_mix_{check.name}") for check in media_mix.failed_checks),
        ),
        "findings": (*told, *judged.findings),
        "course": frame,
        "spend": spend,
        "variance": variance,
        "triggers": triggers,
        "scores": scores,
        "goals": judged.goals,
        "forecast": tables.forecast_dataset(course.known.weeks, now),
    }


def _revenue_before(media_mix: MediaMixResult) -> np.ndarray:
    posterior = media_mix.posterior
    return np.asarray((posterior["kpi"].to_numpy() * posterior["value"].to_numpy()).sum(axis=1))


def _triggers(course: Course, foreseen: np.ndarray, saved: pd.DataFrame | None, settings: Triggers) -> pd.DataFrame:
    """Against the bounds that the plan was saved with, else against new ones around what it foresaw, paths of shape (N, H, M)."""
    markets = course.known.markets if "markets" in settings.watch and len(course.known.markets) > 1 else ()

    def watched(revenue: np.ndarray) -> dict[str, np.ndarray]:
        return {REVENUE: revenue.sum(axis=-1), **{name: revenue[..., m] for m, name in enumerate(markets)}}

    bands = trigger_bands(watched(foreseen), settings.false_alarms) if saved is None else saved_bands(saved)
    return nearness(bands, watched(course.actual.revenue), watched(course.revenue_paths))


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
