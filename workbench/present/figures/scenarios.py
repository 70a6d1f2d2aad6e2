"""What a plan changes, what more or less budget would bring, and how far the curves are known."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.present.style import (
    PALETTE,
    PANEL_NAME,
    axis_units,
    direct_label,
    headline,
    money_ticks,
    most_rows,
    new_figure,
    short,
    tell_left_out,
)
from workbench.scenarios.result import ScenarioResult
from workbench.wording import money, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CURVES_PER_ROW, MOST_CURVES = 3, 9
MOVE_HEIGHT, CALENDAR_HEIGHT = 0.42, 0.34
DARK = 0.5
MOST_DATES, MOST_APART = 7, 104
YEAR = 53


def plan_against_current(result: ScenarioResult) -> Figure:
    """Spend now and planned, and the revenue that the plan is expected to cause, channel by channel."""
    plan = result.plan.sort_values("planned_spend").tail(most_rows(MOVE_HEIGHT, 1.4)).reset_index(drop=True)
    figure, (spend_ax, revenue_ax) = new_figure(height=1.4 + MOVE_HEIGHT * len(plan), columns=2, sharey=True)
    _draw_moves(spend_ax, plan, result.currency)
    _draw_revenue(revenue_ax, plan)
    spend_ax.set_yticks(range(len(plan)), plan["channel"].map(result.label))
    spend_ax.set_ylim(-0.6, len(plan) - 0.4)
    for ax, title in ((spend_ax, "Spend"), (revenue_ax, "Revenue, 90% interval")):
        ax.grid(visible=False, axis="y")
        ax.grid(visible=True, axis="x")
        ax.margins(x=0.12)
        money_ticks(ax, result.currency, "x")
        ax.locator_params("x", nbins=5)
        axis_units(ax, x=f"{title} ({result.currency})")
    tell_left_out(figure, len(plan), len(result.plan))
    headline(spend_ax, _moves_headline(result))
    headline(revenue_ax, "Revenue it causes (grey: today)")
    return figure


def budget_frontier(result: ScenarioResult) -> Figure:
    """Revenue of the best plan for each budget, with its interval; today and the plan are marked."""
    frontier, currency = result.frontier, result.currency
    figure, ax = new_figure(height=3.4)
    ax.fill_between(frontier["budget"], frontier["revenue_lower"], frontier["revenue_upper"], color=PALETTE.band, lw=0)
    ax.plot(frontier["budget"], frontier["revenue"], color=PALETTE.accent)
    ax.plot(frontier["budget"], frontier["current_mix_revenue"], color=PALETTE.muted, lw=1.2, ls=(0, (4, 2)))
    last = frontier.iloc[-1]
    _shade_untried(ax, float(result.plan["observed"].sum()), float(last["budget"]))
    direct_label(ax, last["budget"], last["revenue"], "best mix", PALETTE.accent, offset=(4, 5))
    direct_label(ax, last["budget"], last["current_mix_revenue"], "current mix", PALETTE.muted, offset=(4, -6))
    _mark(ax, result.comparison, "current", "today", PALETTE.muted, (6.0, -12.0))
    _mark(ax, result.comparison, "plan", "plan", PALETTE.negative, (-6.0, 12.0))
    money_ticks(ax, currency, "x")
    money_ticks(ax, currency, "y")
    axis_units(ax, x=f"Budget ({currency}, {result.horizon_weeks} weeks)", y=f"Revenue caused ({currency})")
    headline(ax, _frontier_headline(result))
    return figure


def response_curves(result: ScenarioResult) -> Figure:
    """Each channel's revenue against its spend; shaded where nobody has ever spent as much."""
    order = result.plan["planned_spend"].rank(ascending=False, method="first")
    channels = np.flatnonzero(order <= MOST_CURVES)
    columns = min(CURVES_PER_ROW, len(channels))
    rows = math.ceil(len(channels) / columns)
    figure, axes = new_figure(height=0.6 + 2.1 * rows, columns=columns, rows=rows)
    grid = np.atleast_1d(axes).ravel()
    for row, ax in enumerate(grid):
        if row < len(channels):
            _draw_curve(ax, result, channels[row], first=row % CURVES_PER_ROW == 0)
        else:
            ax.set_axis_off()
    tell_left_out(figure, len(channels), len(result.plan))
    return figure


