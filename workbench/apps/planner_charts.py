"""The planner's charts: what each channel gets, and what it brings with its interval; now, in the saved plan, and in the one shown."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from workbench.apps.chart import Chart, chart
from workbench.apps.look import money_axis
from workbench.apps.planner_answer import Shown
from workbench.apps.planner_channels import channel_draws
from workbench.present.palette import PALETTE
from workbench.scenarios.answer import by_channel, summary_of
from workbench.scenarios.result import ScenarioResult
from workbench.wording import interval, money

NOW, PLANNED, SAVED = range(3)


class PlannerCharts:
    """Two charts that are drawn once and then only updated.

    Attributes:
        spend: Spend by channel.
        revenue: Revenue by channel with its interval.
    """

    def __init__(self, result: ScenarioResult, shown: Shown) -> None:
        self._result = result
        self._now: tuple[object, np.ndarray] | None = None
        self.spend: Chart = chart(_spend_figure(result), alt="Spend by channel")
        self.revenue: Chart = chart(_revenue_figure(result), alt="Revenue by channel")
        self.show(shown)

    def show(self, shown: Shown) -> None:
        """Draw another plan."""
        self._show_spend(shown)
        self._show_revenue(shown)

    def _show_spend(self, shown: Shown) -> None:
        result, weeks = self._result, len(shown.weeks)
        part = weeks / result.horizon_weeks
        values = (shown.reference.sum(axis=(0, 1)), shown.answered.channel_spend, part * result.spend.sum(axis=(0, 1)))
        with self.spend.batch_update():
            for trace, spend in zip(self.spend.data, values, strict=True):
                trace.update(x=spend, customdata=[money(float(each), result.currency) for each in spend])
            self.spend.layout.xaxis.title.text = f"Spend, {weeks} weeks"
            self.spend.layout.xaxis.range = _range(self.spend, max(map(np.max, values)), part)
        told = ", ".join(
            f"{result.label(name)} {money(float(planned), result.currency)}"
            for name, planned in zip(result.channels, values[PLANNED], strict=True)
        )
        self.spend.alt = f"Bars of spend by channel, now and planned for {weeks} weeks: {told}."

    def _show_revenue(self, shown: Shown) -> None:
        values, part = (
            (self._revenue_now(shown), shown.by_channel),
            len(shown.weeks) / self._result.horizon_weeks,
        )
        with self.revenue.batch_update():
            for trace, summary in zip(self.revenue.data, values, strict=True):
                trace.update(_with_interval(summary, self._result.currency))
            self.revenue.layout.xaxis.title.text = f"Revenue caused, {len(shown.weeks)} weeks, 90% interval"
            self.revenue.layout.xaxis.range = _range(self.revenue, max(map(np.max, values)), part)
        self.revenue.alt = (
            "Bars of revenue by channel with 90% intervals, now and planned; the table below holds their numbers."
        )

    def _revenue_now(self, shown: Shown) -> np.ndarray:
        """The same for all plans on one ground."""
        if self._now is None or self._now[0] is not shown.value:
            kept = None if shown.capacity is None else shown.capacity.kept(shown.reference)
            self._now = shown.value, summary_of(channel_draws(shown.media, shown.reference, kept).T)
        return self._now[1]


def _spend_figure(result: ScenarioResult) -> go.Figure:
    channels = [result.label(channel) for channel in result.channels]
    return go.Figure(
        [
            _bars(channels, PALETTE.muted, "now"),
            _bars(channels, PALETTE.accent, "this plan"),
            go.Scatter(
                y=channels,
                name="saved plan",
                mode="markers",
                marker={"symbol": "line-ns", "size": 26, "line": {"width": 3, "color": PALETTE.negative}},
                hovertemplate="%{y}, saved plan: %{customdata}<extra></extra>",
            ),
        ],
        _layout(result, 1.05 * max(result.ahead.spend.sum(axis=(2, 3)).max(), result.reference.sum(axis=(0, 1)).max())),
    )


def _revenue_figure(result: ScenarioResult) -> go.Figure:
    channels = [result.label(channel) for channel in result.channels]
    largest = summary_of(by_channel(result.media, result.ahead.spend[0, -1]).T)[2].max()
    bars = [_bars(channels, PALETTE.muted, "now"), _bars(channels, PALETTE.accent, "this plan")]
    return go.Figure(bars, _layout(result, 1.1 * float(largest)))


def _bars(channels: list[str], colour: str, name: str) -> go.Bar:
    return go.Bar(
        orientation="h",
        y=channels,
        name=name,
        marker_color=colour,
        hovertemplate=f"%{{y}}, {name}: %{{customdata}}<extra></extra>",
    )


def _with_interval(summary: np.ndarray, currency: str) -> dict[str, Any]:
    estimate, lower, upper = summary
    told = [
        f"{money(float(mean), currency)} ({interval(float(low), float(high), currency)})"
        for mean, low, high in summary.T
    ]
    error = {"type": "data", "symmetric": False, "array": upper - estimate, "arrayminus": estimate - lower}
    return {
        "x": estimate,
        "customdata": told,
        "error_x": {**error, "color": PALETTE.ink, "thickness": 1.2, "width": 4},
    }


def _range(drawn: Chart, most: float, part: float) -> list[float]:
    """Axes stand still while budget and caution move, so that bars can be compared by eye; they follow the weeks, and whatever would leave them."""
    return [0.0, max(drawn.layout.meta["most"] * part, 1.05 * float(most))]


def _layout(result: ScenarioResult, most: float) -> go.Layout:
    return go.Layout(
        height=110 + 52 * len(result.channels),
        yaxis={"autorange": "reversed"},
        xaxis={**money_axis(result.currency), "range": [0, most]},
        meta={"most": float(most)},
    )
