"""What a test moved, and against which comparison."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.experiments.result import ExperimentResult
from workbench.present.style import (
    PALETTE,
    axis_units,
    count_ticks,
    direct_label,
    headline,
    new_figure,
    percent_ticks,
    unit_ticks,
)
from workbench.wording import in_unit, interval, number, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_DONORS = 15


def readout_figures(result: ExperimentResult) -> tuple[Figure, ...]:
    """The charts of a readout, by the kind of test."""
    if result.kind == "users":
        return (effect_forest(result),)
    return actual_against_synthetic(result), donor_weights(result)


def effect_forest(result: ExperimentResult) -> Figure:
    """Each metric's absolute effect with its interval, one panel a metric, one row a treatment; zero is the line."""
    effects = result.effects
    metrics = list(dict.fromkeys(effects["metric"]))
    variants = list(dict.fromkeys(effects["variant"]))
    figure, axes = new_figure(height=0.5 + len(metrics) * (0.55 + 0.3 * len(variants)), rows=len(metrics))
    for ax, metric in zip(np.atleast_1d(axes), metrics, strict=True):
        _draw_effects(ax, effects[effects["metric"] == metric])
    headline(np.atleast_1d(axes)[0], _forest_headline(result))
    return figure


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


def _draw_effects(ax: Axes, effects: pd.DataFrame) -> None:
    rows = np.arange(len(effects))[::-1]
    ax.axvline(0, color=PALETTE.ink, lw=0.8)
    for row, effect in zip(rows, effects.to_dict("records"), strict=True):
        lower, upper = effect["absolute_lower"], effect["absolute_upper"]
        color = PALETTE.accent if lower > 0 or upper < 0 else PALETTE.muted
        ax.plot([lower, upper], [row, row], color=color, lw=2.2, solid_capstyle="butt")
        ax.plot(effect["absolute"], row, "o", color=color)
        direct_label(ax, upper, row, _effect_label(effect), color, offset=(6, 0))
    ax.set_yticks(rows, effects["variant"])
    ax.set_ylim(-0.6, len(effects) - 0.4)
    ax.margins(x=0.08)
    ax.locator_params("x", nbins=6)
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
    _effect_axis(ax, effects.iloc[0])


def _effect_axis(ax: Axes, effect: pd.Series) -> None:
    unit = str(effect["unit"])
    if unit == "%":
        percent_ticks(ax, "x", digits=1 if abs(effect["absolute_upper"]) > 0.01 else 2)
    else:
        unit_ticks(ax, unit, "x")
    words = {"%": "percentage points", "": "units of the metric"}.get(unit, unit)
    axis_units(ax, x=f"{str(effect['metric']).replace('_', ' ')} ({effect['role']}): treatment less control, {words}")


def _effect_label(effect: Mapping[Hashable, Any]) -> str:
    size, unit, relative = effect["absolute"], effect["unit"], effect["relative"]
    text = f"{number(100 * size, 2)} points" if unit == "%" else in_unit(size, unit)
    return text if np.isnan(relative) else f"{text} ({'+' if relative > 0 else ''}{percent(relative)})"


def _forest_headline(result: ExperimentResult) -> str:
    level = percent(float(result.effects["level"].iloc[0]), 0)
    decided = result.decisions[result.decisions["verdict"] == result.verdict]
    variant = decided["variant"].iloc[0]
    words = {
        "ship": f"{variant} improved enough to ship",
        "stop": f"{variant} isn't worth shipping",
        "keep running": "The test should keep running",
        "inconclusive": f"The test doesn't settle whether {variant} is worth shipping",
        "invalid": "These effects can't be trusted: the test is invalid",
    }
    return f"{words[result.verdict]} (bars: {level} intervals)"


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