def _shade_untried(ax: Axes, observed: float, end: float) -> None:
    """From the most that was ever spent to the end of the axis."""
    if observed < end:
        ax.axvspan(observed, end, color=PALETTE.grid, alpha=0.55, lw=0, zorder=0)
        direct_label(ax, end, ax.get_ylim()[0], "untried", PALETTE.muted, offset=(-3.0, 7.0), ha="right")


def _draw_moves(ax: Axes, plan: pd.DataFrame, currency: str) -> None:
    rows = np.arange(len(plan))
    rises = plan["change"] >= 0
    colors = np.where(rises, PALETTE.positive, PALETTE.negative)
    ax.hlines(rows, plan["current_spend"], plan["planned_spend"], colors=list(colors), lw=2.5, zorder=1)
    ax.scatter(plan["current_spend"], rows, s=22, color=PALETTE.muted, zorder=2)
    ax.scatter(plan["planned_spend"], rows, s=40, color=list(colors), zorder=3)
    for row, (now, planned, change) in enumerate(
        zip(plan["current_spend"], plan["planned_spend"], plan["change"], strict=True)
    ):
        text = f"{'+' if change > 0 else ''}{money(change, currency)}"
        direct_label(ax, max(now, planned), row, text, str(colors[row]), offset=(6.0, 0.0))


def _draw_revenue(ax: Axes, plan: pd.DataFrame) -> None:
    rows = np.arange(len(plan))
    ax.hlines(rows, plan["revenue_lower"], plan["revenue_upper"], color=PALETTE.band, lw=7, zorder=1)
    ax.scatter(plan["current_revenue"], rows, s=22, color=PALETTE.muted, zorder=2)
    ax.scatter(plan["revenue"], rows, s=40, color=PALETTE.accent, zorder=3)


def _draw_curve(ax: Axes, result: ScenarioResult, row: int, *, first: bool) -> None:
    channel = result.plan.iloc[row]
    planned, now, observed = (float(channel[name]) for name in ("planned_spend", "current_spend", "observed"))
    curve = result.curves[result.curves["channel"] == channel["channel"]]
    spend, mean = curve["spend"].to_numpy(), curve["revenue"].to_numpy()
    ax.fill_between(spend, curve["revenue_lower"], curve["revenue_upper"], color=PALETTE.band, lw=0)
    ax.plot(spend, mean, color=PALETTE.accent)
    for at, color, size in ((now, PALETTE.muted, 22), (planned, PALETTE.negative, 40)):
        ax.scatter(at, np.interp(at, spend, mean), s=size, color=color, zorder=3)
    ax.set_xlim(0, spend[-1])
    ax.set_ylim(0, None)
    _shade_untried(ax, observed, float(spend[-1]))
    for axis in ("x", "y"):
        ax.locator_params(axis, nbins=3)
    money_ticks(ax, result.currency, "x")
    money_ticks(ax, result.currency, "y")
    axis_units(ax, x=f"Spend ({result.currency})", y=f"Revenue ({result.currency})" if first else "")
    headline(
        ax,
        f"{short(result.label(channel['channel']), PANEL_NAME)}: {money(now, result.currency)} → {money(planned, result.currency)}",
    )


def _mark(ax: Axes, comparison: pd.DataFrame, plan: str, text: str, color: str, offset: tuple[float, float]) -> None:
    point = comparison[comparison["plan"] == plan].iloc[0]
    ax.scatter(point["spend"], point["revenue"], s=40, color=color, zorder=3)
    ha = "left" if offset[0] > 0 else "right"
    direct_label(ax, point["spend"], point["revenue"], text, color, offset=offset, ha=ha)


