"""What a geo test moved, against which comparison."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.experiments.result import ExperimentResult
from workbench.present.style import (
    PALETTE,
    axis_units,
    count_ticks,
    direct_label,
    few_names,
    headline,
    money_ticks,
    most_rows,
    new_figure,
    percent_ticks,
    short,
    tell_left_out,
)
from workbench.result import Estimate
from workbench.wording import interval, money, number, one, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_DONORS = 15
ROW_HEIGHT = 0.42


def geo_figures(result: ExperimentResult) -> tuple[Figure, ...]:
    """The charts of a geo test: all cells beside each other where there are several, then each cell, the one to act on first."""
    cells = list(result.cells["cell"])
    compared = (cell_returns(result),) if len(cells) > 1 else ()
    single = [
        figure
        for cell in cells
        for figure in (
            actual_against_synthetic(result, cell),
            placebo_effects(result, cell),
            donor_weights(result, cell),
        )
    ]
    return (*compared, *single)


def cell_returns(result: ExperimentResult) -> Figure:
    """Each cell's return on its spend with its interval, or its value where spend is unknown."""
    cells = result.cells.head(most_rows(ROW_HEIGHT))[::-1]
    known = bool(cells["iroas"].notna().all())
    column, even = ("iroas", 1.0) if known else ("value", 0.0)
    figure, ax = new_figure(height=1.1 + ROW_HEIGHT * len(cells))
    ax.axvline(even, color=PALETTE.ink, lw=0.8)
    rows = np.arange(len(cells))
    for row, cell in zip(rows, cells.to_dict("records"), strict=True):
        lower, upper = cell[f"{column}_lower"], cell[f"{column}_upper"]
        color = PALETTE.accent if lower > even or upper < even else PALETTE.muted
        ax.plot([lower, upper], [row, row], color=color, lw=2.2, solid_capstyle="butt")
        ax.plot(cell[column], row, "o", color=color)
        direct_label(ax, np.fmax(upper, cell[column]), row, money(cell[column], result.currency), color, offset=(6, 0))
    ax.set_yticks(rows, cells["cell"])
    ax.margins(x=0.12, y=0.3)
    money_ticks(ax, result.currency, "x")
    measured = f"Return on each {one(result.currency)} of changed spend" if known else "Value of the effect"
    axis_units(ax, x=f"{measured} (bars: intervals that hold for all cells at once)")
    tell_left_out(figure, len(cells), len(result.cells), "first")
    worth = [short(name) for name in result.cells.loc[result.cells["verdict"] == "ship", "cell"]]
    claim = (
        f"{' and '.join(worth) if len(worth) == 2 else few_names(worth)} paid for the change"
        if worth
        else "No cell is shown to pay for the change"
    )
    headline(ax, f"{claim}; the line is where a cell breaks even")
    return figure


def placebo_effects(result: ExperimentResult, cell: str = "") -> Figure:
    """The effect beside those of untreated markets at the same time, and of the treated ones at times before."""
    placebos = _of_cell(result.placebos, cell)
    space, time = (placebos[placebos["kind"] == kind] for kind in ("space", "time"))
    figure, (space_ax, time_ax) = new_figure(height=4.2, rows=2, height_ratios=[1, 1])
    _draw_markets(space_ax, space)
    _draw_times(time_ax, time)
    for ax in (space_ax, time_ax):
        ax.axhline(0, color=PALETTE.ink, lw=0.8)
        percent_ticks(ax, digits=1)
    headline(space_ax, _placebo_headline(space, time))
    return figure


def actual_against_synthetic(result: ExperimentResult, cell: str = "") -> Figure:
    """The treated markets beside their synthetic control, and the gap between them; the test is shaded."""
    series = _of_cell(result.series, cell)
    entity = str(series["cell"].iloc[0])
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
    _draw_average_effect(gap_ax, series, result.estimate("att", entity))
    axis_units(gap_ax, y="Gap")
    _date_ticks(gap_ax)
    who = "the treated markets" if entity == result.experiment_id else f"the markets of {short(entity)}"
    headline(level_ax, _geo_headline(result.estimate("lift", entity), who))
    return figure


