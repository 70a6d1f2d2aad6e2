"""The charts of the experiments app: a test over time, and what moved in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from workbench.apps.amount import POINTS, Amount
from workbench.apps.experiments_course import Course
from workbench.apps.row_chart import dots, fill_rows, line_at, note
from workbench.apps.ticks import ticks
from workbench.present.palette import PALETTE

BAND = "rgba(31,90,150,0.20)"
ROW_HEIGHT = 36


def course_figure() -> go.Figure:
    """Empty: interval, line, and the report's own reading beside the last day."""
    end = {"color": PALETTE.accent, "width": 1, "dash": "dot"}
    report = {
        "marker": {"color": PALETTE.categorical[1], "symbol": "diamond", "size": 11},
        "error_y": {"type": "data", "symmetric": False, "thickness": 1.8, "width": 5},
        "textfont": {"color": PALETTE.categorical[1], "size": 12},
    }
    traces = [
        go.Scatter(mode="lines", line=end, hoverinfo="skip"),
        go.Scatter(mode="lines", line=end, fill="tonexty", fillcolor=BAND, hoverinfo="skip"),
        go.Scatter(
            mode="lines+markers", line={"color": PALETTE.accent, "width": 2}, marker={"size": 6}, hoverinfo="text"
        ),
        go.Scatter(mode="markers+text", textposition="top left", hoverinfo="text", cliponaxis=False, **report),
    ]
    layout = {
        "height": 360,
        "showlegend": False,
        "xaxis": {"type": "date"},
        "yaxis": {"zeroline": True, "zerolinewidth": 2},
    }
    return go.Figure(traces, layout)


def fill_course(shown: go.Figure, course: Course) -> str:
    """Returns the chart in words."""
    mean, lower, upper = course.summary
    final = course.reported
    with shown.batch_update():
        for trace, values in zip(shown.data[:3], (lower, upper, mean), strict=True):
            trace.update(x=course.days, y=values)
        amounts = (Amount(m, low, up, course.unit) for m, low, up in zip(mean, lower, upper, strict=True))
        shown.data[2].hovertext = [f"{day}: {amount.told}" for day, amount in zip(course.days, amounts, strict=True)]
        _fill_report(shown.data[3], course)
        ends = [] if final is None else [final.lower, final.upper]
        shown.layout.yaxis.update(ticks(np.append(course.summary, ends), course.unit))
        shown.layout.yaxis.title.text = course.axis
        shown.layout.shapes = [_since(course)] if course.since else []
        shown.layout.annotations = [_test_begins(course)] if course.since else []
    return course.told


def effects_figure(effects: dict[str, Amount], level: str) -> go.Figure:
    """Rows of dots for every metric, group or part."""
    figure = go.Figure([dots(PALETTE.accent, "circle", "top center")], {"showlegend": False})
    figure.update_layout(
        yaxis={"showgrid": False, "zeroline": False}, shapes=[line_at(0.0)], annotations=[note(0.0, "no change")]
    )
    fill_effects(figure, effects, level)
    return figure


def fill_effects(shown: go.Figure, effects: dict[str, Amount], level: str) -> str:
    """Returns the chart in words."""
    unit = next(iter(effects.values())).unit
    with shown.batch_update():
        fill_rows(shown, list(effects), {"": list(effects.values())})
        shown.layout.height = 100 + ROW_HEIGHT * len(effects)
        what = {POINTS: "Change in percentage points", "%": "Change in percent"}.get(unit, "Change")
        shown.layout.xaxis.title.text = f"{what}, {level} interval"
    return "; ".join(f"{name}: {amount.told}" for name, amount in effects.items())


def _fill_report(trace: Any, course: Course) -> None:
    final = course.reported
    if final is None:
        trace.update(x=[], y=[], text=[], hovertext=[])
        trace.error_y.array = trace.error_y.arrayminus = np.array([])
        return
    trace.update(x=course.days[-1:], y=[final.estimate], text=["as reported"], hovertext=[f"as reported: {final.told}"])
    trace.error_y.array = [final.upper - final.estimate]
    trace.error_y.arrayminus = [final.estimate - final.lower]


def _since(course: Course) -> dict[str, Any]:
    span = {"x0": course.since, "x1": course.days[-1], "y0": 0, "y1": 1, "yref": "paper"}
    return {"type": "rect", **span, "fillcolor": PALETTE.grid, "opacity": 0.5, "line": {"width": 0}, "layer": "below"}


def _test_begins(course: Course) -> dict[str, Any]:
    place = {"x": course.since, "y": 1, "yref": "paper", "yanchor": "bottom", "xanchor": "left"}
    return {**place, "text": "test", "showarrow": False, "font": {"color": PALETTE.muted, "size": 12}}
