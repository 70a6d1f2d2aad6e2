"""Page one of a plan, in sentences: what to sign, the money, the certainty, the certificate, the limits."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from workbench.mmm import MediaMixResult
from workbench.scenarios.answer import LEVEL, Answer
from workbench.scenarios.checks import is_forced
from workbench.scenarios.goals.words import likely
from workbench.scenarios.problem import Labels
from workbench.scenarios.request import PlanRequest
from workbench.scenarios.result import ScenarioResult
from workbench.scenarios.wording import certified_gap, enumerated, limit_in_words, weeks_in_words
from workbench.wording import interval, money, one, percent

NOTABLE = 0.005
FORCED = (
    "FORCED: the media mix failed its convergence check. Don't commit money to this plan before it is fitted again."
)


def findings(
    plan: pd.DataFrame,
    frontier: pd.DataFrame,
    answered: Answer,
    request: PlanRequest,
    media_mix: MediaMixResult,
    *,
    proved: str,
    labels: Labels,
) -> tuple[str, ...]:
    """What to sign, what it brings, how sure that is, and what holds it.

    Args:
        plan: See `ScenarioResult.plan`.
        frontier: See `ScenarioResult.frontier`.
        answered: The plan and its worth.
        request: What was asked for.
        media_mix: What the plan rests on.
        proved: What no plan can do, where the request has an aim of its own; else empty.
        labels: How channels and levers are called.
    """
    currency = media_mix.currency
    called = plan.assign(channel=[labels.channel(name) for name in plan["channel"]])
    return (
        *([FORCED] if is_forced(media_mix) else []),
        _decision(called, answered, currency),
        *_moves(called, answered, currency),
        f"{_worth(answered, currency, request.margin)} {_better_budget(frontier, answered, request, currency)}".strip(),
        f"{_certificate(answered, request.risk)} {proved}".strip(),
        *_limits(called),
    )


def next_unit(result: ScenarioResult) -> str:
    """Where the next unit of money would be worth most, of the channels that no limit holds."""
    movable, currency = result.plan[result.plan["binding"] == ""], result.currency
    if movable.empty:
        return "Every channel stands at a limit: more budget would need wider limits."
    best = movable.sort_values("marginal_return").iloc[-1]
    worth = (
        f"Another {one(currency)} is worth most on {result.label(best['channel'])}: "
        f"{money(best['marginal_return'], currency)} of revenue "
        f"({interval(best['marginal_return_lower'], best['marginal_return_upper'], currency)})"
    )
    dear = result.margin * best["marginal_return"] < 1
    return f"{worth}, less than it costs{_at(result.margin)}." if dear else f"{worth}."


def _decision(plan: pd.DataFrame, answered: Answer, currency: str) -> str:
    gain, spend, now = answered.gain, float(answered.spend.sum()), float(plan["current_spend"].sum())
    against = (
        f", {money(abs(spend - now), currency)} {'more' if spend > now else 'less'} than in as many weeks so far,"
        if abs(spend - now) > NOTABLE * now
        else ""
    )
    return (
        f"Spend {money(spend, currency)} over the next {weeks_in_words(len(answered.spend))}{against} and {_what_moves(plan, answered, currency)}: "
        f"this brings {money(gain.estimate, currency)} ({percent(LEVEL, 0)} interval {interval(gain.lower, gain.upper, currency)}) "
        f"of revenue more than the same money in the current mix; a gain is {likely(answered.probability_of_gain)}."
    )


def _what_moves(plan: pd.DataFrame, answered: Answer, currency: str) -> str:
    rises, falls = plan["change"].clip(lower=0).sum(), plan["change"].clip(upper=0).abs().sum()
    moved = float(min(rises, falls))
    if moved > NOTABLE * answered.budget:
        return f"move {money(moved, currency)} of it between channels"
    return "move it between weeks and markets"


def _moves(plan: pd.DataFrame, answered: Answer, currency: str) -> Iterator[str]:
    notable = NOTABLE * answered.budget
    more = plan[plan["change"] > notable].sort_values("change", ascending=False)
    less = plan[plan["change"] < -notable].sort_values("change")
    parts = [
        *([f"more on {_changes(more, currency)}"] if len(more) else []),
        *([f"less on {_changes(less, currency)}"] if len(less) else []),
    ]
    if parts:
        yield f"Spend {', and '.join(parts)}."


def _worth(answered: Answer, currency: str, margin: float) -> str:
    revenue, spend = answered.revenue, float(answered.spend.sum())
    left = [margin * each - spend for each in (revenue.estimate, revenue.lower, revenue.upper)]
    return (
        f"The plan is expected to cause {money(revenue.estimate, currency)} of revenue ({percent(LEVEL, 0)} interval "
        f"{interval(revenue.lower, revenue.upper, currency)}), carry-over after its last week included; after media that is "
        f"a {'loss' if left[0] < 0 else 'profit'} of {money(abs(left[0]), currency)}{_at(margin)} "
        f"(from {money(left[1], currency)} to {money(left[2], currency)})."
    )


def _better_budget(frontier: pd.DataFrame, answered: Answer, request: PlanRequest, currency: str) -> str:
    """Which of the budgets looked at would leave notably more after media; empty where none would, or where a budget isn't the question."""
    left = request.margin * frontier["revenue"] - frontier["spend"]
    best, spend = frontier.iloc[int(left.argmax())], float(answered.spend.sum())
    more = float(left.max()) - (request.margin * answered.revenue.estimate - spend)
    if request.mode != "budget" or more <= NOTABLE * spend:
        return ""
    still = ", though still a loss" if left.max() < 0 else ""
    return (
        f"Of all budgets looked at, {money(best['spend'], currency)} would leave the most after media: "
        f"{money(more, currency)} more than this plan{still}."
    )


def _at(margin: float) -> str:
    return "" if margin == 1.0 else f" at a margin of {percent(margin, 0)}"


def _certificate(answered: Answer, risk: float) -> str:
    aim = "" if risk == 0 else f", judged with the caution that was asked for ({percent(risk, 0)})"
    return (
        f"The plan is proven to be within {certified_gap(answered.gap)} of the best possible one by week, market and channel "
        f"under its limits{aim}."
    )


def _limits(plan: pd.DataFrame) -> Iterator[str]:
    held = plan[plan["binding"] != ""]
    if len(held):
        reasons = held.groupby("binding", sort=False)["channel"].agg(list)
        yield (
            "Limits hold back "
            + "; ".join(f"{enumerated(names)} ({limit_in_words(str(reason))})" for reason, names in reasons.items())
            + "."
        )


def _changes(changes: pd.DataFrame, currency: str) -> str:
    return enumerated(
        [
            f"{channel} ({'+' if change > 0 else ''}{money(change, currency)})"
            for channel, change in zip(changes["channel"], np.asarray(changes["change"]), strict=True)
        ]
    )
