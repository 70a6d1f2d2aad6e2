"""Tests of creatives: what each is expected to bring and its next share, and what its parts do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.experiments.result import ExperimentResult
from workbench.present.metric_text import change_text
from workbench.present.style import (
    LONGEST_NAME,
    PALETTE,
    PANEL_NAME,
    TALLEST,
    TEXT_SIZE,
    axis_units,
    direct_label,
    headline,
    new_figure,
    percent_ticks,
    rows_and_columns,
    short,
    tell_left_out,
    unit_ticks,
)
from workbench.wording import count, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_CREATIVES = 12
MOST_SEGMENTS = 6
MOST_PAIRS = 8
MOST_PARTS = 26
CREATIVE_ROW = 0.24


def creative_figures(result: ExperimentResult) -> tuple[Figure, ...]:
    """What to show next, what the parts do, and what they do together; nothing to show next from an invalid test."""
    figures = [next_shares(result)] if len(result.allocation) else []
    figures.append(part_forest(result))
    if (result.parts["term"] == "pair").any():
        figures.append(pair_forest(result))
    return tuple(figures)


def next_shares(result: ExperimentResult) -> Figure:
    """Each creative's expectation with its interval, a panel a segment; the label is its share of the next period."""
    allocation = result.allocation
    segments = _largest_segments(allocation)
    rows, columns = rows_and_columns(len(segments), 2)
    fitting = int(((TALLEST - 0.9) / rows - 0.5) / CREATIVE_ROW)
    creatives = _leading_creatives(allocation, segments, min(MOST_CREATIVES, fitting))
    height = 0.9 + rows * (0.5 + CREATIVE_ROW * len(creatives))
    figure, axes = new_figure(height=height, rows=rows, columns=columns, sharex=True, sharey=True)
    panels = list(np.atleast_1d(axes).flat)
    for ax, segment in zip(panels, segments, strict=False):
        chosen = allocation[allocation["segment"] == segment].set_index("creative").loc[creatives]
        _draw_creatives(ax, chosen, segment if allocation["segment"].nunique() > 1 else "")
    for ax in panels[len(segments) :]:
        ax.set_visible(False)
    figure.supxlabel(_shares_axis(result, len(creatives)), color=PALETTE.muted, fontsize=TEXT_SIZE)
    return figure


def part_forest(result: ExperimentResult) -> Figure:
    """What each part changes against the average creative, all segments together."""
    every = result.parts[result.parts["term"] == "part"]
    parts = every[every["effect"].abs().rank(ascending=False, method="first") <= MOST_PARTS]
    factors = list(dict.fromkeys(parts["factor"]))
    sizes = [int((parts["factor"] == factor).sum()) + 1.2 for factor in factors]
    figure, axes = new_figure(height=0.8 + 0.27 * sum(sizes), rows=len(factors), sharex=True, height_ratios=sizes)
    panels = np.atleast_1d(axes)
    for ax, factor in zip(panels, factors, strict=True):
        rows = parts[parts["factor"] == factor].sort_values("effect")
        _draw_effects(ax, rows, [f"{factor.replace('_', ' ')}: {part}" for part in rows["part"]])
    _effect_axis(panels[-1], result, "change against the average creative")
    tell_left_out(figure, len(parts), len(every))
    headline(panels[0], _part_headline(every))
    return figure


def pair_forest(result: ExperimentResult) -> Figure:
    """What pairs of parts change beyond what each part does alone, the largest ones."""
    pairs = result.parts[result.parts["term"] == "pair"]
    largest = pairs.loc[pairs["effect"].abs().sort_values(ascending=False).index[:MOST_PAIRS]].sort_values("effect")
    figure, ax = new_figure(height=0.9 + 0.27 * len(largest))
    _draw_effects(ax, largest, list(largest["part"]))
    _effect_axis(ax, result, "largest changes beyond the sum of both parts")
    clear = _clear(pairs)
    headline(
        ax,
        "No pair does clearly more than its parts"
        if clear.empty
        else f"{count(len(clear))} of {count(len(pairs))} pairs of parts differ from their sum",
    )
    return figure


def _largest_segments(allocation: pd.DataFrame) -> list[str]:
    units = allocation.groupby("segment")["units"].sum().sort_values(ascending=False, kind="stable")
    return [str(segment) for segment in units.index[:MOST_SEGMENTS]]


