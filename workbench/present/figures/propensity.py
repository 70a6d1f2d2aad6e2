"""Charts of a score: whom it finds, whether its probabilities hold, what acting on it brings, and how it does over time."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workbench.customers.feature_words import phrase
from workbench.present.style import (
    PALETTE,
    TEXT_SIZE,
    axis_units,
    direct_label,
    few_names,
    headline,
    money_ticks,
    new_figure,
    percent_ticks,
    short,
)
from workbench.propensity import PropensityResult
from workbench.propensity.leakage import SUSPICIOUS_AUC
from workbench.wording import money, number, percent

MOST_COLUMNS = 12
PER = 1000


def action_figures(result: PropensityResult) -> tuple[Figure, ...]:
    """Whom the score finds, and what acting on them brings where the worth of an outcome is known."""
    return (lift_and_gain(result),) if result.profit.empty else (profit(result), lift_and_gain(result))


def trust_figures(result: PropensityResult) -> tuple[Figure, ...]:
    """Whether probabilities hold, how the score does over time, and how telling each column is alone."""
    figures = (calibration(result),) if result.card.by_chance else (calibration(result), over_time(result))
    return (*figures, leakage(result)) if len(result.leakage) > 1 else figures


def reason_figures(result: PropensityResult) -> tuple[Figure, ...]:
    """What the score goes by."""
    return (importance(result),)


def profit(result: PropensityResult) -> Figure:
    """Profit on the test by the share of cases acted on, expected and come, with the share that is chosen."""
    curve, card = result.profit, result.card
    fig, ax = new_figure(height=3.1)
    share = curve.share.to_numpy(dtype=float)
    ax.fill_between(share, PER * curve.lower, PER * curve.upper, color=PALETTE.band)
    ax.plot(share, PER * curve.profit, color=PALETTE.accent)
    ax.plot(share, PER * curve.expected, color=PALETTE.muted, linestyle="--")
    _label_pair(ax, share, PER * curve.profit.to_numpy(dtype=float), PER * curve.expected.to_numpy(dtype=float))
    chosen = card.selected / card.scored if card.scored else 0.0
    ax.axvline(chosen, color=PALETTE.negative, linewidth=1.2)
    offset, side = ((4, 3), "left") if chosen < 0.6 else ((-4, 3), "right")
    foot = ax.get_ylim()[0]
    ax.set_ylim(bottom=foot)
    text = f"acted on: {percent(chosen, 0)}"
    direct_label(ax, chosen, foot, text, PALETTE.negative, offset=offset, ha=side, va="bottom")
    ax.set_xlim(0, 1)
    percent_ticks(ax, axis="x")
    money_ticks(ax, result.currency)
    axis_units(ax, x=f"Share of {card.noun} acted on, the likeliest first", y=f"Profit per {PER:,} {card.noun} (95%)")
    headline(ax, _profit_headline(result, chosen))
    return fig


def _profit_headline(result: PropensityResult, chosen: float) -> str:
    card, everyone = result.card, money(PER * float(result.profit.profit.iloc[-1]), result.currency)
    if not card.selected:
        return f"Acting on nobody is best; acting on all {card.unseen} cases would have brought {everyone} per {PER:,} {card.noun}"
    came = money(result.estimate("profit_on_test", f"per {PER:,} {card.noun}").estimate, result.currency)
    if card.selected == card.scored:
        return f"On {card.unseen} cases, acting on all would have brought {came} per {PER:,} {card.noun}"
    return f"On {card.unseen} cases, acting on {percent(chosen, 0)} would have brought {came} per {PER:,} {card.noun}, acting on all {everyone}"


def lift_and_gain(result: PropensityResult) -> Figure:
    """Rate of the outcome by tenth of the score, and the share of all outcomes found so far."""
    rows, card = result.tenths, result.card
    fig, (left, right) = new_figure(height=3.0, columns=2)
    tenth = rows.tenth.to_numpy()
    left.bar(tenth, rows.rate, color=PALETTE.accent, width=0.7)
    errors = [rows.rate - rows.rate_lower, rows.rate_upper - rows.rate]
    left.errorbar(tenth, rows.rate, yerr=np.maximum(errors, 0), fmt="none", ecolor=PALETTE.ink, elinewidth=1, capsize=2)
    whole = rows.outcomes.sum() / rows.rows.sum()
    left.axhline(whole, color=PALETTE.muted, linewidth=1, linestyle="--")
    direct_label(left, 10.5, whole, f"all: {percent(whole)}", PALETTE.muted, offset=(0, 4), ha="right", va="bottom")
    left.set_xticks(tenth)
    _share_ticks(left, float(rows.rate_upper.max()))
    axis_units(left, x="Tenth of cases, highest scores first", y="Share with the outcome (95%)")
    headline(left, f"The top tenth: {number(float(rows.lift.iloc[0]), 2)} times the average")
    depth = np.concatenate([[0], tenth / 10])
    gain, lower, upper = (np.concatenate([[0.0], rows[name]]) for name in ("gain", "gain_lower", "gain_upper"))
    right.fill_between(depth, lower, upper, color=PALETTE.band)
    right.plot(depth, gain, color=PALETTE.accent)
    right.plot([0, 1], [0, 1], color=PALETTE.muted, linewidth=1, linestyle="--")
    direct_label(right, 0.6, 0.6, "by chance", PALETTE.muted, offset=(4, -8), ha="left", va="top")
    right.set_xlim(0, 1)
    right.set_ylim(0, 1.02)
    percent_ticks(right)
    percent_ticks(right, axis="x")
    axis_units(right, x=f"Share of {card.noun} acted on", y="Share of all outcomes found (95%)")
    headline(right, f"The top 30% hold {percent(float(rows.gain.iloc[2]), 0)} of outcomes")
    return fig


def calibration(result: PropensityResult) -> Figure:
    """Probabilities against rates, tenth by tenth of the test."""
    rows = result.tenths
    fig, ax = new_figure(height=3.1)
    largest = 1.08 * float(max(rows.expected.max(), rows.rate_upper.max()))
    ax.plot([0, largest], [0, largest], color=PALETTE.muted, linewidth=1, linestyle="--")
    errors = [rows.rate - rows.rate_lower, rows.rate_upper - rows.rate]
    ax.errorbar(
        rows.expected,
        rows.rate,
        yerr=np.maximum(errors, 0),
        fmt="o",
        color=PALETTE.accent,
        markersize=4.5,
        elinewidth=1.1,
        capsize=2,
    )
    direct_label(ax, largest, largest, "as promised", PALETTE.muted, offset=(-30, 0), ha="right", va="top")
    ax.set_xlim(0, largest)
    ax.set_ylim(0, largest)
    _share_ticks(ax, largest)
    _share_ticks(ax, largest, axis="x")
    axis_units(ax, x="Probability that was given (mean of a tenth of cases)", y="Share with the outcome (95%)")
    error = result.estimate("ece", result.card.model).estimate
    held = next((check.passed for check in result.checks if check.name == "calibration"), True)
    said = "Probabilities hold" if held else "Probabilities don't hold"
    headline(
        ax, f"{said} on {result.card.unseen} cases: {percent(error).removesuffix('%')} percentage points off on average"
    )
    return fig


def over_time(result: PropensityResult) -> Figure:
    """Ranking and rate by block of time: foreseen ones before the test, then the test."""
    blocks = result.blocks
    fig, (left, right) = new_figure(height=3.0, columns=2)
    position = np.arange(len(blocks))
    for part, name, color, x, side in (
        ("learnt", "before the test", PALETTE.muted, 0.02, "left"),
        ("test", "test", PALETTE.accent, 0.98, "right"),
    ):
        here = (blocks.part == part).to_numpy()
        rows = blocks[here]
        errors = np.nan_to_num(np.maximum([rows.auc - rows.auc_lower, rows.auc_upper - rows.auc], 0))
        left.errorbar(position[here], rows.auc, yerr=errors, fmt="o", color=color, markersize=4.5, capsize=2)
        left.text(x, 0.98, name, color=color, fontsize=TEXT_SIZE, ha=side, va="top", transform=left.transAxes)
    left.axhline(0.5, color=PALETTE.muted, linewidth=1, linestyle="--")
    left.set_ylim(min(0.4, float(np.nanmin(blocks.auc_lower.fillna(0.4)))), 1.0)
    axis_units(left, x="Blocks of time, by first day", y="AUC (95%; 0.5 is chance)")
    right.plot(position, blocks.rate, color=PALETTE.accent, marker="o")
    right.plot(position, blocks.expected, color=PALETTE.muted, linestyle="--", marker="o", markersize=3)
    _label_pair(right, position, blocks.rate.to_numpy(dtype=float), blocks.expected.to_numpy(dtype=float))
    right.set_ylim(0, 1.15 * float(max(blocks.rate.max(), blocks.expected.max())))
    _share_ticks(right, float(max(blocks.rate.max(), blocks.expected.max())))
    axis_units(right, x="Blocks of time, by first day", y="Share with the outcome")
    every = 1 + len(blocks) // 6
    days = [f"{pd.Timestamp(start):%-d %b\n%Y}" for start in blocks.start[::every]]
    for ax in (left, right):
        ax.set_xticks(position[::every], days)
        ax.set_xlim(-0.5, len(blocks) - 0.5)
    headline(left, "How well it ranks, over time")
    headline(right, _rate_headline(blocks))
    return fig


def importance(result: PropensityResult) -> Figure:
    """How much the score loses when a column's values are dealt out anew."""
    rows = result.importance.head(MOST_COLUMNS).iloc[::-1]
    fig, ax = new_figure(height=max(2.0, 0.6 + 0.24 * len(rows)))
    position = np.arange(len(rows))
    ax.barh(position, rows.rise, color=PALETTE.accent, height=0.6)
    errors = np.maximum([rows.rise - rows.lower, rows.upper - rows.rise], 0)
    ax.errorbar(rows.rise, position, xerr=errors, fmt="none", ecolor=PALETTE.ink, elinewidth=1, capsize=2)
    ax.axvline(0, color=PALETTE.muted, linewidth=0.8)
    ax.set_yticks(position, [phrase(str(name)) for name in rows.column])
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
    axis_units(ax, x="Rise of the log loss once the column is shuffled (95%)")
    headline(ax, f"What tells most: {short(phrase(str(result.importance.column.iloc[0])))}")
    return fig


