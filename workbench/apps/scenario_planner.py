"""The scenario planner: two sliders over a saved plan, answered from plans found ahead and the media mix's draws.

It loads results and values plans; nothing here fits a model or draws with matplotlib.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import ipywidgets as widgets
import numpy as np
import plotly.graph_objects as go

from workbench.apps.cards import Card, cards, warning
from workbench.apps.chart import Chart, chart
from workbench.present.palette import PALETTE
from workbench.scenarios.answer import LEVEL, Answer, answer, by_channel, marginal_returns, summary_of
from workbench.scenarios.goals.words import likely
from workbench.scenarios.objective import RiskDial
from workbench.scenarios.result import ScenarioResult
from workbench.scenarios.wording import certified_gap, enumerated
from workbench.wording import DASH, interval, money, one, percent


@dataclass
class ScenarioPlanner:
    """The planner's widgets and the last answer.

    Attributes:
        result: The saved plan.
        answered: What the widgets show.
    """

    result: ScenarioResult
    answered: Answer = field(init=False)
    budget: widgets.IntSlider = field(init=False)
    risk: widgets.FloatSlider = field(init=False)
    numbers: widgets.HTML = field(init=False)
    figure: Chart = field(init=False)
    reasons: widgets.HTML = field(init=False)

    def __post_init__(self) -> None:
        self.budget = _budget_slider(self.result)
        self.risk = _risk_slider(self.result)
        self.answered = self._ask()
        self.numbers, self.reasons = widgets.HTML(), widgets.HTML()
        self.figure = chart(planner_figure(self.result, self.answered), alt='Spend and revenue by channel, now and planned')
        self._show()
        for slider in (self.budget, self.risk):
            slider.observe(self._update, names="value")

    @property
    def view(self) -> widgets.VBox:
        """All of it, to display."""
        stamp = [widgets.HTML(warning(self.result.stamp))] if self.result.stamp else []
        sliders = widgets.HBox([self.budget, self.risk], layout=_WRAPPED)
        return widgets.VBox([*stamp, sliders, self.numbers, self.reasons, self.figure])

    def _update(self, _change: object) -> None:
        self.answered = self._ask()
        self._show()

    def _show(self) -> None:
        """The plan and its worth at once; what is behind it follows, as that takes as long again."""
        self.numbers.value = cards(answer_cards(self.result, self.answered))
        with self.figure.batch_update():
            bars = _bars(self.answered.channel_spend, self.answered.by_channel)
            for trace, values in zip(self.figure.data[1::2], bars, strict=True):
                trace.update(values)
        self.reasons.value = cards(reason_cards(self.result, self.answered, self.risk.value))

    def _ask(self) -> Answer:
        budget = float(self.result.reference.sum()) * self.budget.value / 100
        return quick_answer(self.result, budget, self.risk.value)


def quick_answer(result: ScenarioResult, budget: float, risk: float) -> Answer:
    """The plan between those found ahead, valued by all draws of the result."""
    spend = result.ahead.plan(budget, risk)
    value = result.media if result.capacity is None else result.capacity
    outcomes = value.worth(spend)
    judged = RiskDial(risk).value(outcomes if result.judged is value else result.judged.worth(spend))
    return answer(
        value,
        result.media,
        spend,
        result.reference,
        budget=budget,
        judged=judged,
        bound=max(judged, result.ahead.bound_at(budget, risk)),
        kept=_kept(result, spend),
        outcomes=outcomes,
    )


def scenario_planner(result: ScenarioResult) -> widgets.VBox:
    """The planner of a saved result, ready to display."""
    return ScenarioPlanner(result).view


def answer_cards(result: ScenarioResult, answered: Answer) -> list[Card]:
    """What the plan is worth."""
    revenue, gain, currency = answered.revenue, answered.gain, result.currency
    level = f"{percent(LEVEL, 0)} interval"
    unspent = f", {money(answered.unspent, currency)} unspent" if answered.unspent > 0.001 * answered.budget else ""
    return [
        Card("Budget", money(answered.budget, currency), f"{money(answered.spend.sum(), currency)} planned{unspent}"),
        Card(
            "Expected revenue",
            money(revenue.estimate, currency),
            f"{level} {interval(revenue.lower, revenue.upper, currency)}",
        ),
        Card(
            "Gain over the current mix",
            money(gain.estimate, currency),
            f"{level} {interval(gain.lower, gain.upper, currency)}; a gain is {likely(answered.probability_of_gain)}",
        ),
        Card("Certificate", f"within {certified_gap(answered.gap)}", "of the best possible plan under these limits"),
    ]


def reason_cards(result: ScenarioResult, answered: Answer, risk: float) -> list[Card]:
    """What more money would bring, which limits hold the plan, and what teams have no room for."""
    return [_next_unit(result, answered, risk), _held(result, answered, risk), *_capacity(result, answered)]


def _next_unit(result: ScenarioResult, answered: Answer, risk: float) -> Card:
    """What the next unit of money brings in the channel where it is worth most, of those that no limit holds."""
    pattern = np.where(result.reference.sum(axis=(0, 1)) > 0, result.reference, 1.0)
    price = None if result.capacity is None else result.capacity.price(answered.spend)
    returns, lower, upper = summary_of(marginal_returns(result.media, answered.spend, pattern, price).T)
    free = [c for c, reason in enumerate(result.held(answered.budget, risk)) if not reason]
    name = f"Next {one(result.currency)}"
    if not free:
        return Card(name, DASH, "every channel stands at a limit")
    best = max(free, key=lambda c: returns[c])
    dear = "; less than it costs" if result.margin * returns[best] < 1 else ""
    between = interval(lower[best], upper[best], result.currency)
    return Card(
        name,
        money(returns[best], result.currency),
        f"of revenue on {result.label(result.channels[best])} ({between}){dear}",
    )


def _held(result: ScenarioResult, answered: Answer, risk: float) -> Card:
    """Which channels a limit holds, and where it comes from."""
    channels: dict[str, list[str]] = {}
    for channel, reason in zip(result.channels, result.held(answered.budget, risk), strict=True):
        if reason:
            channels.setdefault(reason, []).append(result.label(channel))
    told = "; ".join(f"{enumerated(names)}: {reason}" for reason, names in channels.items())
    count = sum(map(len, channels.values()))
    return Card("Held by limits", f"{count} of {len(result.channels)} channels", told or "no limit holds a channel")


def _capacity(result: ScenarioResult, answered: Answer) -> list[Card]:
    """What teams have no room for; nothing where no team has a capacity."""
    if result.capacity is None:
        return []
    caused = float(result.media.worth(answered.spend).mean())
    lost = money(max(0.0, caused - answered.revenue.estimate), result.currency)
    return [Card("No room for", lost, f"of {money(caused, result.currency)} that media would cause with room for all")]


def planner_figure(result: ScenarioResult, answered: Answer) -> go.Figure:
    """Bars of spend and of revenue with its interval, now and planned, one group a channel."""
    styles: tuple[dict[str, Any], ...] = (
        {"marker_color": PALETTE.muted, "xaxis": "x", "legendgroup": "now", "name": "now"},
        {"marker_color": PALETTE.accent, "xaxis": "x", "legendgroup": "planned", "name": "planned"},
        {"marker_color": PALETTE.muted, "xaxis": "x2", "legendgroup": "now", "showlegend": False, "name": "now"},
        {
            "marker_color": PALETTE.accent,
            "xaxis": "x2",
            "legendgroup": "planned",
            "showlegend": False,
            "name": "planned",
        },
    )
    channels = [result.label(channel) for channel in result.channels]
    now = _bars(result.reference.sum(axis=(0, 1)), _revenue_now(result))
    planned = _bars(answered.channel_spend, answered.by_channel)
    bars = (now[0], planned[0], now[1], planned[1])
    traces = [
        go.Bar(orientation="h", y=channels, **style, **values) for style, values in zip(styles, bars, strict=True)
    ]
    return go.Figure(traces, _layout(result))


def _bars(spend: np.ndarray, revenue: np.ndarray) -> tuple[dict[str, Any], dict[str, Any]]:
    """A group's bars of spend, and of revenue by estimate, lower and upper end."""
    return {"x": spend}, _with_interval(revenue)


