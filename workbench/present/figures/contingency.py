"""When a plan would be changed, and how: bounds of triggers, orders of cutting and adding, scenarios side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.present.style import (
    PALETTE,
    PANEL_NAME,
    axis_units,
    direct_label,
    headline,
    money_ticks,
    most_rows,
    new_figure,
    percent_ticks,
    rows_and_columns,
    short,
    tell_left_out,
)
from workbench.scenarios.contingency.contingency import Contingency
from workbench.scenarios.contingency.states import EXPECTED, in_words
from workbench.wording import money, one, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CHARTS_PER_ROW, MOST_CHARTS = 3, 6
FEWEST_STEPS, MOST_UPRIGHT = 4, 5
ROW_HEIGHT = 0.5
LONGEST_STEP = 18
NEAR_ONE = 0.15


def trigger_bounds(found: Contingency) -> Figure:
    """By how much the sum since the first week may miss the plan before a trigger sounds, for each quantity."""
    every = list(found.triggers["watch"].drop_duplicates())
    watched = every[:MOST_CHARTS]
    rows, columns = rows_and_columns(len(watched), CHARTS_PER_ROW)
    figure, axes = new_figure(height=0.7 + 2.1 * rows, columns=columns, rows=rows, sharey=True)
    grid = np.atleast_1d(axes).ravel()
    for place, ax in enumerate(grid):
        if place < len(watched):
            _draw_bounds(ax, found.triggers[found.triggers["watch"] == watched[place]], first=place % columns == 0)
        else:
            ax.set_axis_off()
    tell_left_out(figure, len(watched), len(every), "first")
    return figure


def order_of_moves(found: Contingency, currency: str) -> Figure:
    """What each step of cutting loses and each step of adding brings, per unit of money, with the channels that it moves."""
    figure, axes = new_figure(height=3.2, columns=2, sharey=True)
    for ax, order, verb, color in (
        (axes[0], found.cut_order, "Cut", PALETTE.negative),
        (axes[1], found.reinvest_order, "Add", PALETTE.positive),
    ):
        _draw_order(ax, order, verb, color, currency)
    axes[0].set_ylabel(f"Revenue per {one(currency)}", color=PALETTE.muted)
    return figure


def scenarios_side_by_side(found: Contingency, currency: str) -> Figure:
    """Revenue that media cause in each world: by its own plan with the 90% interval, and by the present plan."""
    table = found.scenarios.head(most_rows(ROW_HEIGHT))[::-1].reset_index(drop=True)
    figure, ax = new_figure(height=1.2 + ROW_HEIGHT * len(table))
    rows = np.arange(len(table))
    ax.hlines(rows, table["revenue_lower"], table["revenue_upper"], color=PALETTE.band, lw=8, zorder=1)
    ax.scatter(table["kept_revenue"], rows, s=26, color=PALETTE.muted, zorder=2)
    ax.scatter(table["revenue"], rows, s=42, color=PALETTE.accent, zorder=3)
    for row, scenario in enumerate(table.to_dict("records")):
        if scenario["scenario"] != EXPECTED:
            change = scenario["spend"] / table["spend"].iloc[-1] - 1
            text = f"spend {'+' if change > 0 else ''}{percent(change, 0)}"
            direct_label(
                ax, np.fmax(scenario["revenue_upper"], scenario["revenue"]), row, text, PALETTE.muted, offset=(6.0, 0.0)
            )
    ax.set_yticks(rows, [in_words(name) for name in table["scenario"]])
    ax.set_ylim(-0.6, len(table) - 0.4)
    ax.margins(x=0.12)
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
    money_ticks(ax, currency, "x")
    axis_units(ax, x=f"Revenue that media cause ({currency}, 90% interval; grey: with the present plan)")
    tell_left_out(figure, len(table), len(found.scenarios), "first")
    headline(ax, _scenarios_headline(found.scenarios, currency))
    return figure


def _draw_bounds(ax: Axes, rows: pd.DataFrame, *, first: bool) -> None:
    week, planned = rows["week"], rows["planned"]
    lower, upper = rows["lower"] / planned - 1, rows["upper"] / planned - 1
    ax.fill_between(week, lower, upper, color=PALETTE.band, lw=0)
    ax.plot(week, lower, color=PALETTE.negative, lw=1.4)
    ax.plot(week, upper, color=PALETTE.positive, lw=1.4)
    ax.axhline(0.0, color=PALETTE.muted, lw=0.9)
    percent_ticks(ax, "y")
    ax.set_xlim(1, week.max())
    ax.locator_params("x", integer=True, nbins=6)
    axis_units(ax, x="Week of the plan", y="Against the plan so far" if first else "")
    last = rows.iloc[-1]
    headline(
        ax,
        f"{short(last['watch'], PANEL_NAME)}: {percent(lower.iloc[-1], 0)} to +{percent(upper.iloc[-1], 0)} at the end",
    )


def _draw_order(ax: Axes, order: pd.DataFrame, verb: str, color: str, currency: str) -> None:
    if order.empty:
        ax.set_axis_off()
        headline(ax, f"Limits leave nothing to {verb.lower()}")
        return
    by_step = order.groupby("step").agg(value=("return", "first"), amount=("amount", "sum"))
    channel = order.groupby(["step", "channel"])["amount"].sum().groupby("step").idxmax()
    ax.bar(by_step.index, by_step["value"], width=0.7, color=color)
    ax.axhline(1.0, color=PALETTE.muted, lw=0.9, ls=(0, (4, 2)))
    for step, value, largest in zip(by_step.index, by_step["value"], channel, strict=True):
        # Above the line at 1, not on it.
        top = max(value, 1.0) if value > 1 - NEAR_ONE else value
        name = short(largest[1], LONGEST_STEP)
        label = direct_label(ax, step, top, name.replace(" ", "\n"), offset=(0.0, 3.0), ha="center", va="bottom")
        if len(by_step) > MOST_UPRIGHT:
            label.set(text=name, rotation=90)
    ax.margins(y=0.18 if len(by_step) <= MOST_UPRIGHT else 0.45)
    ax.set_xlim(0.4, max(FEWEST_STEPS, by_step.index.max()) + 0.6)
    ax.set_xticks(list(by_step.index))
    axis_units(ax, x=f"Step (each {money(by_step['amount'].iloc[0], currency)})")
    worth = "loses" if verb == "Cut" else "brings"
    headline(ax, f"{verb}: the first step {worth} {money(by_step['value'].iloc[0], currency)} per {one(currency)}")


def _scenarios_headline(scenarios: pd.DataFrame, currency: str) -> str:
    others = scenarios[scenarios["kind"] != "expected"]
    if others.empty:
        return "No other world is planned for"
    best = others.sort_values("gain").iloc[-1]
    return f"A plan of its own for {short(in_words(best['scenario']))} is worth {money(best['gain'], currency)}"
