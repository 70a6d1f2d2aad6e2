"""The planner's numbers: what a plan is worth, how it stands against the saved one, and what holds it."""

from __future__ import annotations

from workbench.apps.cards import Card
from workbench.apps.page import table
from workbench.apps.planner_answer import Shown
from workbench.scenarios.answer import LEVEL, interval_of
from workbench.scenarios.goals.words import likely
from workbench.scenarios.otherwise import Otherwise
from workbench.scenarios.result import ScenarioResult
from workbench.scenarios.wording import certified_gap, enumerated
from workbench.wording import DASH, interval, money, one, percent, signed

_LEVEL = f"{percent(LEVEL, 0)} interval"


def answer_cards(result: ScenarioResult, shown: Shown) -> list[Card]:
    """What the plan is worth."""
    answered, currency = shown.answered, result.currency
    revenue, gain = answered.revenue, answered.gain
    unspent = f", {money(answered.unspent, currency)} unspent" if answered.unspent > 0.001 * answered.budget else ""
    planned = f"{money(answered.spend.sum(), currency)} planned{unspent}, {len(shown.weeks)} weeks"
    return [
        Card("Budget", money(answered.budget, currency), planned),
        Card(
            "Expected revenue",
            money(revenue.estimate, currency),
            f"{_LEVEL} {interval(revenue.lower, revenue.upper, currency)}",
        ),
        Card(
            "Gain over the current mix",
            money(gain.estimate, currency),
            f"{_LEVEL} {interval(gain.lower, gain.upper, currency)}; a gain is {likely(answered.probability_of_gain)}",
        ),
        Card("Certificate", f"within {certified_gap(answered.gap)}", _proved(result, shown)),
    ]


def _proved(result: ScenarioResult, shown: Shown) -> str:
    asked_otherwise = shown.asked != Otherwise(horizon_weeks=result.horizon_weeks)
    quick = "; proved quickly, a run of its own proves it closer" if asked_otherwise else ""
    return f"of the best possible plan under these limits{quick}"


def reason_cards(result: ScenarioResult, shown: Shown) -> list[Card]:
    """How the plan stands against the saved one, what more money would bring, what holds it, and what finds no room."""
    return [against_saved(result, shown), _next_unit(result, shown), _held(result, shown), *_capacity(result, shown)]


def against_saved(result: ScenarioResult, shown: Shown) -> Card:
    """The plan less the saved one, draw by draw in the same world, so that what both share cancels."""
    name, currency = "Against the saved plan", result.currency
    if shown.saved is None:
        revenue = result.estimate("revenue", "plan")
        own, saved = shown.answered.revenue.estimate / len(shown.weeks), revenue.estimate / result.horizon_weeks
        return Card(
            name,
            f"{money(own, currency)} a week",
            f"revenue; the saved plan, of {result.horizon_weeks} weeks, {money(saved, currency)}",
        )
    apart = interval_of(shown.outcomes - shown.saved)
    dearer = round(float(shown.answered.spend.sum() - result.spend.sum()), 2)
    if not dearer and apart.lower == apart.upper == 0:
        return Card(name, "no difference", "this is the saved plan")
    return Card(
        name,
        signed(apart.estimate, currency),
        f"revenue ({_LEVEL} {interval(apart.lower, apart.upper, currency)}), {signed(dearer, currency)} spend",
    )


def channel_table(result: ScenarioResult, shown: Shown) -> str:
    """The plan by channel, for those who don't see the charts and those who want the numbers."""
    currency, answered = result.currency, shown.answered
    saved = result.spend.sum(axis=(0, 1))
    rows = [
        [
            result.label(channel),
            money(float(shown.reference[:, :, c].sum()), currency),
            money(float(saved[c]), currency),
            money(float(answered.channel_spend[c]), currency),
            money(float(shown.by_channel[0, c]), currency),
            interval(float(shown.by_channel[1, c]), float(shown.by_channel[2, c]), currency),
            money(float(shown.marginal[0, c]), currency),
            shown.held[c] or "no limit",
        ]
        for c, channel in enumerate(result.channels)
    ]
    headings = [
        "Channel",
        "Spend now",
        "Saved plan",
        "This plan",
        "Revenue",
        _LEVEL,
        f"Next {one(currency)}",
        "Held by",
    ]
    return table(headings, rows, caption="The plan by channel", numbers=(1, 2, 3, 4, 5, 6))


def _next_unit(result: ScenarioResult, shown: Shown) -> Card:
    """What the next unit of money brings in the channel where it is worth most, of those that no limit holds."""
    returns, lower, upper = shown.marginal
    free = [c for c, reason in enumerate(shown.held) if not reason]
    name = f"Next {one(result.currency)}"
    if not free:
        return Card(name, DASH, "every channel stands at a limit")
    best = max(free, key=lambda c: returns[c])
    dear = "; less than it costs" if result.margin * returns[best] < 1 else ""
    between = interval(lower[best], upper[best], result.currency)
    return Card(
        name,
        money(returns[best], result.currency),
        f"of revenue on {result.label(result.channels[best])} ({between}){dear}",
    )


def _held(result: ScenarioResult, shown: Shown) -> Card:
    """Which channels a limit holds, and where it comes from."""
    channels: dict[str, list[str]] = {}
    for channel, reason in zip(result.channels, shown.held, strict=True):
        if reason:
            channels.setdefault(reason, []).append(result.label(channel))
    told = "; ".join(f"{enumerated(names)}: {reason}" for reason, names in channels.items())
    count = sum(map(len, channels.values()))
    return Card("Held by limits", f"{count} of {len(result.channels)} channels", told or "no limit holds a channel")


def _capacity(result: ScenarioResult, shown: Shown) -> list[Card]:
    """What teams have no room for; nothing where no team has a capacity."""
    if shown.capacity is None:
        return []
    caused = float(shown.media.worth(shown.answered.spend).mean())
    lost = money(max(0.0, caused - shown.answered.revenue.estimate), result.currency)
    return [Card("No room for", lost, f"of {money(caused, result.currency)} that media would cause with room for all")]
