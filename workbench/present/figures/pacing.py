"""How a plan is going: revenue against plan, why it differs, spend by channel, and the record of forecasts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from workbench.present.style import (
    PALETTE,
    axis_units,
    direct_label,
    headline,
    money_ticks,
    most_rows,
    new_figure,
    short,
    tell_left_out,
)
from workbench.scenarios.pacing.result import PerformanceResult
from workbench.wording import money, percent, signed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


ROW_HEIGHT = 0.36


def pacing_figures(result: PerformanceResult) -> Iterator[Figure]:
    """All figures of a review."""
    yield revenue_against_plan(result)
    yield why_it_differs(result)
    yield spend_by_channel(result)


def revenue_against_plan(result: PerformanceResult) -> Figure:
    """By week, and since the plan began: what was foreseen, what came, and where it will end."""
    figure, (weekly, total) = new_figure(height=3.2, columns=2)
    _draw_weeks(weekly, result)
    _draw_total(total, result)
    for ax, what in ((weekly, "Revenue a week"), (total, "Since the plan began, against plan")):
        money_ticks(ax, result.currency)
        ax.locator_params("x", integer=True, nbins=7)
        if len(result.course) == 1:
            ax.set_xlim(0, 2)
        axis_units(ax, x="Week of the plan", y=f"{what} ({result.currency})")
    headline(weekly, "Weeks as they came (dots) and as the plan foresaw them (band: 90%)")
    headline(total, _ending(result))
    return figure


def why_it_differs(result: PerformanceResult) -> Figure:
    """The sources of the difference so far, which add up to it, each with its interval."""
    size = result.variance["estimate"].abs().rank(ascending=False, method="first")
    variance = result.variance[size <= most_rows(ROW_HEIGHT)].iloc[::-1]
    figure, ax = new_figure(height=1.2 + ROW_HEIGHT * len(variance))
    rows = np.arange(len(variance))
    colors = np.where(variance["estimate"] >= 0, PALETTE.positive, PALETTE.negative)
    ax.barh(rows, variance["estimate"], color=colors, height=0.55)
    for row, (lower, upper, estimate) in enumerate(variance[["lower", "upper", "estimate"]].to_numpy()):
        ax.plot([lower, upper], [row, row], color=PALETTE.ink, lw=1)
        direct_label(ax, np.nanmax([upper, estimate, 0.0]), row, signed(estimate, result.currency), PALETTE.ink)
    ax.axvline(0, color=PALETTE.muted, lw=1)
    ax.set_yticks(rows, [str(name).capitalize() for name in variance["source"]])
    ax.margins(x=0.2)
    ax.grid(visible=False, axis="y")
    money_ticks(ax, result.currency, "x")
    axis_units(ax, x=f"Part of the difference from the plan so far ({result.currency}); lines: 90% intervals")
    tell_left_out(figure, len(variance), len(result.variance))
    largest = result.variance.iloc[int(result.variance["estimate"].abs().argmax())]
    whole = float(result.variance["estimate"].sum())
    headline(
        ax,
        f"{short(str(largest['source'])).capitalize()} is most of the difference of {signed(whole, result.currency)}",
    )
    return figure


def spend_by_channel(result: PerformanceResult) -> Figure:
    """What was spent against what was planned so far, by channel."""
    spend = result.spend.sort_values("planned_so_far").tail(most_rows(ROW_HEIGHT))
    figure, ax = new_figure(height=1.2 + 0.34 * len(spend))
    rows = np.arange(len(spend))
    ax.barh(rows, spend["planned_so_far"], color=PALETTE.band, height=0.7)
    ax.barh(rows, spend["actual"], color=PALETTE.accent, height=0.32)
    for row, (planned, actual) in enumerate(spend[["planned_so_far", "actual"]].to_numpy()):
        told = signed(actual - planned, result.currency)
        direct_label(ax, max(planned, actual), row, told, PALETTE.ink)
    ax.set_yticks(rows, [result.label(str(name)) for name in spend["channel"]])
    ax.margins(x=0.15)
    ax.grid(visible=False, axis="y")
    money_ticks(ax, result.currency, "x")
    axis_units(ax, x=f"Spend so far ({result.currency}); light: planned, dark: actual")
    tell_left_out(figure, len(spend), len(result.spend))
    planned, actual = (float(result.spend[name].sum()) for name in ("planned_so_far", "actual"))
    share = percent(abs(actual - planned) / planned) if planned else "–"
    side = "more" if actual >= planned else "less"
    headline(ax, f"{money(actual, result.currency)} was spent, {share} {side} than planned so far")
    return figure


def _errors(result: PerformanceResult) -> np.ndarray:
    ahead = result.course.iloc[result.weeks_seen :]
    return np.stack([ahead["expected"] - ahead["lower"], ahead["upper"] - ahead["expected"]])


def _draw_weeks(ax: Axes, result: PerformanceResult) -> None:
    course, seen = result.course, result.weeks_seen
    week = np.arange(1, len(course) + 1)
    ax.fill_between(week, course["planned_lower"], course["planned_upper"], color=PALETTE.band, lw=0)
    ax.plot(week, course["planned"], color=PALETTE.muted, lw=1.2)
    ax.plot(week[:seen], course["actual"][:seen], "o-", color=PALETTE.accent, ms=3.5)
    if not result.is_over:
        ax.errorbar(week[seen:], course["expected"][seen:], yerr=_errors(result), fmt="_", color=PALETTE.accent, lw=1)
    direct_label(ax, week[-1], float(course["planned"].iloc[-1]), "plan", PALETTE.muted)


def _draw_total(ax: Axes, result: PerformanceResult) -> None:
    course, seen = result.course, result.weeks_seen
    week, planned = np.arange(1, len(course) + 1), course["total_planned"]
    away = course["total_expected"] - planned
    ax.fill_between(week, course["total_lower"] - planned, course["total_upper"] - planned, color=PALETTE.band, lw=0)
    ax.axhline(0, color=PALETTE.muted, lw=1.2)
    ax.plot(week[:seen], away[:seen], "o-", color=PALETTE.accent, ms=3.5)
    ax.plot(week[seen - 1 :], away[seen - 1 :], color=PALETTE.accent, lw=1, ls=(0, (4, 2)))
    last = float(away.iloc[-1])
    direct_label(ax, week[-1], last, signed(last, result.currency), PALETTE.accent)


def _ending(result: PerformanceResult) -> str:
    last = result.course.iloc[-1]
    away = float(last["total_expected"] - last["total_planned"])
    told = "ended" if result.is_over else "is expected to end"
    return f"The plan {told} {money(abs(away), result.currency)} {'above' if away >= 0 else 'below'} what it foresaw"
