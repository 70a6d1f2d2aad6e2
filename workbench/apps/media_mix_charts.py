"""The charts of the media-mix app: each is drawn once and then filled for what a visitor chose."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from workbench.apps.amount import Amount
from workbench.apps.chart import Chart, chart
from workbench.apps.media_mix_view import MediaMixView, Question
from workbench.apps.media_mix_words import course_sentence, curve_sentence, said, tested_effects
from workbench.apps.row_chart import dots, fill_rows, line_at, note
from workbench.apps.ticks import ticks
from workbench.mmm.posterior.lift_effects import HISTORY, ROAS, TESTED_SPEND, TESTS, TOGETHER
from workbench.present.palette import PALETTE
from workbench.wording import money, one, percent

NO_LINE = {"width": 0}
NEAREST_LABELS = 0.055
ROW_HEIGHT, LIFT_ROW_HEIGHT = 46, 112
WHO = {HISTORY: "sales history alone", TESTS: "the tests alone", TOGETHER: "both together"}


def course_chart(view: MediaMixView, asked: Question) -> Chart:
    """What media brought over time: channels on each other, the total's interval around their sum."""
    layers = [
        go.Scatter(name=label, stackgroup="media", mode="lines", line={"width": 0.5, "color": colour}, fillcolor=colour)
        for label, colour in zip(view.stacked, PALETTE.categorical, strict=False)
    ]
    figure = go.Figure([*layers, *_band_traces()], {"height": 380, "showlegend": False, "hovermode": "x"})
    figure.update_layout(margin={"r": 104, "t": 16}, yaxis={"title": "Revenue a week", "rangemode": "tozero"})
    return chart(figure, alt=fill_course(figure, view, asked))


def fill_course(shown: go.Figure, view: MediaMixView, asked: Question) -> str:
    """All channels as layers, or one channel alone; the band and its line are those of what is shown. Returns it in words."""
    days, course = [f"{day:%Y-%m-%d}" for day in view.weeks[-asked.weeks :]], view.course(asked)
    layers = np.full((len(view.stacked), len(days)), np.nan) if asked.channel else view.layers(asked)
    unit = "%" if asked.share else view.currency
    with shown.batch_update():
        for trace, name, values in zip(shown.data, view.stacked, layers, strict=False):
            hover = [] if asked.channel else [f"{name} {_told(value, unit)}" for value in values]
            trace.update(x=days, y=values, hovertext=hover, hoverinfo="skip" if asked.channel else "text")
        _fill_band(shown.data[-3:], days, course, unit, view.media(asked.channel))
        shown.layout.annotations = _end_labels(view, asked, layers, course)
        shown.layout.yaxis.update(ticks(course, unit))
        shown.layout.yaxis.title.text = "Share of the week's revenue" if asked.share else "Revenue a week"
    return course_sentence(view, asked)


def returns_chart(view: MediaMixView, asked: dict[str, Question]) -> Chart:
    """Returns on all spend and on the next unit of it, with their intervals, one row a channel or market."""
    figure = go.Figure(
        [
            dots(PALETTE.accent, "circle", "top center"),
            dots(PALETTE.categorical[1], "diamond-open", "bottom center"),
        ],
        _returns_layout(view, 100 + ROW_HEIGHT * len(asked)),
    )
    return chart(figure, alt=fill_returns(figure, view, asked))


def fill_returns(shown: go.Figure, view: MediaMixView, asked: dict[str, Question]) -> str:
    """`asked` says what each row is about. Returns the chart in words."""
    each = [view.returned(question) for question in asked.values()]
    labels = (f"per {one(view.currency)} spent", f"for the next {one(view.currency)}")
    with shown.batch_update():
        fill_rows(shown, list(asked), dict(zip(labels, zip(*each, strict=True), strict=True)))
    return "; ".join(
        f"{name}: {roas.text} ({roas.between}), next {marginal.text} ({marginal.between})"
        for name, (roas, marginal) in zip(asked, each, strict=True)
    )


def by_channel(view: MediaMixView, asked: Question) -> dict[str, Question]:
    """Every channel in the chosen market."""
    return {view.result.label(name): Question(asked.market, name, asked.weeks) for name in view.result.by_contribution}


def by_market(view: MediaMixView, asked: Question) -> dict[str, Question]:
    """The chosen channel in every market."""
    return {view.place(market): Question(market, asked.channel, asked.weeks) for market in view.recent.places if market}


def curve_chart(view: MediaMixView, asked: Question) -> Chart:
    """What constant weekly spend brings in the long run, shaded where as much or as little has never acted."""
    today = go.Scatter(mode="markers+text", marker={"size": 10, "color": PALETTE.ink}, textposition="top left")
    figure = go.Figure([*_band_traces(), today], {"height": 380, "showlegend": False})
    figure.update_layout(
        xaxis={"title": "Spend a week", "rangemode": "tozero"},
        yaxis={"title": "Revenue a week, 90% interval", "rangemode": "tozero"},
    )
    return chart(figure, alt=fill_curve(figure, view, asked))


