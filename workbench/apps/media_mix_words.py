"""What the media-mix app says in words: cards, tables and sentences for what a visitor chose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from workbench.apps.amount import Amount
from workbench.apps.cards import Card
from workbench.apps.media_mix_view import ALL, MediaMixView, Question
from workbench.mmm.posterior.lift_effects import HISTORY, ROAS, TESTED_SPEND, TESTS, TOGETHER
from workbench.mmm.posterior.summaries import LEVEL
from workbench.wording import interval, money, one, percent

RETURN_HEADINGS = ("Channel", "Spent", "Brought", "90% interval", "Per {}", "90% interval", "Next {}", "90% interval")


def headline_cards(view: MediaMixView, asked: Question) -> list[Card]:
    """What was brought, for what, and what more of it would bring."""
    brought, spent = view.amount(asked), view.spend(asked)
    roas, marginal = view.returned(asked)
    level, unit = f"{percent(LEVEL, 0)} interval", one(view.currency)
    of_revenue = "of revenue" if asked.share else "of revenue caused"
    return [
        Card(f"{_opening(view, asked)} brought", brought.text, f"{of_revenue}; {level} {brought.between}"),
        Card("Spent", money(spent, view.currency), f"in the {asked.weeks} weeks since {view.since(asked.weeks)}"),
        Card(f"Each {unit} returned", roas.text, f"{level} {roas.between}{_against_cost(roas)}"),
        Card(f"The next {unit} would return", marginal.text, f"{level} {marginal.between}{_against_cost(marginal)}"),
    ]


def returns_rows(view: MediaMixView, asked: Question) -> list[tuple[str, ...]]:
    """Each channel in the chosen market, the largest first, then all of them: text of every cell."""
    rows = []
    for channel in (*view.result.by_contribution, ALL):
        one_channel = Question(asked.market, channel, asked.weeks, asked.share)
        brought, (roas, marginal) = view.amount(one_channel), view.returned(one_channel)
        spent = money(view.spend(one_channel), view.currency)
        numbers = (each for amount in (brought, roas, marginal) for each in (amount.text, amount.between))
        rows.append((view.media(channel) if channel else "All media", spent, *numbers))
    return rows


def course_sentence(view: MediaMixView, asked: Question) -> str:
    """The chart over time in words."""
    course = view.course(asked)[0]
    high, low = int(course.argmax()), int(course.argmin())
    days = view.weeks[-asked.weeks :]
    at_high, at_low = (
        Amount(course[i], np.nan, np.nan, "%" if asked.share else view.currency).text for i in (high, low)
    )
    return (
        f"In {view.place(asked.market)}, {_opening(view, asked).replace('Media', 'media')} brought between {at_low} a week (that of "
        f"{days[low]:%-d %b %Y}) and {at_high} (that of {days[high]:%-d %b %Y}). The dotted lines are the ends of the {percent(LEVEL, 0)} "
        "interval of each week."
    )


def curve_sentence(view: MediaMixView, asked: Question) -> str:
    """What today's spend brings, and how far the curve is known."""
    curve, currency = view.curve(asked.market, asked.channel), view.currency
    mean, lower, upper = curve.summary[:, curve.today]
    today = curve.spend[curve.today]
    least, most = curve.seen
    known = (
        "No week's spend has been seen to act, so all of the curve is assumption."
        if np.isnan(least)
        else f"Spend between {money(least, currency)} and {money(most, currency)} a week has been seen to act; beyond, shaded, "
        "the curve is assumption."
    )
    return (
        f"Today's {money(today, currency)} a week on {view.media(asked.channel)} in {view.place(asked.market)} brings "
        f"{money(mean, currency)} of revenue a week in the long run ({percent(LEVEL, 0)} interval "
        f"{interval(lower, upper, currency)}). {known}"
    )


def lift_sentences(view: MediaMixView) -> list[str]:
    """What each tested channel was believed to return before and after its tests."""
    if not view.result.tells_lift_effects:
        return [
            "This run doesn't tell what lift tests changed, as an older version saved it; `workbench run media_mix`, then "
            "`workbench publish --update` shows it here."
        ]
    tested = tested_effects(view)
    if not tested:
        return ["No lift test counted in this run: returns rest on the sales history and on what was assumed before."]
    return [_lift_sentence(view, channel, said) for channel, said in tested.items()]


def tested_effects(view: MediaMixView) -> dict[str, dict[tuple[str, str], Mapping[Any, Any]]]:
    """What was said of each tested channel, by quantity and by who said it."""
    effects = view.result.lift_effects
    found: dict[str, dict[tuple[str, str], Mapping[Any, Any]]] = {}
    for row in [] if effects.empty else effects[effects["tests"] != ""].to_dict("records"):
        found.setdefault(row["channel"], {})[row["quantity"], row["said_by"]] = row
    return found


def said(view: MediaMixView, row: Mapping[Any, Any]) -> Amount:
    """A return that somebody stated."""
    return Amount(row["estimate"], row["lower"], row["upper"], view.currency)


def _lift_sentence(view: MediaMixView, channel: str, rows: Mapping[tuple[str, str], Mapping[Any, Any]]) -> str:
    amounts = {key: said(view, row) for key, row in rows.items()}
    told = {key: f"{amount.text} ({amount.between})" for key, amount in amounts.items()}
    names = rows[TESTED_SPEND, TESTS]["tests"].replace("_", " ").split(";")
    tests = f"the test {names[0]}" if len(names) == 1 else f"the {len(names)} tests {', '.join(names)}"
    width = amounts[TESTED_SPEND, TOGETHER].width / amounts[TESTED_SPEND, HISTORY].width
    sharper = f"{percent(abs(1 - width), 0)} {'narrower' if width < 1 else 'wider'}"
    return (
        f"{view.result.label(channel)}: each {one(view.currency)} that {tests} moved returned {told[TESTED_SPEND, TESTS]} as measured; "
        f"the sales history alone would have said {told[TESTED_SPEND, HISTORY]}. Together they say {told[TESTED_SPEND, TOGETHER]}, an "
        f"interval {sharper}. On all that was spent, the return went from {told[ROAS, HISTORY]} to {told[ROAS, TOGETHER]}."
    )


def _opening(view: MediaMixView, asked: Question) -> str:
    return view.result.label(asked.channel) if asked.channel else "Media"


def _against_cost(amount: Amount) -> str:
    if amount.lower > 1:
        return "; more than it costs"
    return "; less than it costs" if amount.upper < 1 else ""
