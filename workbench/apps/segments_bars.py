"""Bars across, each with its interval and its number in words: the one chart of the segments app."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from workbench.apps.chart import Chart, chart
from workbench.apps.look import money_axis
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
    shown = chart(go.Figure(traces, {"showlegend": False, "bargap": 0.35}), alt=bars.alt)
    redraw(shown, bars)
    return shown


def redraw(shown: Chart, bars: Bars) -> None:
    """Show other bars in the same chart."""
    names = [shortened(name) for name in bars.names]
    ends = np.where(np.isfinite(bars.upper), bars.upper, bars.values)
    reach = np.maximum(ends, 0) if bars.beside is None else np.maximum(np.maximum(ends, bars.beside), 0)
    with shown.batch_update():
        main, beside, labels = shown.data
        main.update(y=names, x=bars.values, error_x=_interval(bars), marker={"color": _colours(bars.values)})
        main.update(hovertext=_hover(bars), hoverinfo="text")
        beside.update(y=names, x=[] if bars.beside is None else bars.beside, marker={"color": PALETTE.band})
        beside.update(hoverinfo="text", hovertext=[f"{name}: {bars.beside_name}" for name in names])
        labels.update(y=names, x=reach, text=[f"  {text.translate(_MARKUP)}" for text in bars.texts], hoverinfo="skip")
        shown.update_layout(_layout(bars, reach))
    shown.alt = bars.alt


def shortened(name: str) -> str:
    """A name that leaves room for its bar, without markup; the table beside the chart has it in full."""
    plain = str(name).translate(_MARKUP)
    return plain if len(plain) <= LONGEST_NAME else f"{plain[: LONGEST_NAME - 1]}…"


def _layout(bars: Bars, reach: np.ndarray) -> dict[str, Any]:
    lowest = float(np.nanmin([0.0, *bars.values, *bars.lower]))
    widest = float(np.max(reach, initial=0.0)) or 1.0
    ticks = {"%": {"tickprefix": "", "tickformat": ".0%"}, "": {"tickprefix": "", "tickformat": "~s"}}
    kind = ticks.get(bars.unit) or money_axis(bars.unit)
    # Labels stand right of the longest bar: they take a third of the width, half on a phone.
    room = [1.12 * lowest, lowest + 1.55 * (widest - lowest)]
    return {
        "height": 76 + (34 if bars.beside is None else 46) * max(len(bars.names), 2),
        "xaxis": {"title": {"text": bars.title}, "range": room, "nticks": 5, **kind},
        "yaxis": {"autorange": "reversed", "ticklabelstandoff": 6},
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


def _hover(bars: Bars) -> list[str]:
    return [f"{str(name).translate(_MARKUP)}: {text}" for name, text in zip(bars.names, bars.texts, strict=True)]
