"""A planned test: what more users find, what each reading takes, how often tests without treatment claim; markets and their power."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.experiments.design import DesignResult
from workbench.present.style import (
    PALETTE,
    axis_units,
    count_ticks,
    direct_label,
    headline,
    most_rows,
    new_figure,
    percent_ticks,
    short,
    tell_left_out,
)
from workbench.wording import count, number, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_DESIGNS = 5
ROW_HEIGHT = 0.36
# On the logarithmic axis, labels a fifth apart don't touch.
LABEL_STEP = 1.2


def design_figures(result: DesignResult) -> tuple[Figure, ...]:
    """The charts of a plan, as far as there is something to draw."""
    if result.kind == "geo":
        return (power_of_designs(result),)
    replayed = (false_positive_rates(result),) if len(result.replay) else ()
    return (effect_by_units(result), units_by_reading(result), *replayed)


def effect_by_units(result: DesignResult) -> Figure:
    """The smallest change that is found, by the number of users; one curve a metric, with the plan and half of its effect."""
    plan = result.plan
    assert plan is not None
    figure, ax = new_figure(height=3.4)
    curves = {
        str(metric): rows.dropna(subset="smallest") for metric, rows in result.curve.groupby("metric", sort=False)
    }
    for metric, rows in curves.items():
        leading = metric == plan.metric
        ax.plot(rows.units, rows.smallest, color=_color(leading), lw=2.0 if leading else 1.0)
    for metric, (units, height) in _label_places(curves).items():
        direct_label(ax, units, height, metric.replace("_", " "), _color(metric == plan.metric))
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.axvline(plan.available, color=PALETTE.ink, lw=0.8, ls=(0, (4, 2)))
    top = float(result.curve.smallest.max())
    direct_label(ax, plan.available, top, f"{count(plan.available)} come in time", PALETTE.ink, va="top")
    ax.plot(plan.units, plan.smallest, "o", color=PALETTE.accent, zorder=3)
    direct_label(ax, plan.units, plan.smallest, f"plan: {percent(plan.smallest)}", PALETTE.accent, offset=(6.0, 8.0))
    _log_ticks(ax)
    axis_units(ax, x="Users of all arms", y="Smallest change that is found")
    headline(ax, _curve_headline(result))
    return figure


def units_by_reading(result: DesignResult) -> Figure:
    """Users that each way of reading takes, and after how many it ends on average if the change is there."""
    rows = result.readings.head(most_rows(ROW_HEIGHT)).iloc[::-1].reset_index(drop=True)
    figure, ax = new_figure(height=1.1 + ROW_HEIGHT * len(rows))
    at = np.arange(len(rows))
    ax.barh(
        at,
        rows.units_needed,
        color=[PALETTE.accent if planned else PALETTE.grid for planned in rows.planned],
        height=0.55,
    )
    ax.scatter(rows.expected_units, at, color=PALETTE.ink, s=24, zorder=3)
    for row, needed, more in zip(at, rows.units_needed, rows.inflation, strict=True):
        direct_label(ax, needed, row, f"{count(needed)} ({number(more)}×)", PALETTE.muted)
    ax.set_yticks(at, list(rows.reading))
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
    count_ticks(ax, "x")
    axis_units(ax, x="Users; the dot is where it ends on average if the change is there")
    tell_left_out(figure, len(rows), len(result.readings), "first")
    planned = result.readings[result.readings.planned].iloc[0]
    more = f"{percent(planned.inflation - 1)} more" if planned.inflation > 1 + 1e-9 else "no more"
    headline(ax, f"Read as planned, it takes {more} users than read once")
    return figure


def false_positive_rates(result: DesignResult) -> Figure:
    """How often tests without treatment claimed an effect, with the 95% interval."""
    rows = result.replay.head(most_rows(ROW_HEIGHT)).iloc[::-1].reset_index(drop=True)
    figure, ax = new_figure(height=1.1 + 0.3 * len(rows))
    at, level = np.arange(len(rows)), float(rows.level.iloc[0])
    ax.axvline(level, color=PALETTE.ink, lw=0.8, ls=(0, (4, 2)))
    ax.hlines(at, rows.lower, rows.upper, color=PALETTE.band, lw=6)
    ax.scatter(rows.rate, at, color=PALETTE.accent, s=26, zorder=3)
    ax.set_yticks(
        at,
        [
            f"{short(metric.replace('_', ' '))}, read {reading}"
            for metric, reading in zip(rows.metric, rows.reading, strict=True)
        ],
    )
    ax.set_xlim(0, float(np.nanmax([2 * level, 1.1 * rows.upper.max(), 1.1 * rows.rate.max()])))
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
    percent_ticks(ax, "x")
    axis_units(ax, x=f"Claimed an effect, 95% interval; the line is what may ({percent(level, 1)})")
    tell_left_out(figure, len(rows), len(result.replay), "first")
    over = int((result.replay.lower > result.replay.level).sum())
    told = (
        "False claims are as rare as they should be"
        if over == 0
        else f"{over} of {len(result.replay)} readings claim too often"
    )
    headline(ax, told)
    return figure


def power_of_designs(result: DesignResult) -> Figure:
    """Simulated power of the leading designs on markets, by lift."""
    figure, ax = new_figure(height=3.3)
    for design in result.markets.head(MOST_DESIGNS).iloc[::-1].itertuples():
        best = design.rank == 1
        rows = result.lifts[result.lifts["rank"] == design.rank]
        color = PALETTE.accent if best else PALETTE.muted
        ax.plot(rows.lift, rows.power, color=color, lw=2.0 if best else 1.0, marker="o", ms=4 if best else 2.5)
        direct_label(ax, rows.lift.iloc[-1], rows.power.iloc[-1], f"{design.rank}", color)
    best = result.markets.iloc[0]
    ax.axvline(best.minimum_lift, color=PALETTE.ink, lw=0.8, ls=(0, (4, 2)))
    ax.set_ylim(0, 1.03)
    percent_ticks(ax, "x")
    percent_ticks(ax, "y")
    axis_units(
        ax, x="Lift of the treated markets' KPI; lines are numbered as in the table", y="Tests in history that see it"
    )
    headline(
        ax,
        f"The best design sees a lift of {percent(best.minimum_lift)} in {percent(best.power, 0)} of pretended tests",
    )
    return figure


def _curve_headline(result: DesignResult) -> str:
    plan = result.plan
    assert plan is not None
    found = (
        f"{count(plan.units)} users find a change of {short(plan.metric.replace('_', ' '))} by {percent(plan.smallest)}"
    )
    if not plan.enough or not math.isfinite(plan.half_units):
        return found
    return f"{found}; half of it takes {number(plan.half_units / plan.units, 2)} times as many"


def _color(leading: bool) -> str:
    return PALETTE.accent if leading else PALETTE.muted


def _label_places(curves: dict[str, pd.DataFrame]) -> dict[str, tuple[float, float]]:
    """At each curve's right end, moved up where two would overlap."""
    ends = sorted(
        (float(rows.smallest.iloc[-1]), float(rows.units.iloc[-1]), metric)
        for metric, rows in curves.items()
        if len(rows)
    )
    places: dict[str, tuple[float, float]] = {}
    least = 0.0
    for height, units, metric in ends:
        places[metric] = (units, max(height, least))
        least = places[metric][1] * LABEL_STEP
    return places


def _log_ticks(ax: Axes) -> None:
    from matplotlib.ticker import LogLocator, NullFormatter

    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_minor_formatter(NullFormatter())
    count_ticks(ax, "x")
    percent_ticks(ax, "y", digits=1)
