"""Page one of a plan, in sentences: the money, the certainty, the certificate, the limits, what would make us change."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from workbench.scenarios.answer import LEVEL, Answer
from workbench.scenarios.request import PlanRequest
from workbench.scenarios.wording import certified_gap
from workbench.wording import interval, money, percent

NOTABLE = 0.005
FORCED = (
    "FORCED: the media mix failed its convergence check. Don't commit money to this plan before it is fitted again."
)


def findings(
    plan: pd.DataFrame, answered: Answer, request: PlanRequest, weeks: int, *, currency: str, proved: str, forced: bool
) -> tuple[str, ...]:
    """What to do, what it brings, how sure that is, and what stands in the way, in order of money at stake.

    Args:
        plan: See `ScenarioResult.plan`.
        answered: The plan and its worth.
        request: What was asked for.
        weeks: Of the plan.
        currency: ISO 4217 code.
        proved: What no plan can do, where the request has an aim of its own; else empty.
        forced: Whether the media mix can't be trusted.
    """
    return (
        *([FORCED] if forced else []),
        _moves(plan, answered, currency, weeks),
        _revenue(answered, currency, weeks),
        _certificate(answered, request.risk),
        *([proved] if proved else []),
        *_unspent(answered, currency, request),
        _next_unit(plan, currency),
        *_limits(plan),
    )


def _moves(plan: pd.DataFrame, answered: Answer, currency: str, weeks: int) -> str:
    gain = answered.gain
    worth = (
        f"{money(gain.estimate, currency)} ({percent(LEVEL, 0)} interval {interval(gain.lower, gain.upper, currency)}) of revenue "
        f"more than the same money in the current mix, with a probability of gain of {percent(answered.probability_of_gain, 0)}"
    )
    notable = NOTABLE * answered.budget
    more = plan[plan["change"] > notable].sort_values("change", ascending=False)
    less = plan[plan["change"] < -notable].sort_values("change")
    if more.empty and less.empty:
        return f"Keep each channel's money for the next {weeks} weeks and move it between weeks and markets: this brings {worth}."
    parts = [f"spend more on {_listed(more, currency)}"] if len(more) else []
    parts += [f"less on {_listed(less, currency)}"] if len(more) and len(less) else []
    parts += [f"spend less on {_listed(less, currency)}"] if not len(more) else []
    return f"Over the next {weeks} weeks {' and '.join(parts)}: this brings {worth}."


def _revenue(answered: Answer, currency: str, weeks: int) -> str:
    revenue, spend = answered.revenue, float(answered.spend.sum())
    return (
        f"The plan spends {money(spend, currency)} over {weeks} weeks and is expected to cause "
        f"{money(revenue.estimate, currency)} of revenue ({percent(LEVEL, 0)} interval "
        f"{interval(revenue.lower, revenue.upper, currency)}), carry-over after its last week included."
    )


def _certificate(answered: Answer, risk: float) -> str:
    aim = "expected revenue" if risk == 0 else f"risk-adjusted revenue (risk dial at {risk:g})"
    return (
        f"The plan is proven to be within {certified_gap(answered.gap)} of the best possible {aim}: "
        "this holds for every plan by week, market and channel within the limits, and for curves of any shape."
    )


def _unspent(answered: Answer, currency: str, request: PlanRequest) -> Iterator[str]:
    if request.mode == "budget" and answered.unspent > 0.001 * answered.budget:
        yield f"{money(answered.unspent, currency)} of the budget stays unspent, because no channel may or should take it."


def _next_unit(plan: pd.DataFrame, currency: str) -> str:
    movable = plan[plan["binding"] == ""]
    if movable.empty:
        return "Every channel stands at a limit: more budget would need wider limits."
    best = movable.sort_values("marginal_return").iloc[-1]
    worth = (
        f"Another {money(1, currency)} is worth most on {best['channel']}: {money(best['marginal_return'], currency)} "
        f"({interval(best['marginal_return_lower'], best['marginal_return_upper'], currency)})"
    )
    return f"{worth}, less than it costs." if best["marginal_return"] < 1 else f"{worth}."


def _limits(plan: pd.DataFrame) -> Iterator[str]:
    held = plan[plan["binding"] != ""]
    if len(held):
        reasons = held.groupby("binding", sort=False)["channel"].agg(", ".join)
        yield "Limits hold back " + "; ".join(f"{names} ({reason})" for reason, names in reasons.items()) + "."
    beyond = plan.loc[plan["beyond_observed"], "channel"]
    if len(beyond):
        yield f"Beyond what was ever spent, so less certain than the interval says: {', '.join(beyond)}."


def _listed(changes: pd.DataFrame, currency: str) -> str:
    named = [
        f"{channel} ({'+' if change > 0 else ''}{money(change, currency)})"
        for channel, change in zip(changes["channel"], np.asarray(changes["change"]), strict=True)
    ]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