def leakage(result: PropensityResult) -> Figure:
    """How well each column alone tells the outcome within blocks of time; beyond the line it may have been written afterwards."""
    rows = result.leakage.head(MOST_COLUMNS).iloc[::-1]
    fig, ax = new_figure(height=max(2.0, 0.7 + 0.24 * len(rows)))
    position = np.arange(len(rows))
    leaking = (rows.verdict == "leakage").to_numpy()
    for mask, color in ((~leaking, PALETTE.accent), (leaking, PALETTE.negative)):
        part = rows[mask]
        errors = np.nan_to_num(np.maximum([part.auc - part.lower, part.upper - part.auc], 0))
        ax.errorbar(part.auc, position[mask], xerr=errors, fmt="o", color=color, markersize=4.5, capsize=2)
    ax.axvline(SUSPICIOUS_AUC, color=PALETTE.negative, linewidth=1, linestyle="--")
    direct_label(ax, SUSPICIOUS_AUC, -0.6, "suspicious from here", PALETTE.negative, offset=(4, 3), va="bottom")
    ax.axvline(0.5, color=PALETTE.muted, linewidth=1)
    ax.set_yticks(position, [phrase(str(name)) for name in rows.column])
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.set_xlim(min(0.45, float(rows.lower.fillna(0.45).min()) - 0.01), 1.0)
    ax.grid(visible=False, axis="y")
    axis_units(ax, x="AUC of the column alone, within blocks of time (95%; 0.5 is chance)")
    leaks = list(result.leakage.column[result.leakage.verdict == "leakage"])
    said = (
        f"{' and '.join(map(short, leaks)) if len(leaks) == 2 else few_names(leaks)}: as if written down afterwards"
        if leaks
        else "No column tells more than a cause would"
    )
    headline(ax, said)
    return fig


def _label_pair(ax: Axes, x: np.ndarray, came: np.ndarray, expected: np.ndarray) -> None:
    higher = came[-1] >= expected[-1]
    direct_label(ax, x[-1], came[-1], "came", PALETTE.accent, offset=(5, 6 if higher else -6))
    direct_label(ax, x[-1], expected[-1], "expected", PALETTE.muted, offset=(5, -6 if higher else 6))


def _share_ticks(ax: Axes, largest: float, axis: Literal["x", "y"] = "y") -> None:
    """Percentages at steps that need no more digits than they are printed with."""
    ax.locator_params(axis=axis, nbins=6, steps=[1, 2, 5, 10])
    percent_ticks(ax, axis=axis, digits=0 if largest >= 0.06 else 1)


def _rate_headline(blocks: pd.DataFrame) -> str:
    test = blocks[blocks.part == "test"]
    came = float(np.average(test.rate, weights=test.rows))
    expected = float(np.average(test.expected, weights=test.rows))
    return f"Test: {percent(came)} came, {percent(expected)} expected"
