"""Charts of a plan of contacts: what it brings beside other ways to act, what limits cost, and for whom actions work."""

from __future__ import annotations

from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workbench.next_action import NextActionResult
from workbench.next_action.records import records
from workbench.present.style import (
    PALETTE,
    axis_units,
    direct_label,
    headline,
    money_ticks,
    most_rows,
    new_figure,
    percent_ticks,
    short,
    tell_left_out,
)
from workbench.wording import count, money

NO_ACTION, LEFT_ALONE = "none", "left alone"
SEGMENT_HEIGHT = 0.28
MOST_ACTIONS = 5
# Of a column's width; the number beside the bar takes the rest.
BAR_SHARE = 0.55
# Letters of all columns' names together.
WIDEST_NAME = 66


def plan_figures(result: NextActionResult) -> tuple[Figure, ...]:
    """What the plan brings, and who gets what; nothing where nothing was measured."""
    figures = []
    if (result.options.contacts > 0).any():
        figures.append(options(result))
    if result.groups.segment.nunique() > 1:
        figures.append(who_gets_what(result))
    return tuple(figures)


def effect_figures(result: NextActionResult) -> tuple[Figure, ...]:
    """For whom each measured action works, as far as campaigns show."""
    return tuple(effect(result, name) for name in result.actions.action[result.actions.causal])


def options(result: NextActionResult) -> Figure:
    """Profit of the plan and of other ways to act; and what other budgets would bring."""
    known = not result.budgets.empty
    fig, axes = new_figure(height=3.0, columns=2 if known else 1)
    left = axes[0] if known else axes
    rows = result.options.iloc[::-1]
    position = np.arange(len(rows))
    colors = [PALETTE.accent if name == "the plan" else PALETTE.muted for name in rows.option]
    for at, row, color in zip(position, records(rows), colors, strict=True):
        left.plot([row.lower, row.upper], [at, at], color=color, linewidth=1.6)
        left.plot([row.profit], [at], "o", color=color)
    left.axvline(0, color=PALETTE.muted, linewidth=0.8)
    left.set_yticks(position, [_two_lines(name) for name in rows.option])
    left.set_ylim(-0.6, len(rows) - 0.4)
    left.grid(visible=False, axis="y")
    left.grid(visible=True, axis="x")
    money_ticks(left, result.currency, axis="x")
    left.locator_params(axis="x", nbins=4)
    axis_units(left, x="Profit after costs (95%)")
    headline(left, f"The plan: {money(result.facts.profit, result.currency)}")
    if known:
        _budgets(axes[1], result)
    return fig


