"""Beyond the average of a test on users: who responds, and what past tests leave of an effect."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.experiments.result import ExperimentResult
from workbench.experiments.users.phrases import probability
from workbench.present.style import (
    PALETTE,
    TALLEST,
    axis_units,
    direct_label,
    few_names,
    headline,
    most_rows,
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

MOST_VALUES = 12
# Inches.
SEGMENT_ROW, BELIEF_ROW = 0.27, 0.5


def further_figures(result: ExperimentResult) -> tuple[Figure, ...]:
    """The charts that a test has the numbers for; none of an invalid one, whose details would only mislead."""
    if result.verdict == "invalid":
        return ()
    drawn = ((result.segments, segment_forest), (result.posterior, belief_forest))
    return tuple(draw(result) for rows, draw in drawn if len(rows))


def segment_forest(result: ExperimentResult) -> Figure:
    """The effect by kind of user for the treatment that stands for the test: as measured, and drawn towards the whole."""
    shown = _leading(result.segments, result)
    segments = list(dict.fromkeys(shown["segment"]))
    panels, heights = _fitting([_extremes(shown[shown["segment"] == segment]) for segment in segments])
    figure, axes = new_figure(
        height=0.9 + SEGMENT_ROW * sum(heights), rows=len(panels), sharex=True, height_ratios=heights
    )
    for ax, panel in zip(np.atleast_1d(axes), panels, strict=True):
        _draw_segment(ax, panel, result)
    tell_left_out(figure, len(panels), len(segments), "first")
    unit = str(shown["unit"].iloc[0])
    last = np.atleast_1d(axes)[-1]
    percent_ticks(last, "x", digits=1) if unit == "%" else unit_ticks(last, unit, "x")
    metric = str(shown["metric"].iloc[0]).replace("_", " ")
    key = "grey: as measured; blue: chance allowed for; line: all users"
    axis_units(last, x=f"{metric}: treatment less control ({key})", y=last.get_ylabel())
    headline(np.atleast_1d(axes)[0], _segment_headline(shown, 1 - float(result.effects["level"].iloc[0])))
    return figure


def belief_forest(result: ExperimentResult) -> Figure:
    """Each primary effect as measured and after past tests; the band is where true effects usually lie."""
    posterior = result.posterior.head(most_rows(BELIEF_ROW))
    figure, ax = new_figure(height=1.2 + BELIEF_ROW * len(posterior))
    first = posterior.iloc[0]
    usual = 1.96 * first["prior_sd"]
    ax.axvspan(first["prior_mean"] - usual, first["prior_mean"] + usual, color=PALETTE.band, alpha=0.6, lw=0)
    ax.axvline(0, color=PALETTE.ink, lw=0.8)
    rows = np.arange(len(posterior))[::-1].astype(float)
    for row, belief in zip(rows, posterior.to_dict("records"), strict=True):
        _draw_belief(ax, row, belief, result)
    ax.set_yticks(rows, [f"{row.variant}\n{str(row.metric).replace('_', ' ')}" for row in posterior.itertuples()])
    ax.set_ylim(-0.6, len(posterior) - 0.4)
    ax.margins(x=0.1)
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
    percent_ticks(ax, "x")
    axis_units(ax, x="Relative effect (grey: as measured; blue: with past tests; band: where 95% of true effects lie)")
    tell_left_out(figure, len(posterior), len(result.posterior), "first")
    headline(ax, _belief_headline(_leading(result.posterior, result).iloc[0]))
    return figure


def _leading(rows: pd.DataFrame, result: ExperimentResult) -> pd.DataFrame:
    """Those of the treatment that stands for the test and its first metric, else of the first treatment."""
    standing = rows[rows["variant"] == result.decisions["variant"].iloc[0]]
    chosen = standing if len(standing) else rows[rows["variant"] == rows["variant"].iloc[0]]
    return chosen[chosen["metric"] == chosen["metric"].iloc[0]]


def _extremes(values: pd.DataFrame) -> pd.DataFrame:
    """The values by effect; of many, the lowest and the highest."""
    ordered = values.sort_values("absolute")
    if len(ordered) <= MOST_VALUES:
        return ordered
    return pd.concat([ordered.head(MOST_VALUES // 2), ordered.tail(MOST_VALUES // 2)])


def _fitting(panels: list[pd.DataFrame]) -> tuple[list[pd.DataFrame], list[float]]:
    """The first panels, as many as a page holds, and their heights in rows."""
    heights = np.array([len(panel) + 1.2 for panel in panels])
    most = max(1, int((heights.cumsum() * SEGMENT_ROW <= TALLEST - 1.2).sum()))
    return panels[:most], heights[:most].tolist()


def _draw_segment(ax: Axes, values: pd.DataFrame, result: ExperimentResult) -> None:
    whole = result.effects[
        (result.effects["variant"] == values["variant"].iloc[0])
        & (result.effects["metric"] == values["metric"].iloc[0])
    ]
    ax.axvline(0, color=PALETTE.ink, lw=0.8)
    ax.axvline(float(whole["absolute"].iloc[0]), color=PALETTE.accent, lw=0.8, ls=(0, (4, 2)))
    rows = np.arange(len(values))
    for row, effect in zip(rows, values.to_dict("records"), strict=True):
        ax.plot([effect["absolute_lower"], effect["absolute_upper"]], [row, row], color=PALETTE.accent, lw=2.2)
        ax.plot(effect["raw"], row, "o", color=PALETTE.paper, markeredgecolor=PALETTE.muted)
        ax.plot(effect["absolute"], row, "o", color=PALETTE.accent)
        direct_label(
            ax,
            np.nanmax([effect["absolute_upper"], effect["absolute"], effect["raw"]]),
            row,
            _segment_label(effect),
            PALETTE.accent,
            offset=(6, 0),
        )
    ax.set_yticks(rows, values["value"])
    ax.set_ylim(-0.7, len(values) - 0.3)
    ax.margins(x=0.1)
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
    axis_units(ax, y=str(values["segment"].iloc[0]).replace("_", " "))


def _segment_label(effect: Mapping[Hashable, Any]) -> str:
    unit = str(effect["unit"])
    return f"{number(100 * effect['absolute'], 2)} points" if unit == "%" else in_unit(effect["absolute"], unit)


def _segment_headline(shown: pd.DataFrame, alpha: float) -> str:
    clear = shown[shown["p_adjusted"] < alpha]
    variant = short(shown["variant"].iloc[0])
    if clear.empty:
        return f"No evidence that {variant} works better for one kind of user than for another"
    names = few_names(list(dict.fromkeys(str(name).replace("_", " ") for name in clear["segment"])))
    return f"The effect of {variant} differs by {names}"


def _draw_belief(ax: Axes, row: float, belief: Mapping[Hashable, Any], result: ExperimentResult) -> None:
    effects = result.effects
    measured = effects[(effects["variant"] == belief["variant"]) & (effects["metric"] == belief["metric"])].iloc[0]
    ax.plot([measured["relative_lower"], measured["relative_upper"]], [row + 0.14] * 2, color=PALETTE.muted, lw=1.6)
    ax.plot(measured["relative"], row + 0.14, "o", color=PALETTE.paper, markeredgecolor=PALETTE.muted)
    ax.plot([belief["relative_lower"], belief["relative_upper"]], [row - 0.14] * 2, color=PALETTE.accent, lw=2.2)
    ax.plot(belief["relative"], row - 0.14, "o", color=PALETTE.accent)
    text = f"{_signed(belief['relative'])}, better with {probability(belief['probability_better'])}"
    direct_label(ax, belief["relative_upper"], row - 0.14, text, PALETTE.accent, offset=(6, 0))


def _belief_headline(belief: pd.Series) -> str:
    past = f"After {belief['past_tests']} past tests, expect" if belief["past_tests"] else "Without past tests, expect"
    return f"{past} {_signed(belief['relative'])} of {short(belief['variant'])}, where {_signed(belief['measured'])} was measured"


def _signed(fraction: float) -> str:
    return f"{'+' if fraction > 0 else ''}{percent(fraction)}"
