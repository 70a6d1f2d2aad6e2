"""Page one of a plan, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from workbench.scenarios.answer import LEVEL, Answer
from workbench.scenarios.wording import certified_gap
from workbench.wording import interval, money, percent

NOTABLE = 0.005


def findings(
    plan: pd.DataFrame, answered: Answer, *, currency: str, horizon_weeks: int, risk: float
) -> tuple[str, ...]:
    """What to do, what it brings, how sure that is, and what stands in the way, in order of money at stake."""
    return (
        _moves(plan, answered, currency, horizon_weeks),
        _revenue(answered, currency, horizon_weeks),
        _certificate(answered, risk),
        *_unspent(answered, currency),
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
        return f"Keep the current split for the next {weeks} weeks: no shift of note pays within the limits."
    parts = [f"spend more on {_listed(more, currency)}"] if len(more) else []
    parts += [f"less on {_listed(less, currency)}"] if len(more) and len(less) else []
    parts += [f"spend less on {_listed(less, currency)}"] if not len(more) else []
    text = f"Over the next {weeks} weeks {' and '.join(parts)}"
    return f"{text}: this brings {worth}."


def _revenue(answered: Answer, currency: str, weeks: int) -> str:
    revenue, spend = answered.revenue, answered.budget - answered.allocation.unspent
    return (
        f"The plan spends {money(spend, currency)} over {weeks} weeks and is expected to cause "
        f"{money(revenue.estimate, currency)} of revenue ({percent(LEVEL, 0)} interval "
        f"{interval(revenue.lower, revenue.upper, currency)}), carry-over after its last week included."
    )


def _certificate(answered: Answer, risk: float) -> str:
    aim = "expected revenue" if risk == 0 else f"risk-adjusted revenue (risk dial at {risk:g})"
    return (
        f"The plan is proven to be within {certified_gap(answered.allocation.gap)} of the best possible {aim}: "
        "this holds for every split within the limits and for curves of any shape."
    )


def _unspent(answered: Answer, currency: str) -> Iterator[str]:
    if answered.allocation.unspent > 0.001 * answered.budget:
        yield f"{money(answered.allocation.unspent, currency)} of the budget stays unspent, because no channel may or should take it."


def _next_unit(plan: pd.DataFrame, currency: str) -> str:
    movable = plan[plan["planned_spend"] < plan["upper_limit"] * (1 - 1e-4)]
    if movable.empty:
        return "Every channel stands at its upper limit: more budget would need wider limits."
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
