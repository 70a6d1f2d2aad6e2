"""Rows of dots with their intervals: how apps compare channels, markets, metrics and parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from workbench.apps.amount import Amount
from workbench.apps.ticks import ticks
from workbench.present.palette import PALETTE

# How far below each other the dots of a row stand, in rows.
BELOW = 0.26


def dots(colour: str, symbol: str, label_at: str) -> go.Scatter:
    error = {"type": "data", "symmetric": False, "thickness": 1.6, "width": 4}
    marker = {"color": colour, "symbol": symbol, "size": 11}
    return go.Scatter(
        mode="markers+text",
        marker=marker,
        error_x=error,
        hoverinfo="text",
        textposition=label_at,
        textfont={"color": colour, "size": 12},
        cliponaxis=False,
    )


def fill_rows(figure: go.Figure, names: list[str], series: Mapping[str, Sequence[Amount]]) -> None:
    """One row a name, in it one dot a series below the other; the first row says what each series is."""
    every = [amount for amounts in series.values() for amount in amounts]
    for i, (trace, (label, amounts)) in enumerate(zip(figure.data, series.items(), strict=True)):
        estimate, lower, upper = np.array([[a.estimate, a.lower, a.upper] for a in amounts]).T
        trace.x, trace.y = estimate, np.arange(len(names)) + BELOW * (i - (len(series) - 1) / 2)
        trace.error_x.array, trace.error_x.arrayminus = upper - estimate, estimate - lower
        trace.text = [label, *[""] * (len(names) - 1)]
        trace.hovertext = [f"{name}: {a.text} ({a.between})" for name, a in zip(names, amounts, strict=True)]
    figure.layout.xaxis.update(ticks([[a.lower, a.estimate, a.upper] for a in every], every[0].unit))
    figure.layout.yaxis.update(tickvals=list(range(len(names))), ticktext=names, range=[len(names) - 0.4, -0.7])


def line_at(x: float) -> dict[str, Any]:
    span = {"x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper"}
    return {"type": "line", **span, "line": {"color": PALETTE.muted, "width": 1.5, "dash": "dot"}, "layer": "below"}


def note(x: float, text: str) -> dict[str, Any]:
    place = {"x": x, "y": 1, "yref": "paper", "yanchor": "bottom"}
    return {**place, "text": text, "showarrow": False, "font": {"color": PALETTE.muted, "size": 12}}