def fill_curve(shown: go.Figure, view: MediaMixView, asked: Question) -> str:
    """The response with its interval, and where today stands. Returns it in words."""
    curve = view.curve(asked.market, asked.channel)
    now = (curve.spend[curve.today], curve.summary[0, curve.today])
    least, most = (0.0, 0.0) if np.isnan(curve.seen[0]) else curve.seen
    with shown.batch_update():
        _fill_band(shown.data[:3], curve.spend, curve.summary, view.currency, "brings")
        shown.data[3].update(
            x=now[:1],
            y=now[1:],
            text=[f"today {money(now[0], view.currency)}"],
            hovertext=f"{money(now[0], view.currency)} a week brings {money(now[1], view.currency)}",
            hoverinfo="text",
        )
        shown.layout.shapes = [_shade(0.0, least), _shade(most, float(curve.spend[-1]))]
        shown.layout.annotations = [note((most + float(curve.spend[-1])) / 2, "never seen: assumption")]
        shown.layout.xaxis.update(range=[0.0, float(curve.spend[-1])], **ticks(curve.spend, view.currency))
        shown.layout.yaxis.update(ticks(curve.summary, view.currency))
    return curve_sentence(view, asked)


def lift_chart(view: MediaMixView) -> Chart:
    """What was believed of tested channels before and after their tests; it depends on no control."""
    about = {TESTED_SPEND: "tested spend", ROAS: "all spend"}
    tested = tested_effects(view)
    names = [f"{view.result.label(channel)},<br>{text}" for channel in tested for text in about.values()]
    rows = [rows.get((quantity, by)) for by in WHO for rows in tested.values() for quantity in about]
    nobody = Amount(np.nan, np.nan, np.nan, view.currency)
    amounts = [nobody if row is None else said(view, row) for row in rows]
    by_whom = {WHO[by]: amounts[i * len(names) : (i + 1) * len(names)] for i, by in enumerate(WHO)}
    figure = go.Figure(
        [
            dots(PALETTE.muted, "circle-open", "top center"),
            dots(PALETTE.categorical[1], "diamond", "top center"),
            dots(PALETTE.accent, "circle", "top center"),
        ],
        _returns_layout(view, 100 + LIFT_ROW_HEIGHT * len(names)),
    )
    fill_rows(figure, names, by_whom)
    return chart(figure, alt="Returns as told by the sales history, by the tests, and by both together")


def _band_traces() -> list[go.Scatter]:
    """Lower end, upper end filled down to it, and the line of the mean."""
    band, end = "rgba(28,39,51,0.18)", {"color": PALETTE.ink, "width": 1, "dash": "dot"}
    return [
        go.Scatter(mode="lines", line=end, hoverinfo="skip"),
        go.Scatter(mode="lines", line=end, fill="tonexty", fillcolor=band, hoverinfo="skip"),
        go.Scatter(mode="lines", line={"color": PALETTE.ink, "width": 2}, hoverinfo="text"),
    ]


def _fill_band(traces: Any, x: Any, summary: np.ndarray, unit: str, name: str) -> None:
    mean, lower, upper = summary
    for trace, values in zip(traces, (lower, upper, mean), strict=True):
        trace.update(x=x, y=values)
    traces[2].hovertext = [
        f"{name} {amount.text} ({amount.between})"
        for amount in (Amount(m, low, up, unit) for m, low, up in zip(mean, lower, upper, strict=True))
    ]


def _returns_layout(view: MediaMixView, height: int) -> dict[str, Any]:
    title = f"Revenue per {one(view.currency)}, 90% interval"
    return {
        "height": height,
        "showlegend": False,
        "yaxis": {"showgrid": False, "zeroline": False},
        "xaxis": {"title": title, "rangemode": "tozero"},
        "shapes": [line_at(1.0)],
        "annotations": [note(1.0, "pays for itself")],
    }


def _end_labels(view: MediaMixView, asked: Question, layers: np.ndarray, course: np.ndarray) -> list[dict[str, Any]]:
    """Names beside the last week, each at its layer's middle, moved apart where layers are thin."""
    if asked.channel:
        return [_end_label(view.media(asked.channel), float(course[0, -1]), PALETTE.ink)]
    tops = np.cumsum(layers[:, -1])
    middles = np.append(tops - layers[:, -1] / 2, max(float(course[0, -1]), tops[-1]))
    heights = _apart(middles, NEAREST_LABELS * float(course[2].max()))
    named = zip((*view.stacked, "Total"), heights, (*PALETTE.categorical[: len(tops)], PALETTE.ink), strict=True)
    return [_end_label(name, float(height), colour) for name, height, colour in named]


def _apart(heights: np.ndarray, least: float) -> np.ndarray:
    """Ascending heights, each at least so far above the one before it."""
    steps = np.arange(len(heights)) * least
    return np.asarray(np.maximum.accumulate(heights - steps) + steps)


def _end_label(text: str, height: float, colour: str) -> dict[str, Any]:
    place = {"x": 1, "xref": "paper", "xanchor": "left", "xshift": 6, "y": height, "yanchor": "middle"}
    key = f'<span style="color:{colour}">■</span> {text}'
    return {**place, "text": key, "showarrow": False, "font": {"color": PALETTE.ink, "size": 12}}


def _shade(start: float, end: float) -> dict[str, Any]:
    span = {"x0": start, "x1": max(start, end), "y0": 0, "y1": 1, "yref": "paper"}
    return {"type": "rect", **span, "fillcolor": PALETTE.grid, "opacity": 0.6, "line": NO_LINE, "layer": "below"}


def _told(value: float, unit: str) -> str:
    return percent(value) if unit == "%" else money(value, unit)
