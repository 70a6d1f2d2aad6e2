"""What a new customer is worth by where it came from, beside what it cost."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.apps.answering import follow
from workbench.apps.controls import picker
from workbench.apps.page import Section, html, row, section, table
from workbench.apps.segments_bars import Bars, bars_chart, redraw
from workbench.apps.segments_saved import Run, small_rule, smallest_group
from workbench.apps.segments_words import LEVEL, enumerated, listed, paragraph, told
from workbench.wording import DASH, count, interval, money, number, one

WORTH, RETURN = "Value of a new customer", "Value for what it cost"
LEAD = (
    "A channel is the one that got the credit for a customer's first order: this compares channels as they are recorded and does not "
    "say what more spend would bring. The media mix and experiments do."
)


def channels(run: Run) -> Section:
    """Value by acquisition channel, alone or for each unit of money that it cost."""
    known = shown_channels(run)
    if known.empty:
        return section("Value by where customers came from", html(paragraph(nothing(run))))
    options = [WORTH, RETURN] if known.cac.notna().any() else [WORTH]
    measure = picker("Show", options, WORTH)
    shown = bars_chart(channel_bars(run, WORTH))
    said = html(paragraph(channel_sentence(run, WORTH)))

    def answer() -> None:
        redraw(shown, channel_bars(run, measure.value))
        said.value = paragraph(channel_sentence(run, measure.value))

    follow([measure], answer)
    numbers = html(channel_table(run) + paragraph(channels_note(run)))
    return section("Value by where customers came from", row(measure), said, shown, numbers, lead=LEAD)


def shown_channels(run: Run) -> pd.DataFrame:
    """Channels that brought enough customers to be shown, the most valuable first."""
    table = run.result.channels
    return table[table.customers >= smallest_group(run)].reset_index(drop=True) if len(table) else table


def channels_note(run: Run) -> str:
    hidden = len(run.result.channels) - len(shown_channels(run))
    if not hidden:
        return ""
    return f"{'One channel is' if hidden == 1 else f'{count(hidden)} channels are'} not shown: {small_rule(run)}."


def nothing(run: Run) -> str:
    if len(run.result.channels):
        return f"No channel is shown: {small_rule(run)}."
    return (
        "Where customers came from isn't known: map acquisition_channel in the table customers, then "
        "`workbench run segmentation`."
    )


def channel_bars(run: Run, measure: str) -> Bars:
    """Values, or returns of the channels that have a cost, with their intervals."""
    result, known = run.result, shown_channels(run)
    if measure == RETURN:
        paid = known[known.cac.notna()].sort_values("ltv_to_cac", ascending=False)
        rows = paid[["ltv_to_cac", "ltv_to_cac_lower", "ltv_to_cac_upper"]].to_numpy(dtype=float)
        texts = [
            f"{number(value, 2)} ({interval(number_of(lower), number_of(upper), '')})" for value, lower, upper in rows
        ]
        title, unit, names = f"Value for each {one(result.currency)} of media, next {result.span}", "", paid.channel
    else:
        rows = known[["ltv", "lower", "upper"]].to_numpy(dtype=float)
        texts = [told(value, lower, upper, result.currency) for value, lower, upper in rows]
        title, unit, names = f"Value of a new customer, next {result.span}", result.currency, known.channel
    value, lower, upper = rows.T if len(rows) else np.empty((3, 0))
    alt = f"Bars with intervals. {title}: {listed(names.tolist(), texts)}."
    return Bars(
        names=names.tolist(), values=value, lower=lower, upper=upper, texts=texts, title=title, unit=unit, alt=alt
    )


def number_of(value: float) -> float:
    """To two significant figures, as the estimate beside it."""
    return float(f"{value:.2g}")


def channel_sentence(run: Run, measure: str) -> str:
    """The best and the worst, and whether their intervals tell them apart."""
    bars = channel_bars(run, measure)
    if len(bars.names) < 2:
        return ""
    first, last = bars.names[0], bars.names[-1]
    apart = bars.lower[0] > bars.upper[-1]
    better = "is worth more than" if measure == WORTH else "brings back more for its cost than"
    if not apart:
        return f"{first} and {last}, the two ends of this list, can't be told apart: their intervals overlap."
    below = [name for name, upper in zip(bars.names, bars.upper, strict=True) if upper < 1] if measure == RETURN else []
    short = f" {enumerated(below)} cost more than new customers bring within {run.result.span}." if below else ""
    return f"A new customer from {first} {better} one from {last}: their intervals don't overlap.{short}"


def channel_table(run: Run) -> str:
    """All numbers of the charts, with spend."""
    currency = run.result.currency
    rows = [
        (
            row["channel"],
            count(row["customers"]),
            money(row["ltv"], currency),
            interval(row["lower"], row["upper"], currency),
            money(row["cac"], currency),
            DASH if np.isnan(row["ltv_to_cac"]) else number(row["ltv_to_cac"], 2),
            interval(number_of(row["ltv_to_cac_lower"]), number_of(row["ltv_to_cac_upper"]), ""),
        )
        for row in shown_channels(run).to_dict("records")
    ]
    headings = ("Channel", "Customers", "Value", "Between", "Cost of a new customer", "Value per cost", "Between")
    caption = f"New customers by channel; values will lie between the ends in {LEVEL}. A dash: no spend is recorded."
    return table(headings, rows, caption=caption, numbers=range(1, 7))