def _moves_headline(result: ScenarioResult) -> str:
    plan = result.plan
    moved = float(np.minimum(plan["change"].clip(lower=0).sum(), plan["change"].clip(upper=0).abs().sum()))
    return f"{result.horizon_weeks} weeks: move {money(moved, result.currency)}"


def _calendar_headline(weekly: pd.DataFrame) -> str:
    beyond = float(weekly.loc[weekly["beyond_observed"], "spend"].sum() / max(weekly["spend"].sum(), 1e-300))
    if not beyond:
        return "No market gets more in a week than ever acted in one"
    return f"{percent(beyond, 0)} of the money falls into weeks with more than ever in a market (×)"


def _frontier_headline(result: ScenarioResult) -> str:
    current = result.comparison.set_index("plan").loc["current"]
    below = result.frontier[result.frontier["budget"] > current["spend"]]
    if below.empty:
        return "What each budget would bring"
    more, best = below.iloc[-1], result.frontier["revenue"].to_numpy()
    today = float(np.interp(current["spend"], result.frontier["budget"], best))
    share = (more["budget"] - current["spend"]) / current["spend"]
    return f"{percent(share, 0)} more budget would bring {percent(more['revenue'] / today - 1, 0)} more revenue"


def plan_calendar(result: ScenarioResult) -> Figure:
    """Planned spend by week and channel; a cross where a week gets more than ever acted in one."""
    weekly = result.plan_weekly.groupby(["channel", "week"], sort=False)[["spend", "beyond_observed"]].sum()
    spend = weekly["spend"].unstack("week").loc[_shown_channels(result)]
    beyond = weekly["beyond_observed"].unstack("week").loc[spend.index] > 0
    figure, ax = new_figure(height=1.3 + CALENDAR_HEIGHT * len(spend))
    share = spend.div(spend.max(axis=1).replace(0.0, 1.0), axis=0)
    ax.pcolormesh(share.to_numpy(), cmap="Blues", vmin=0, vmax=1.25, edgecolors="white", linewidth=_gap(spend.shape[1]))
    rows, columns = np.nonzero(beyond.to_numpy())
    inks = np.where(share.to_numpy()[rows, columns] > DARK, PALETTE.paper, PALETTE.negative)
    ax.scatter(columns + 0.5, rows + 0.5, marker="x", s=18, color=inks.tolist(), lw=1.2)
    ax.set_yticks(np.arange(len(spend)) + 0.5, [result.label(channel) for channel in spend.index])
    every = math.ceil(len(spend.columns) / MOST_DATES)
    ax.set_xticks(
        np.arange(0, len(spend.columns), every) + 0.5,
        [_day(pd.Timestamp(week), len(spend.columns)) for week in spend.columns[::every]],
    )
    ax.invert_yaxis()
    ax.grid(visible=False)
    axis_units(ax, x="Week that begins on")
    tell_left_out(figure, len(spend), len(result.plan))
    headline(ax, _calendar_headline(result.plan_weekly))
    return figure


def _shown_channels(result: ScenarioResult) -> list[str]:
    """In the plan's order; of too many for a page, those that get most."""
    order = result.plan["planned_spend"].rank(ascending=False, method="first")
    return result.plan["channel"][order <= most_rows(CALENDAR_HEIGHT, 1.3)].tolist()


def _day(week: pd.Timestamp, weeks: int) -> str:
    """The first day of a week; of a plan for years the month is enough, with its year."""
    return f"{week:%d %b}" if weeks <= YEAR else f"{week:%b %Y}"


def _gap(weeks: int) -> float:
    """Points between two weeks: nothing where they are so many that there would be nothing else."""
    return 1.0 if weeks <= MOST_APART else 0.0
