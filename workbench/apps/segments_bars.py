"""Bars across, each with its interval and its number in words: the one chart of the segments app."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
    traces = [go.Bar(orientation="h"), go.Bar(orientation="h"), go.Scatter(mode="text", textposition="middle right")]
    figure = go.Figure(traces, {"showlegend": False, "barmode": "overlay"})
    _draw(figure, bars)
    return chart(figure, alt=bars.alt)


def redraw(shown: Chart, bars: Bars) -> None:
    """Show other bars in the same chart."""
    with shown.batch_update():
        _draw(shown, bars)
    shown.alt = bars.alt


def _draw(figure: go.Figure, bars: Bars) -> None:
    """Names and numbers stand above their bars, where a phone has room for them too."""
    names = [str(name).translate(_MARKUP) for name in bars.names]
    texts = [text.translate(_MARKUP) for text in bars.texts]
    rows = np.arange(len(names), dtype=float)
    main, beside, labels = figure.data
    main.update(y=rows, x=bars.values, width=0.3, error_x=_interval(bars), marker={"color": _colours(bars.values)})
    main.update(hoverinfo="text", hovertext=[f"{name}: {text}" for name, text in zip(names, texts, strict=True)])
    beside.update(y=[] if bars.beside is None else rows + 0.27, x=bars.beside if bars.beside is not None else [])
    beside.update(
        width=0.18, marker={"color": PALETTE.muted}, hoverinfo="text", hovertext=[bars.beside_name] * len(names)
    )
    lowest, highest = _reach(bars)
    labels.update(x=np.full(len(names), lowest), y=rows - 0.33, hoverinfo="skip", cliponaxis=False)
    labels.update(text=[f"<b>{shortened(name)}</b>  {text}" for name, text in zip(names, texts, strict=True)])
    figure.update_layout(_layout(bars, lowest, highest))


def shortened(name: str) -> str:
    """A name that leaves room for its number; the table beside the chart has it in full."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _reach(bars: Bars) -> tuple[float, float]:
    """Ends of the axis: from zero, or from the lowest end."""
    drawn = np.concatenate([bars.values, bars.lower, bars.upper, [] if bars.beside is None else bars.beside, [0.0]])
    lowest, highest = float(np.nanmin(drawn)), float(np.nanmax(drawn))
    margin = 0.03 * ((highest - lowest) or 1.0)
    return lowest - (margin if lowest < 0 else 0.0), highest + margin


def _layout(bars: Bars, lowest: float, highest: float) -> dict[str, Any]:
    rows = max(len(bars.names), 1)
    return {
        "height": 74 + (44 if bars.beside is None else 52) * rows,
        "margin": {"t": 4},
        "xaxis": {"title": {"text": bars.title}, "range": [lowest, highest], **ticks([lowest, highest], bars.unit)},
        "yaxis": {"range": [rows - 0.5, -0.6], "visible": False},
    }


def _interval(bars: Bars) -> dict[str, Any]:
    above, below = bars.upper - bars.values, bars.values - bars.lower
    return {
        "type": "data",
        "symmetric": False,
        "array": np.nan_to_num(above),
        "arrayminus": np.nan_to_num(below),
        "visible": bool(np.isfinite(above).any()),
        "color": PALETTE.ink,
        "thickness": 1.4,
        "width": 4,
    }


def _colours(values: np.ndarray) -> list[str]:
    return [PALETTE.accent if value >= 0 else PALETTE.negative for value in values]