def _leading_creatives(allocation: pd.DataFrame, segments: list[str], most: int) -> list[str]:
    """Those with the greatest share anywhere, the greatest first."""
    shown = allocation[allocation["segment"].isin(segments)]
    share = shown.groupby("creative")["share"].max().sort_values(ascending=False, kind="stable")
    return [str(creative) for creative in share.index[:most]]


def _draw_creatives(ax: Axes, chosen: pd.DataFrame, segment: str) -> None:
    rows = np.arange(len(chosen))[::-1]
    best = chosen["share"].to_numpy().argmax()
    for row, number_of, creative in zip(rows, range(len(chosen)), chosen.to_dict("records"), strict=True):
        color = PALETTE.accent if number_of == best else PALETTE.muted
        ax.plot([creative["expected_lower"], creative["expected_upper"]], [row, row], color=color, lw=2.2)
        ax.plot(creative["expected"], row, "o", color=color)
        direct_label(
            ax,
            np.fmax(creative["expected_upper"], creative["expected"]),
            row,
            percent(creative["share"], 0),
            color,
            offset=(5, 0),
        )
    ax.set_yticks(rows, chosen.index)
    ax.set_ylim(-0.6, len(chosen) - 0.4)
    ax.margins(x=0.1)
    _horizontal(ax)
    unit = str(chosen["unit"].iloc[0])
    percent_ticks(ax, "x", digits=1) if unit == "%" else unit_ticks(ax, unit, "x")
    leading = short(str(chosen.index[int(best)]), PANEL_NAME if segment else LONGEST_NAME)
    headline(
        ax,
        f"{short(segment, PANEL_NAME)}: {leading}"
        if segment
        else f"{leading} gets the largest share of the next period",
    )


def _draw_effects(ax: Axes, effects: pd.DataFrame, labels: list[str]) -> None:
    rows = np.arange(len(effects))
    ax.axvline(0, color=PALETTE.ink, lw=0.8)
    for row, effect in zip(rows, effects.to_dict("records"), strict=True):
        clear = effect["effect_lower"] > 0 or effect["effect_upper"] < 0
        color = PALETTE.accent if clear else PALETTE.muted
        ax.plot([effect["effect_lower"], effect["effect_upper"]], [row, row], color=color, lw=2.2)
        ax.plot(effect["effect"], row, "o", color=color)
        size = change_text(effect["effect"], effect["unit"])
        if effect["effect"] < 0:
            direct_label(
                ax, np.fmin(effect["effect_lower"], effect["effect"]), row, size, color, offset=(-5, 0), ha="right"
            )
        else:
            direct_label(ax, np.fmax(effect["effect_upper"], effect["effect"]), row, size, color)
    ax.set_yticks(rows, labels)
    ax.set_ylim(-0.6, len(effects) - 0.4)
    ax.margins(x=0.28)
    _horizontal(ax)


def _effect_axis(ax: Axes, result: ExperimentResult, what: str) -> None:
    effect = result.effects.iloc[0]
    unit = str(effect["unit"])
    percent_ticks(ax, "x", digits=1) if unit == "%" else unit_ticks(ax, unit, "x")
    words = {"%": "percentage points", "": "units of the metric"}.get(unit, unit)
    metric = str(effect["metric"]).replace("_", " ")
    axis_units(ax, x=f"{metric}: {what}, {words} (bars: {percent(float(effect['level']), 0)} intervals)")


def _horizontal(ax: Axes) -> None:
    ax.locator_params("x", nbins=5)
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")


def _clear(effects: pd.DataFrame) -> pd.DataFrame:
    return effects[(effects["effect_lower"] > 0) | (effects["effect_upper"] < 0)]


def _shares_axis(result: ExperimentResult, shown: int) -> str:
    allocation = result.allocation
    every = allocation["creative"].nunique()
    level = percent(float(allocation["level"].iloc[0]), 0)
    metric = str(result.effects["metric"].iloc[0]).replace("_", " ")
    left_out = f"; the leading {shown} of {every}" if shown < every else ""
    return f"{metric}, expected with {level} intervals; the label is the share of the next period{left_out}"


def _part_headline(parts: pd.DataFrame) -> str:
    clear = _clear(parts)
    if clear.empty:
        return "No part is clearly better or worse than the others of its kind"
    top = clear.sort_values("effect", key=abs).iloc[-1]
    return f"{str(top['factor']).replace('_', ' ').capitalize()} {short(top['part'])} moves most of all parts"