def _revenue_now(result: ScenarioResult) -> np.ndarray:
    return summary_of(by_channel(result.media, result.reference, _kept(result, result.reference)).T)


def _kept(result: ScenarioResult, spend: np.ndarray) -> np.ndarray | None:
    return None if result.capacity is None else result.capacity.kept(spend)


def _with_interval(summary: np.ndarray) -> dict[str, Any]:
    estimate, lower, upper = summary
    error = {"type": "data", "symmetric": False, "array": upper - estimate, "arrayminus": estimate - lower}
    return {"x": estimate, "error_x": {**error, "color": PALETTE.ink, "thickness": 1.2, "width": 4}}


def _layout(result: ScenarioResult) -> go.Layout:
    ahead = result.ahead.spend
    most = max(ahead.sum(axis=(2, 3)).max(), result.reference.sum(axis=(0, 1)).max())
    largest = summary_of(by_channel(result.media, ahead[0, -1]).T)[2].max()
    axis: dict[str, Any] = {
        "gridcolor": PALETTE.grid,
        "tickprefix": money(0, result.currency).rstrip("0."),
        "tickformat": "~s",
    }
    spend_range = [0, 1.05 * float(most)]
    revenue_range = [0, 1.1 * float(largest)]
    return go.Layout(
        barmode="group",
        height=160 + 62 * len(result.channels),
        margin={"l": 10, "r": 20, "t": 30, "b": 50},
        paper_bgcolor=PALETTE.paper,
        plot_bgcolor=PALETTE.paper,
        font={"color": PALETTE.ink, "size": 13},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        yaxis={"automargin": True, "autorange": "reversed"},
        xaxis={**axis, "domain": [0, 0.47], "title": f"Spend, {result.horizon_weeks} weeks", "range": spend_range},
        xaxis2={**axis, "domain": [0.53, 1], "title": "Revenue caused, 90% interval", "range": revenue_range},
    )


def _budget_slider(result: ScenarioResult) -> widgets.IntSlider:
    current = float(result.reference.sum())
    known = 100 * result.ahead.budgets / current
    least, most = int(np.ceil(known[0] - 1e-6)), int(np.floor(known[-1] + 1e-6))
    return widgets.IntSlider(
        value=int(np.clip(round(100 * result.budget / current), least, max(most, least))),
        min=least,
        max=max(most, least),
        description="Budget, % of current",
        readout_format="d",
        style=_LABELS,
        layout=_SLIDER,
    )


def _risk_slider(result: ScenarioResult) -> widgets.FloatSlider:
    return widgets.FloatSlider(
        value=result.risk,
        min=0.0,
        max=1.0,
        step=0.05,
        description="Caution",
        style=_LABELS,
        layout=_SLIDER,
    )


_LABELS = {"description_width": "initial"}
_SLIDER = widgets.Layout(width="26rem", max_width="100%")
_WRAPPED = widgets.Layout(flex_flow="row wrap")