def donor_weights(result: ExperimentResult, cell: str = "") -> Figure:
    """The untreated markets that make up the comparison, largest first; small ones are drawn as one bar."""
    all_weights = _of_cell(result.weights, cell)
    weights = _largest(all_weights)[::-1]
    figure, ax = new_figure(height=0.9 + 0.24 * len(weights))
    ax.barh(weights["market"], weights["weight"], color=PALETTE.accent, height=0.62)
    for row, weight in enumerate(weights["weight"]):
        direct_label(ax, weight, row, percent(weight), offset=(4, 0))
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
    ax.margins(x=0.12)
    percent_ticks(ax, "x")
    axis_units(ax, x="Weight in the synthetic control (no interval: weights are chosen, not estimated)")
    top = all_weights.iloc[0]
    headline(
        ax,
        f"{len(all_weights)} markets make the comparison; {short(top['market'])} weighs most"
        if len(all_weights) > 1
        else f"{short(top['market'])} alone makes the comparison",
    )
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


def _draw_average_effect(ax: Axes, series: pd.DataFrame, att: Estimate) -> None:
    tested = series.loc[series["tested"], "date"]
    ax.fill_between(tested, att.lower, att.upper, color=PALETTE.band, alpha=0.8, lw=0)
    ax.plot(tested, np.full(len(tested), att.estimate), color=PALETTE.accent, lw=2.2)
    label = f"average {number(att.estimate)}\n({percent(att.level, 0)}: {number(att.lower)} to {number(att.upper)})"
    direct_label(ax, tested.iloc[-1], att.estimate, label, PALETTE.accent)


def _geo_headline(lift: Estimate, who: str) -> str:
    if np.isnan(lift.estimate):
        return f"{who[0].upper()}{who[1:]} and what they would have had (shaded: the test)"
    return (
        f"During the test (shaded) {who} had {percent(abs(lift.estimate))} "
        f"{'more' if lift.estimate >= 0 else 'less'} than they would have had ({interval(lift.lower, lift.upper, '%')})"
    )


def _largest(weights: pd.DataFrame) -> pd.DataFrame:
    if len(weights) <= MOST_DONORS:
        return weights
    kept, rest = weights.iloc[: MOST_DONORS - 1], weights.iloc[MOST_DONORS - 1 :]
    other = pd.DataFrame({"market": [f"{len(rest)} others"], "weight": [rest["weight"].sum()]})
    return pd.concat([kept, other], ignore_index=True)


def _of_cell(frame: pd.DataFrame, cell: str) -> pd.DataFrame:
    """One cell's rows; the first cell's where none is named."""
    return frame[frame["cell"] == (cell or frame["cell"].iloc[0])]


def _draw_markets(ax: Axes, space: pd.DataFrame) -> None:
    ordered = space.dropna(subset="estimate").sort_values("estimate", ignore_index=True)
    pretended, real = ordered[~ordered["tested"]], ordered[ordered["tested"]]
    ax.plot(pretended.index, pretended["estimate"], "o", color=PALETTE.muted, ms=4)
    ax.plot(real.index, real["estimate"], "o", color=PALETTE.accent, ms=7)
    for row, effect in real["estimate"].items():
        direct_label(ax, row, effect, f"treated {percent(effect)}", PALETTE.accent, offset=(6, -8))
    ax.set_xticks([])
    axis_units(ax, x="Markets, by the effect that seems theirs at the time of the test", y="Effect")


def _draw_times(ax: Axes, time: pd.DataFrame) -> None:
    pretended, real = time[~time["tested"]], time[time["tested"]]
    ax.plot(pd.to_datetime(pretended["name"]), pretended["estimate"], color=PALETTE.muted, lw=1.2)
    ax.plot(pd.to_datetime(real["name"]), real["estimate"], "o", color=PALETTE.accent, ms=7)
    _date_ticks(ax)
    axis_units(ax, x="First day of the test (dot) and of pretended tests as long as it (line)", y="Effect")


def _placebo_headline(space: pd.DataFrame, time: pd.DataFrame) -> str:
    shares = {"untreated markets": _share_as_large(space), "earlier times": _share_as_large(time)}
    told = [f"{percent(share, 0)} of {what}" for what, share in shares.items() if not math.isnan(share)]
    if not told:
        return "Effects beside those of other markets and times: not known, as what would have been isn't positive"
    return f"{' and '.join(told)} show an effect as large"


def _share_as_large(placebos: pd.DataFrame) -> float:
    """NaN where the effect, or every pretended one, has no relative size."""
    sizes, tested = placebos["estimate"].abs(), placebos["tested"]
    real, pretended = sizes[tested].iloc[0], sizes[~tested].dropna()
    return math.nan if math.isnan(real) or pretended.empty else float((pretended >= real).mean())
