"""What would make us change, in sentences."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.scenarios.contingency.predicted import watched_in_words
from workbench.scenarios.contingency.reserve import LEVEL
from workbench.scenarios.contingency.states import in_words
from workbench.scenarios.wording import enumerated
from workbench.wording import interval, money, percent

if TYPE_CHECKING:
    from workbench.scenarios.contingency.contingency import Contingency

NAMED = 3


def contingency_findings(found: Contingency, currency: str) -> tuple[str, ...]:
    """Triggers first, then what to do when they sound, then what to hold back."""
    return (
        *_triggers(found, currency),
        *_order(found.cut_order, found.margin, "Cut first", "loses", currency),
        *_order(found.reinvest_order, found.margin, "Put found money first into", "brings", currency),
        *_scenarios(found.scenarios, currency),
        _reserve(found, currency),
    )


def _triggers(found: Contingency, currency: str) -> Iterator[str]:
    first = found.triggers[found.triggers["watch"] == found.triggers["watch"].iloc[0]]
    middle = first.iloc[len(first) // 2]
    unit = currency if middle["unit"] == currency else str(middle["unit"])
    silent = found.detection[found.detection["kind"] == "expected"].iloc[0]
    yield (
        f"Change the plan when a trigger sounds, for example when {watched_in_words(middle['watch'])} by the end of week {middle['week']} is outside "
        f"{interval(middle['lower'], middle['upper'], unit)}: if all goes as planned, any of them sounds in "
        f"{percent(found.false_alarms, 0)} of quarters ({percent(silent['caught'])} of {silent['quarters']:,} simulated)."
    )
    # The mildest of the worlds that bring less than planned, which comes last; what triggers make of the others stands in a table.
    for row in found.detection[found.detection["kind"] == "under"].tail(1).to_dict("records"):
        yield f"{_sentence_of(row)}."


def _sentence_of(row: Mapping[Hashable, Any]) -> str:
    caught, week = float(row["caught"]), float(row["median_week"])
    when = "" if np.isnan(week) else f", half of these by week {week:.0f}"
    return f"Should {in_words(row['scenario'])} come true, triggers sound in {percent(caught, 0)} of quarters{when}"


def _order(order: pd.DataFrame, margin: float, verb: str, worth: str, currency: str) -> Iterator[str]:
    if order.empty:
        yield f"Limits leave nothing to {'cut' if worth == 'loses' else 'add'}."
        return
    step = order[order["step"] == 1]
    named = ", ".join(_move(row, currency) for row in step.head(NAMED).to_dict("records"))
    more = f" and {len(step) - NAMED} more" if len(step) > NAMED else ""
    first = step.iloc[0]
    other = "saves" if worth == "loses" else "costs"
    at = "" if margin == 1 else f" which at a margin of {percent(margin, 0)} is"
    dear = f",{at} less than it {other}" if margin * first["return"] < 1 else ""
    yield (
        f"{verb} {named}{more}: {money(step['amount'].sum(), currency)} {worth} "
        f"{money(first['value'], currency)} of revenue ({percent(LEVEL, 0)} interval "
        f"{interval(first['value_lower'], first['value_upper'], currency)}){dear}; "
        f"{order['step'].max()} steps are ready, none of which takes back an earlier one."
    )


def _scenarios(scenarios: pd.DataFrame, currency: str) -> Iterator[str]:
    ready = scenarios[(scenarios["kind"] != "expected") & (scenarios["refusal"] == "")]
    if len(ready):
        rows = ready.to_dict("records")
        parts = [
            *_followed([row for row in rows if row["gain"] >= 0], "is worth", currency),
            *_followed([row for row in rows if row["gain"] < 0], "loses", currency),
        ]
        yield f"Plans are ready for other worlds; after media, following them rather than the present plan {', and '.join(parts)}."


def _followed(rows: Sequence[Mapping[Hashable, Any]], verb: str, currency: str) -> Iterator[str]:
    """What following the plans of some worlds does; a loss is told as an amount above 0."""
    sign, ends = (1, ("gain_lower", "gain_upper")) if verb != "loses" else (-1, ("gain_upper", "gain_lower"))
    told = [
        f"{money(sign * row['gain'], currency)} ({interval(sign * row[ends[0]], sign * row[ends[1]], currency)}) if it is {in_words(row['scenario'])}"
        for row in rows
    ]
    if told:
        yield f"{verb} {enumerated(told)}"


def _reserve(found: Contingency, currency: str) -> str:
    reserve = found.reserve
    if reserve.quarters == 0:
        return "No opportunity is foreseen, so nothing is held back for one."
    if reserve.amount == 0:
        return (
            f"Hold nothing back for an opportunity: with a chance of {percent(reserve.called, 0)} of one, money works better "
            "from the first week on."
        )
    return (
        f"Hold back {money(reserve.amount, currency)} ({interval(reserve.amount_lower, reserve.amount_upper, currency)} by "
        f"{reserve.quarters:,} simulated quarters) for an opportunity that comes with a chance of {percent(reserve.called, 0)}; "
        f"that is expected to bring {money(reserve.gain, currency)} more revenue than holding nothing back."
    )


def _move(row: Mapping[Hashable, Any], currency: str) -> str:
    return f"{row['channel']} in {row['market']} ({money(float(row['amount']), currency)})"
