"""Bars across, each with its interval and its number in words: the one chart of the segments app."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from workbench.apps.chart import Chart, chart
from workbench.apps.ticks import ticks
from workbench.present.palette import PALETTE

# Plotly's hover text and labels: a company's own names never become markup.
_MARKUP = str.maketrans({"<": "‹", ">": "›"})
LONGEST_NAME = 26


@dataclass(frozen=True, kw_only=True)
class Bars:
    """What a chart shows.

    Attributes:
        names: One a bar.
        values: Their lengths.
        lower: Ends of the intervals, NaN where there is none.
        upper: Likewise.
        texts: The numbers in words.
        title: What the axis measures, with its unit.
        unit: `%` for shares, a currency's code, or empty.
        beside: Lengths of bars to compare with, None for none.
        beside_name: Whose they are.
        alt: What the chart shows, in one sentence.
    """

    names: Sequence[str]
    values: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    texts: Sequence[str]
    title: str
    unit: str
    beside: np.ndarray | None = None
    beside_name: str = ""
    alt: str


def bars_chart(bars: Bars) -> Chart:
    """The chart, to be shown once and then redrawn."""
    ends = {"type": "data", "symmetric": False, "color": PALETTE.ink, "thickness": 1.4, "width": 4}
    traces = [
        go.Bar(orientation="h", width=0.3, hoverinfo="text", error_x=ends),
        go.Bar(orientation="h", width=0.18, hoverinfo="text", marker={"color": PALETTE.muted}),
        go.Scatter(mode="text", textposition="middle right", hoverinfo="skip", cliponaxis=False),
    ]
    layout = {"showlegend": False, "barmode": "overlay", "margin": {"t": 4}, "yaxis": {"visible": False}}
    figure = go.Figure(traces, layout)
    _draw(figure, bars)
    return chart(figure, alt=bars.alt)


def redraw(shown: Chart, bars: Bars) -> None:
    """Show other bars in the same chart."""
    with shown.batch_update():
        _draw(shown, bars)
    shown.alt = bars.alt


def _draw(figure: go.Figure, bars: Bars) -> None:
    """What other bars change; names and numbers stand above their bars, where a phone has room for them too."""
    names = [str(name).translate(_MARKUP) for name in bars.names]
    texts = [text.translate(_MARKUP) for text in bars.texts]
    rows = np.arange(len(names), dtype=float)
    lowest, highest = _reach(bars)
    main, beside, labels = figure.data
    main.y, main.x, main.marker.color = rows, bars.values, _colours(bars.values)
    main.hovertext = [f"{name}: {text}" for name, text in zip(names, texts, strict=True)]
    above, below = bars.upper - bars.values, bars.values - bars.lower
    ends = main.error_x
    ends.array, ends.arrayminus, ends.visible = (
        np.nan_to_num(above),
        np.nan_to_num(below),
        bool(np.isfinite(above).any()),
    )
    beside.y = [] if bars.beside is None else rows + 0.27
    beside.x = [] if bars.beside is None else bars.beside
    beside.hovertext = [bars.beside_name] * len(names)
    labels.x, labels.y = np.full(len(names), lowest), rows - 0.33
    labels.text = [f"<b>{shortened(name)}</b>  {text}" for name, text in zip(names, texts, strict=True)]
    _lay_out(figure.layout, bars, lowest, highest)


def shortened(name: str) -> str:
    """A name that leaves room for its number; the table beside the chart has it in full."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _reach(bars: Bars) -> tuple[float, float]:
    """Ends of the axis: from zero, or from the lowest end."""
    drawn = np.concatenate([bars.values, bars.lower, bars.upper, [] if bars.beside is None else bars.beside, [0.0]])
    lowest, highest = float(np.nanmin(drawn)), float(np.nanmax(drawn))
    margin = 0.03 * ((highest - lowest) or 1.0)
    return lowest - (margin if lowest < 0 else 0.0), highest + margin


def _lay_out(layout: go.Layout, bars: Bars, lowest: float, highest: float) -> None:
    rows = max(len(bars.names), 1)
    layout.height = 74 + (44 if bars.beside is None else 52) * rows
    layout.xaxis.title.text, layout.xaxis.range = bars.title, [lowest, highest]
    for name, value in ticks([lowest, highest], bars.unit).items():
        layout.xaxis[name] = value
    layout.yaxis.range = [rows - 0.5, -0.6]


def _colours(values: np.ndarray) -> list[str]:
    return [PALETTE.accent if value >= 0 else PALETTE.negative for value in values]
