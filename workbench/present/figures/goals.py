"""How far each goal is expected to come, against its target."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.present.style import (
    PALETTE,
    axis_units,
    direct_label,
    headline,
    most_rows,
    new_figure,
    percent_ticks,
    tell_left_out,
)
from workbench.scenarios.goals.words import chance_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROW_HEIGHT = 0.5
GOOD = ("on course", "reached")


def goals_ahead(goals: pd.DataFrame) -> Figure:
    """Each goal's expected outcome with its interval as a share of its target; grey what came before.

    Args:
        goals: `GoalReview.goals`; only goals of which an outcome is known are drawn.
    """
    every = goals[goals["expected"].notna() & (goals["target"] != 0)]
    known = every.head(most_rows(ROW_HEIGHT, 1.4)).iloc[::-1].reset_index(drop=True)
    figure, ax = new_figure(height=1.3 + ROW_HEIGHT * max(1, len(known)))
    at, target = np.arange(len(known)), known["target"].abs()
    colors = [PALETTE.positive if verdict in GOOD else PALETTE.negative for verdict in known["verdict"]]
    ax.axvline(1.0, color=PALETTE.ink, lw=0.8)
    ax.hlines(at, known["lower"] / target, known["upper"] / target, color=PALETTE.band, lw=8, zorder=1)
    ax.scatter(known["before"] / target, at, s=22, color=PALETTE.muted, zorder=2)
    ax.scatter(known["expected"] / target, at, s=40, color=colors, zorder=3)
    for row, color, place in zip(known.to_dict("records"), colors, at, strict=True):
        reach = np.nanmax([row["expected"], row["upper"], row["before"]]) / abs(row["target"])
        chance = "" if row["verdict"] in ("reached", "missed") else f"{chance_text(row['probability'])}: "
        direct_label(ax, reach, place, f"{chance}{row['verdict']}", color, offset=(6.0, 0.0))
    ax.set_yticks(at, [_name(row) for row in known.to_dict("records")])
    ax.set_ylim(-0.6, len(known) - 0.4)
    ax.grid(visible=False, axis="y")
    ax.margins(x=0.2)
    percent_ticks(ax, "x")
    axis_units(ax, x="Share of the target (grey: as many days before)")
    tell_left_out(figure, len(known), len(every), "first")
    headline(ax, _headline(every))
    return figure


def _name(row: Mapping[Hashable, Any]) -> str:
    return f"{row['label']}{'' if row['higher_is_better'] else ' (at most)'}"


def _headline(known: pd.DataFrame) -> str:
    good = int(known["verdict"].isin(GOOD).sum())
    return f"{good} of {len(known)} goals on course" if len(known) else "Of no goal an outcome is known"
