"""What a geo test moved, against which comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.experiments.result import ExperimentResult
from workbench.present.style import PALETTE, axis_units, count_ticks, direct_label, headline, new_figure, percent_ticks
from workbench.wording import interval, number, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_DONORS = 15


def geo_figures(result: ExperimentResult) -> tuple[Figure, ...]:
    """The charts of a geo test, the effect first."""
    return actual_against_synthetic(result), donor_weights(result)


def actual_against_synthetic(result: ExperimentResult) -> Figure:
    """The treated markets beside their synthetic control, and the gap between them; the test is shaded."""
    series = result.series
    figure, (level_ax, gap_ax) = new_figure(height=4.4, rows=2, sharex=True, height_ratios=[3, 2])
    for ax in (level_ax, gap_ax):
        _shade_test(ax, series)
        count_ticks(ax)
    level_ax.plot(series["date"], series["synthetic"], color=PALETTE.muted, lw=1.2, ls=(0, (4, 2)))
    level_ax.plot(series["date"], series["treated"], color=PALETTE.accent)
    _name_series(level_ax, series)
    axis_units(level_ax, y="KPI per treated market")
    gap_ax.axhline(0, color=PALETTE.ink, lw=0.8)
    gap_ax.plot(series["date"], series["effect"], color=PALETTE.accent, lw=1.2)
    _draw_average_effect(gap_ax, result)
    axis_units(gap_ax, y="Gap")
    _date_ticks(gap_ax)
    headline(level_ax, _geo_headline(result))
    return figure


def donor_weights(result: ExperimentResult) -> Figure:
    """The untreated markets that make up the comparison, largest first; small ones are drawn as one bar."""
    weights = _largest(result.weights)[::-1]
    figure, ax = new_figure(height=0.9 + 0.24 * len(weights))
    ax.barh(weights["market"], weights["weight"], color=PALETTE.accent, height=0.62)
    for row, weight in enumerate(weights["weight"]):
        direct_label(ax, weight, row, percent(weight), offset=(4, 0))
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
    ax.margins(x=0.12)
    percent_ticks(ax, "x")
    axis_units(ax, x="Weight in the synthetic control (no interval: weights are chosen, not estimated)")
    top = result.weights.iloc[0]
    headline(ax, f"{len(result.weights)} markets make the comparison; {top['market']} weighs most")
    return figure


def _date_ticks(ax: Axes) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=4, maxticks=8)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def _shade_test(ax: Axes, series: pd.DataFrame) -> None:
    tested = series.loc[series["tested"], "date"]
    half_step = (series["date"].iloc[1] - series["date"].iloc[0]) / 2
    ax.axvspan(tested.iloc[0] - half_step, tested.iloc[-1] + half_step, color=PALETTE.grid, alpha=0.6, lw=0)


def _name_series(ax: Axes, series: pd.DataFrame) -> None:
    last = series.iloc[-1]
    above = last["treated"] >= last["synthetic"]
    direct_label(ax, last["date"], last["treated"], "treated", PALETTE.accent, offset=(5, 5 if above else -5))
    direct_label(ax, last["date"], last["synthetic"], "synthetic", PALETTE.muted, offset=(5, -5 if above else 5))


def _draw_average_effect(ax: Axes, result: ExperimentResult) -> None:
    att = result.estimate("att", result.experiment_id)
    tested = result.series.loc[result.series["tested"], "date"]
    ax.fill_between(tested, att.lower, att.upper, color=PALETTE.band, alpha=0.8, lw=0)
    ax.plot(tested, np.full(len(tested), att.estimate), color=PALETTE.accent, lw=2.2)
    label = f"average {number(att.estimate)}\n({percent(att.level, 0)}: {number(att.lower)} to {number(att.upper)})"
    direct_label(ax, tested.iloc[-1], att.estimate, label, PALETTE.accent)


def _geo_headline(result: ExperimentResult) -> str:
    lift = result.estimate("lift", result.experiment_id)
    if np.isnan(lift.estimate):
        return "The treated markets and what they would have had (shaded: the test)"
    return (
        f"During the test (shaded) the treated markets had {percent(abs(lift.estimate))} "
        f"{'more' if lift.estimate >= 0 else 'less'} than they would have had ({interval(lift.lower, lift.upper, '%')})"
    )


def _largest(weights: pd.DataFrame) -> pd.DataFrame:
    if len(weights) <= MOST_DONORS:
        return weights
    kept, rest = weights.iloc[: MOST_DONORS - 1], weights.iloc[MOST_DONORS - 1 :]
    other = pd.DataFrame({"market": [f"{len(rest)} others"], "weight": [rest["weight"].sum()]})
    return pd.concat([kept, other], ignore_index=True)
