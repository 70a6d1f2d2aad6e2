"""How large segments are and what they are worth."""

from __future__ import annotations

from html import escape

import numpy as np
import pandas as pd

from workbench.apps.answering import follow
from workbench.apps.cards import Card, cards
from workbench.apps.controls import picker
from workbench.apps.page import Section, html, row, section, table
from workbench.apps.segments_bars import Bars, bars_chart, redraw
from workbench.apps.segments_saved import Run, hidden_note, shown_segments, whole
from workbench.apps.segments_words import LEVEL, listed, paragraph, told
from workbench.wording import DASH, count, interval, money, percent

VALUE, EACH, SIZE = "Value of the whole segment", "Value of one customer", "Number of customers"
MEASURES = (VALUE, EACH, SIZE)


def overview(run: Run) -> Section:
    """Sizes and values, by a measure of choice."""
    measure = picker("Show", MEASURES, VALUE)
    shown = bars_chart(measured(run, VALUE))
    follow([measure], lambda: redraw(shown, measured(run, measure.value)))
    return section(
        "Who the customers are, and what they are worth",
        html(cards(overview_cards(run))),
        row(measure),
        shown,
        html(overview_table(run) + paragraph(hidden_note(run)) + rules_list(run)),
        lead=lead(run),
    )


def lead(run: Run) -> str:
    return (
        f"Value is the profit that customers are expected to bring over the next {run.result.span}, counted from "
        f"{run.result.valued_at:%-d %B %Y}; lines on bars show where it will lie in {LEVEL}, if customers go on as before."
    )


def measured(run: Run, measure: str) -> Bars:
    """Each segment's value, value per customer, or size."""
    segments, result = shown_segments(run), run.result
    names, unit = segments.segment.tolist(), result.currency
    if measure == SIZE:
        sizes = segments.customers.to_numpy(dtype=float)
        texts = [
            f"{count(size)} ({percent(share, 0)})"
            for size, share in zip(sizes, segments.share_of_customers, strict=True)
        ]
        none = np.full(len(sizes), np.nan)
        alt = f"Bars of customers by segment: {listed(names, texts)}."
        return Bars(names=names, values=sizes, lower=none, upper=none, texts=texts, title="Customers", unit="", alt=alt)
    by = segments.customers.to_numpy(dtype=float) if measure == EACH else 1.0
    value, lower, upper = (column / by for column in value_and_ends(segments))
    texts = [told(*each, result.currency) for each in zip(value, lower, upper, strict=True)]
    title = f"{measure}, next {result.span}"
    alt = f"Bars with intervals. {title}: {listed(names, texts)}."
    return Bars(names=names, values=value, lower=lower, upper=upper, texts=texts, title=title, unit=unit, alt=alt)


def value_and_ends(segments: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Value with where it will lie, or with the interval of what is expected where chance has no bounds."""
    known = segments.realised_lower.notna()
    lower = segments.realised_lower.where(known, segments.value_lower)
    upper = segments.realised_upper.where(known, segments.value_upper)
    return tuple(column.to_numpy(dtype=float) for column in (segments.value, lower, upper))  # type: ignore[return-value]


def overview_cards(run: Run) -> list[Card]:
    """All customers, and the segment that is worth most."""
    result, all_together, segments = run.result, whole(run), shown_segments(run)
    ends = interval(all_together.lower, all_together.upper, result.currency)
    top = [
        Card(
            f"Most valuable: {best['segment']}",
            f"{percent(best['share_of_value'], 0)} of value",
            f"{percent(best['share_of_customers'], 0)} of customers, {money(best['value'], result.currency)}",
        )
        for best in segments.nlargest(1, "value").to_dict("records")
    ]
    return [
        Card("Customers", count(all_together.customers), f"known on {result.valued_at:%-d %B %Y}"),
        Card(f"Expected profit, next {result.span}", money(all_together.value, result.currency), f"{ends} in {LEVEL}"),
        *top,
    ]


def overview_table(run: Run) -> str:
    """All numbers of the charts."""
    segments, currency = shown_segments(run), run.result.currency
    value, lower, upper = value_and_ends(segments)
    rows = [
        (
            row["segment"],
            count(row["customers"]),
            percent(row["share_of_customers"]),
            money(value[at], currency),
            interval(lower[at], upper[at], currency),
            percent(row["share_of_value"]),
            trend_told(row["trend"]),
        )
        for at, row in enumerate(segments.to_dict("records"))
    ]
    headings = ("Segment", "Customers", "Share", "Value", "Between", "Share of value", "Trend")
    caption = "Segments. Trend: growth in customers since the run before, if there was one."
    return table(headings, rows, caption=caption, numbers=range(1, 7))


def rules_list(run: Run) -> str:
    """What makes each segment, folded away."""
    rows = shown_segments(run)
    items = "".join(
        f"<li><strong>{escape(name)}</strong>: {escape(rule)}.</li>"
        for name, rule in zip(rows.segment, rows.rule, strict=True)
    )
    return f"<details><summary>Who is in which segment</summary><ul>{items}</ul></details>"


def trend_told(trend: float) -> str:
    return DASH if np.isnan(trend) else f"{'+' if trend > 0 else ''}{percent(trend)}"