def who_gets_what(result: NextActionResult) -> Figure:
    """Customers by segment, a column an action; the last one is those who are left alone."""
    table, every = _by_action(result)
    fig, ax = new_figure(height=max(2.0, 1.4 + SEGMENT_HEIGHT * len(table)))
    position, longest = np.arange(len(table)), float(table.to_numpy().max()) or 1.0
    names = [fill(short(str(name)), max(9, WIDEST_NAME // table.shape[1])) for name in table]
    for column, (name, sizes) in enumerate(zip(names, table.to_numpy(dtype=float).T, strict=True)):
        color = PALETTE.muted if column == len(names) - 1 else PALETTE.accent
        ends = column + BAR_SHARE * sizes / longest
        ax.barh(position, ends - column, left=column, color=color, height=0.65)
        for at, end, size in zip(position, ends, sizes, strict=True):
            if size:
                direct_label(ax, end, at, count(size), color, offset=(3.0, 0.0))
        direct_label(ax, column, len(table) - 0.4, name, PALETTE.ink, offset=(0.0, 2.0), va="bottom")
    ax.set_yticks(position, [str(name) for name in table.index])
    ax.set_ylim(-0.6, len(table) - 0.4 + 0.62 * max(name.count("\n") + 1 for name in names))
    ax.set_xlim(0, len(names))
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    ax.grid(visible=False, axis="y")
    axis_units(ax, x="Customers")
    tell_left_out(fig, len(table), every.shape[0])
    reached = 1 - every[LEFT_ALONE] / every.sum(axis=1)
    headline(ax, f"{count(result.facts.contacted)} customers get an action; most often: {short(str(reached.idxmax()))}")
    return fig


def _by_action(result: NextActionResult) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Customers by segment, the largest last, and by what actions are called, those left alone last: what is drawn, and all."""
    table = result.groups.pivot(index="segment", columns="action", values="customers").fillna(0)
    table = table.loc[table.sum(axis=1).sort_values().index]
    names = [name for name in result.actions.action if name in table and table[name].sum()]
    labels = dict(zip(result.actions.action, result.actions.label, strict=True))
    alone = table[NO_ACTION] if NO_ACTION in table else pd.Series(0.0, index=table.index)
    every = pd.DataFrame({labels[name]: table[name] for name in names}).assign(**{LEFT_ALONE: alone})
    shown = every.tail(most_rows(SEGMENT_HEIGHT, 1.8))
    if len(names) <= MOST_ACTIONS:
        return shown, every
    leading = every[[labels[name] for name in names]].sum().sort_values(ascending=False).index
    rest = shown[leading[MOST_ACTIONS - 1 :]].sum(axis=1)
    others = {f"{len(names) - MOST_ACTIONS + 1} others": rest, LEFT_ALONE: shown[LEFT_ALONE]}
    return shown[leading[: MOST_ACTIONS - 1]].assign(**others), every


def effect(result: NextActionResult, name: str) -> Figure:
    """The uplift curve of one action, and its effect by fifth of the ranking beside what was foretold."""
    row = next(records(result.actions[result.actions.action == name]))
    fig, (left, right) = new_figure(height=3.0, columns=2)
    _curve(left, result.curve[result.curve.action == name], result.currency)
    best = result.curve[result.curve.action == name].gain
    headline(left, f"{short(row.label)}: {_reading(best)}")
    _fifths(right, result.fifths[result.fifths.action == name], row, result.currency)
    told = "more for some than for others" if row.differs else "no difference between customers is shown"
    headline(right, f"By rank: {told}")
    return fig


def _budgets(ax: Axes, result: NextActionResult) -> None:
    rows, facts = result.budgets, result.facts
    ax.plot(rows.budget, rows.profit, color=PALETTE.accent, marker="o", markersize=3.5)
    chosen = facts.budget if np.isfinite(facts.budget) else facts.cost
    ax.axvline(chosen, color=PALETTE.negative, linewidth=1.2)
    direct_label(
        ax, chosen, 0, f"budget: {money(chosen, result.currency)}", PALETTE.negative, offset=(4, 6), va="bottom"
    )
    ax.set_ylim(bottom=min(0.0, float(rows.profit.min())))
    ax.set_xlim(left=0)
    money_ticks(ax, result.currency, axis="x")
    money_ticks(ax, result.currency)
    ax.locator_params(axis="x", nbins=4)
    axis_units(ax, x="Budget", y="Expected profit after costs")
    headline(ax, _budget_headline(rows, chosen, result.currency))


def _budget_headline(rows: pd.DataFrame, chosen: float, currency: str) -> str:
    best = rows.iloc[int(rows.profit.to_numpy().argmax())]
    more = float(best.profit) - float(np.interp(chosen, rows.budget, rows.profit))
    if more <= 0.01 * max(1.0, float(best.profit)):
        return "More brings little"
    if best.budget < chosen:
        return f"{money(float(best.budget), currency)} would do better"
    return f"Up to {money(more, currency)} more"


def _curve(ax: Axes, rows: pd.DataFrame, currency: str) -> None:
    share = rows.share.to_numpy(dtype=float)
    ax.fill_between(share, rows.lower, rows.upper, color=PALETTE.band)
    ax.plot(share, rows.gain, color=PALETTE.accent)
    ax.plot(share, rows.random, color=PALETTE.muted, linestyle="--", linewidth=1)
    ax.axhline(0, color=PALETTE.muted, linewidth=0.8)
    ax.set_xlim(0, 1)
    percent_ticks(ax, axis="x")
    money_ticks(ax, currency)
    axis_units(ax, x="Share contacted, best first (dashed: at random)", y="Gain per customer (95%)")


def _fifths(ax: Axes, rows: pd.DataFrame, action: Any, currency: str) -> None:
    place = rows.fifth.to_numpy(dtype=float)
    errors = np.maximum([rows.effect - rows.lower, rows.upper - rows.effect], 0)
    ax.errorbar(place, rows.effect, yerr=errors, fmt="o", color=PALETTE.accent, capsize=2, elinewidth=1.1)
    ax.plot(place, rows.expected, color=PALETTE.ink, linestyle="none", marker="_", markersize=13)
    ax.axhline(float(action.unit_cost), color=PALETTE.negative, linewidth=1, linestyle="--")
    direct_label(ax, 5.4, float(action.unit_cost), "cost", PALETTE.negative, offset=(0, 3), ha="right", va="bottom")
    ax.axhline(0, color=PALETTE.muted, linewidth=0.8)
    ax.set_xticks(place)
    ax.set_xlim(0.5, 5.5)
    money_ticks(ax, currency)
    axis_units(ax, x="Fifth by rank, best first (– foretold)", y="Effect per contact (95%)")


def _reading(gain: pd.Series) -> str:
    share = int(gain.to_numpy().argmax()) / (len(gain) - 1)
    if share == 0:
        return "nobody is shown to gain"
    return "the more the better" if share == 1 else f"best for the first {share:.0%}"


def _two_lines(name: str) -> str:
    words = name.split()
    if len(name) < 18:
        return name
    half = next(k for k in range(len(words)) if len(" ".join(words[: k + 1])) >= len(name) / 2)
    return " ".join(words[: half + 1]) + "\n" + " ".join(words[half + 1 :])
