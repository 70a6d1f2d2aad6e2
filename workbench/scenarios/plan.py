"""Plan a budget: from what the media mix learnt to a plan with its certificate."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.config.analyses import Planning
from workbench.mmm import MediaMixResult
from workbench.result import Check, Estimate, Provenance, estimates_frame
from workbench.scenarios import checks
from workbench.scenarios.answer import LEVEL, Answer, answer
from workbench.scenarios.curves import ChannelCurves
from workbench.scenarios.findings import findings
from workbench.scenarios.horizon import Horizon, build_horizon, channel_curves
from workbench.scenarios.limits import Limits, planning_limits, refuse_infeasible
from workbench.scenarios.objective import RiskDial
from workbench.scenarios.result import ScenarioResult, planning_dataset
from workbench.scenarios.stability import largest_flip
from workbench.scenarios.tables import FRONTIER, comparison_table, frontier_table, plan_table

RANDOM_STARTS = 3
BEYOND = 1.25


def plan_budget(
    media_mix: MediaMixResult,
    planning: Planning,
    *,
    budget: float | None = None,
    horizon_weeks: int = 13,
    risk: float = 0.0,
    force: bool = False,
    provenance: Provenance,
    seed: int,
) -> ScenarioResult:
    """Allocate a budget over channels for the weeks after the media mix's last one.

    Args:
        media_mix: What each channel returns.
        planning: Limits on the plan.
        budget: Currency over the horizon; None for what the reference period spent.
        horizon_weeks: Weeks to plan.
        risk: 0 plans for the mean, 1 for the worst tenth of outcomes.
        force: Whether to plan from a media mix that didn't converge; its failed check is then carried along.
        provenance: Where the numbers come from.
        seed: Of the random plans that the search starts from.

    Raises:
        SpecError: If the request can't mean anything, or the media mix can't be trusted.
        InfeasiblePlan: If no plan satisfies all limits; the message names the smallest relaxation.
    """
    inherited = checks.refuse_untrusted(media_mix, force=force)
    horizon = build_horizon(media_mix, horizon_weeks)
    limits = planning_limits(
        planning,
        horizon.channels,
        horizon.reference,
        horizon_weeks=horizon_weeks,
        currency=media_mix.currency,
        year_ago=horizon.year_ago,
    )
    budget = float(horizon.reference.sum()) if budget is None else budget
    refuse_infeasible(limits, budget, media_mix.currency)
    curves = channel_curves(media_mix.response, horizon, _reach(horizon, limits, budget))
    answered = answer(curves, limits, budget, risk=risk, starts=_random_plans(limits, seed))
    plan = plan_table(curves, limits, answered)
    return ScenarioResult(
        title="Scenario plan",
        estimates=estimates_frame(
            [*_estimates(answered, media_mix.currency), *_channel_estimates(plan, media_mix.currency)]
        ),
        checks=(*inherited, *_checks(media_mix, horizon, curves, limits, answered, plan, risk)),
        findings=findings(plan, answered, currency=media_mix.currency, horizon_weeks=horizon_weeks, risk=risk),
        provenance=provenance,
        currency=media_mix.currency,
        budget=budget,
        horizon_weeks=horizon_weeks,
        risk=risk,
        plan=plan,
        comparison=comparison_table(curves, answered),
        frontier=frontier_table(curves, limits, answered, risk=risk),
        curves=planning_dataset(curves, limits, horizon),
    )


def _reach(horizon: Horizon, limits: Limits, budget: float) -> np.ndarray:
    """How far each channel's curve must be known: limits, experience, and the plans that it is compared with."""
    total = horizon.reference.sum()
    widest = max(budget, FRONTIER.max() * total)
    uniform = np.full(len(horizon.channels), widest / len(horizon.channels))
    return np.max([limits.upper, BEYOND * horizon.observed, horizon.reference * widest / total, uniform], axis=0)


def _random_plans(limits: Limits, seed: int) -> list[np.ndarray]:
    share = np.random.default_rng(seed).uniform(size=(RANDOM_STARTS, len(limits.channels)))
    return list(limits.lower + share * (limits.upper - limits.lower))


def _estimates(answered: Answer, currency: str) -> list[Estimate]:
    revenue, gain = answered.revenue, answered.gain
    return [
        Estimate(quantity="revenue", entity="plan", **vars(revenue), unit=currency, level=LEVEL),
        Estimate(quantity="gain", entity="plan", **vars(gain), unit=currency, level=LEVEL),
        Estimate(quantity="probability_of_gain", entity="plan", estimate=answered.probability_of_gain, unit="%"),
        Estimate(quantity="optimality_gap", entity="plan", estimate=answered.allocation.gap, unit="%"),
        Estimate(quantity="unspent", entity="plan", estimate=answered.allocation.unspent, unit=currency),
    ]


def _channel_estimates(plan: pd.DataFrame, currency: str) -> list[Estimate]:
    return [
        Estimate(
            quantity=quantity,
            entity=row["channel"],
            estimate=row[quantity],
            lower=row[f"{quantity}_lower"],
            upper=row[f"{quantity}_upper"],
            unit=currency,
            level=LEVEL,
        )
        for quantity in ("revenue", "marginal_return")
        for row in plan.to_dict("records")
    ]


def _checks(
    media_mix: MediaMixResult,
    horizon: Horizon,
    curves: ChannelCurves,
    limits: Limits,
    answered: Answer,
    plan: pd.DataFrame,
    risk: float,
) -> tuple[Check, ...]:
    allocation, budget = answered.allocation, answered.budget
    flip = largest_flip(curves, limits, budget, allocation, RiskDial(risk))
    return (
        checks.optimality(allocation),
        checks.accuracy(media_mix, horizon, curves, allocation.spend),
        checks.within_experience(plan, len(horizon.weeks)),
        checks.stability(flip, budget, media_mix.currency),
        checks.budget_spent(allocation, budget, media_mix.currency),
    )
