"""What a plan asks of each team week by week, and what one more of it would be worth."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import batched
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.present.style import (
    PALETTE,
    axis_units,
    count_ticks,
    direct_label,
    headline,
    money_ticks,
    new_figure,
    short,
)
from workbench.scenarios.capacity.review import FULL
from workbench.wording import money

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TEAMS_PER_FIGURE = 2


def every_room_and_demand(team_weeks: pd.DataFrame, currency: str) -> Iterator[Figure]:
    """`room_and_demand`, a figure for each two teams so that pages can break between them."""
    for few in batched(dict.fromkeys(team_weeks["team"]), TEAMS_PER_FIGURE):
        yield room_and_demand(team_weeks[team_weeks["team"].isin(few)], currency)


def room_and_demand(team_weeks: pd.DataFrame, currency: str) -> Figure:
    """For each team: units that come against room, and the worth of one more step of room against its cost.

    Args:
        team_weeks: See `scenarios.capacity.team_weeks`, of one or two teams.
        currency: ISO 4217 code.
    """
    teams = list(dict.fromkeys(team_weeks["team"]))
    figure, axes = new_figure(height=0.3 + 2.9 * len(teams), columns=2, rows=len(teams))
    for team, (demand_ax, worth_ax) in zip(teams, np.reshape(axes, (len(teams), 2)), strict=True):
        rows = team_weeks[team_weeks["team"] == team].reset_index(drop=True)
        _draw_demand(demand_ax, rows)
        _draw_worth(worth_ax, rows, currency)
        for ax in (demand_ax, worth_ax):
            shown = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), 4)).astype(int))
            ax.set_xticks(shown, [f"{day:%-d %b}" for day in rows["week"].iloc[shown]])
    return figure


def _draw_demand(ax: Axes, rows: pd.DataFrame) -> None:
    at = np.arange(len(rows))
    full = (rows["short"] >= FULL).to_numpy()
    for week in at[full]:
        ax.axvspan(week - 0.5, week + 0.5, color=PALETTE.grid, alpha=0.6, lw=0)
    ax.fill_between(at, rows["arrive_lower"], rows["arrive_upper"], color=PALETTE.band, lw=0)
    ax.plot(at, rows["arrive"], color=PALETTE.accent)
    edges = np.append(at - 0.5, len(rows) - 0.5)
    ax.stairs(rows["room"], edges, color=PALETTE.ink, lw=1.4, baseline=None)
    come, room = float(rows["arrive"].iloc[-1]), float(rows["room"].iloc[-1])
    apart = 7.0 if room >= come else -7.0
    direct_label(ax, at[-1] + 0.5, room, "room", PALETTE.ink, offset=(4, apart))
    direct_label(ax, at[-1] + 0.5, come, "come", PALETTE.accent, offset=(4, -apart))
    count_ticks(ax)
    axis_units(ax, y=f"{rows['unit'].iloc[0].capitalize()} a week")
    team = short(rows["team"].iloc[0])
    headline(ax, f"{team[:1].upper()}{team[1:]}: full in {int(full.sum())} of {len(rows)} weeks")


def _draw_worth(ax: Axes, rows: pd.DataFrame, currency: str) -> None:
    at, cost, step = np.arange(len(rows)), float(rows["step_cost"].iloc[0]), rows["step_name"].iloc[0]
    pays = rows["steps_that_pay"] > 0 if cost > 0 else rows["step_worth"] > 0
    ax.vlines(at, rows["step_worth_lower"], rows["step_worth_upper"], color=PALETTE.band, lw=6, zorder=1)
    ax.scatter(at, rows["step_worth"], s=30, color=np.where(pays, PALETTE.accent, PALETTE.muted), zorder=3)
    if cost > 0:
        ax.axhline(cost, color=PALETTE.negative, lw=1.2, ls=(0, (4, 2)))
        ax.set_xlim(-0.5, len(rows) - 0.5)
        direct_label(ax, len(rows) - 0.5, cost, f"cost {money(cost, currency)}", PALETTE.negative)
    ax.set_ylim(0, None)
    money_ticks(ax, currency)
    axis_units(ax, y=f"Worth of one more {step} in that week")
    best = rows.iloc[int(rows["step_worth"].argmax())]
    headline(
        ax,
        f"One more {step}: up to {money(best['step_worth'], currency)}"
        if best["step_worth"] > 0
        else f"One more {step} is worth nothing",
    )
