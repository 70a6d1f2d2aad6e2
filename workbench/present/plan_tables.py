"""The plan's own tables."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from workbench.present.display import Display, figure, table
from workbench.present.figures.scenarios import plan_calendar
from workbench.scenarios.result import ScenarioResult
from workbench.scenarios.wording import limit_in_words
from workbench.wording import DASH, interval, one

NUDGES = 6
RANGES = {"range_lower": "at_least", "planned_spend": "planned", "range_upper": "at_most"}
NUDGED = {"nudge": "change", "moved": "moves", "giver": "from", "taker": "to", "gain": "brings"}


def moves_table(result: ScenarioResult) -> Display:
    """Each channel now and as planned, what it brings, what more would bring, and what holds it."""
    plan, next_unit = _labelled(result.plan, result), f"Next {one(result.currency)} brings"
    frame = pd.DataFrame(
        {
            "channel": plan["channel"],
            "now": plan["current_spend"],
            "planned": plan["planned_spend"],
            "change": plan["relative_change"],
            "revenue": plan["revenue"],
            next_unit: plan["marginal_return"],
            "Held by": plan["binding"].map(limit_in_words).replace("", DASH),
        }
    )
    money = dict.fromkeys(["now", "planned", "revenue", next_unit], result.currency)
    return table(
        frame,
        caption="The plan by channel: spend, revenue that it causes, and the limit that holds it.",
        formats=money | {"change": "%"},
    )


def comparison_table(result: ScenarioResult) -> Display:
    """The plan beside plans that need no model."""
    frame, currency = result.comparison, result.currency
    ranges = [
        interval(low, high, currency) for low, high in zip(frame["revenue_lower"], frame["revenue_upper"], strict=True)
    ]
    shown = pd.DataFrame(
        {
            "plan": frame["plan"],
            "spend": frame["spend"],
            "revenue": frame["revenue"],
            "90% interval": ranges,
            "Revenue less spend": frame["net_revenue"],
            "Limits that it breaks": frame["breaks"].map(_in_words).replace("", DASH),
        }
    )
    return table(
        shown,
        caption="The plan beside the current spend, the current mix at the plan's spend, and a uniform split. What breaks a limit can't be bought.",
        formats=dict.fromkeys(["spend", "revenue", "Revenue less spend"], currency),
    )


def levers_table(result: ScenarioResult) -> Display:
    """What is moved besides media: from where, how far, for what, and what it brings."""
    levers, next_unit = result.levers, f"Next {one(result.currency)} brings"
    frame = pd.DataFrame(
        {
            "lever": levers["lever"].map(result.label),
            "weeks": levers["weeks"],
            "otherwise": levers["otherwise"],
            "Set to": levers["value"],
            "cost": levers["spend"],
            "revenue": levers["revenue"],
            next_unit: levers["marginal_return"],
            "Chance that it helps": levers["helps"],
        }
    )
    return table(
        frame,
        caption="Levers besides media, on average over the weeks and markets in which they are moved. Every cell is in lever_plan_weekly.csv.",
        formats=dict.fromkeys(["cost", "revenue", next_unit], result.currency) | {"Chance that it helps": "%"},
    )


def reason_displays(result: ScenarioResult) -> Iterator[Display]:
    """When the money is spent, which limits hold the plan, and how far plans as good differ."""
    currency = result.currency
    yield figure(
        plan_calendar(result),
        caption="The plan by week, all markets: the darker, the nearer to the channel's largest week. Every cell is in media_plan_weekly.csv.",
    )
    if len(result.levers):
        yield levers_table(result)
    yield table(
        result.limits.assign(reason=result.limits["reason"].map(limit_in_words))[["limit", "reason", "worth"]],
        caption=f"Limits that hold the plan. Worth is what one more {one(currency)} of room would bring in revenue.",
        formats={"worth": currency},
    )
    ranges = list(RANGES)
    yield table(
        _labelled(result.plan, result)[["channel", *ranges]].rename(columns=RANGES),
        caption="Spend of each channel between which plans are within 0.1% of this one.",
        formats=dict.fromkeys(RANGES.values(), currency),
    )
    nudges = result.nudges.head(NUDGES)
    yield table(
        nudges.assign(giver=nudges["giver"].map(result.label), taker=nudges["taker"].map(result.label))[
            ["nudge", "moved", "giver", "taker", "gain"]
        ].rename(columns=NUDGED),
        caption="What a change of 1% would move between channels, and the share of revenue that moving would bring.",
        formats={"moves": currency, "brings": "%"},
    )


def _in_words(breaks: str) -> str:
    return "; ".join(dict.fromkeys(limit_in_words(reason) for reason in breaks.split("; ")))


def _labelled(frame: pd.DataFrame, result: ScenarioResult) -> pd.DataFrame:
    return frame.assign(channel=frame["channel"].map(result.label))
