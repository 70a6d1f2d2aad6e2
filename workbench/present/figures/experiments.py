"""What a test on users moved; the charts of a readout, by the kind of test."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.experiments.result import ExperimentResult
from workbench.present.figures.creative import creative_figures
from workbench.present.figures.geo_experiments import geo_figures
from workbench.present.figures.user_experiments import further_figures
from workbench.present.style import (
    PALETTE,
    TALLEST,
    axis_units,
    direct_label,
    headline,
    new_figure,
    percent_ticks,
    short,
    tell_left_out,
    unit_ticks,
)
from workbench.wording import in_unit, number, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


MOST_METRICS = 8


def readout_figures(result: ExperimentResult) -> tuple[Figure, ...]:
    """The charts of a readout, by the kind of test."""
    if result.kind == "users":
        return (effect_forest(result), *further_figures(result))
    return creative_figures(result) if result.kind == "creative" else geo_figures(result)


def effect_forest(result: ExperimentResult) -> Figure:
    """Each metric's absolute effect with its interval, one panel a metric, one row a treatment; zero is the line."""
    effects = result.effects
    every = list(dict.fromkeys(effects["metric"]))
    metrics = every[:MOST_METRICS]
    all_variants = list(dict.fromkeys(effects["variant"]))
    variants = all_variants[: int(((TALLEST - 0.8) / len(metrics) - 0.55) / 0.3)]
    effects = effects[effects["variant"].isin(variants)]
    figure, axes = new_figure(height=0.5 + len(metrics) * (0.55 + 0.3 * len(variants)), rows=len(metrics))
    for ax, metric in zip(np.atleast_1d(axes), metrics, strict=True):
        _draw_effects(ax, effects[effects["metric"] == metric])
    tell_left_out(figure, len(metrics) * len(variants), len(every) * len(all_variants), "first")
    headline(np.atleast_1d(axes)[0], _forest_headline(result))
    return figure


def _draw_effects(ax: Axes, effects: pd.DataFrame) -> None:
    rows = np.arange(len(effects))[::-1]
    ax.axvline(0, color=PALETTE.ink, lw=0.8)
    for row, effect in zip(rows, effects.to_dict("records"), strict=True):
        lower, upper = effect["absolute_lower"], effect["absolute_upper"]
        color = PALETTE.accent if lower > 0 or upper < 0 else PALETTE.muted
        ax.plot([lower, upper], [row, row], color=color, lw=2.2, solid_capstyle="butt")
        ax.plot(effect["absolute"], row, "o", color=color)
        direct_label(ax, np.fmax(upper, effect["absolute"]), row, _effect_label(effect), color, offset=(6, 0))
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
    variant = short(decided["variant"].iloc[0])
    words = {
        "ship": f"{variant} improved enough to ship",
        "stop": f"{variant} isn't worth shipping",
        "keep running": "The test should keep running",
        "inconclusive": f"The test doesn't settle whether {variant} is worth shipping",
        "invalid": "These effects can't be trusted: the test is invalid",
    }
    return f"{words[result.verdict]} (bars: {level} intervals)"
