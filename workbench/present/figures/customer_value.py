"""How far a forecast of customers can be trusted, and what new customers are worth by channel, beside what they cost."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from workbench.present.style import (
    PALETTE,
    TEXT_SIZE,
    axis_units,
    count_ticks,
    direct_label,
    headline,
    money_ticks,
    most_rows,
    new_figure,
    short,
    tell_left_out,
)
from workbench.segments import SegmentationResult
from workbench.wording import count, money, number, percent

ROW_HEIGHT = 0.3


def forecast_figures(result: SegmentationResult) -> tuple[Figure, ...]:
    """Expected against actual purchases over the holdout; nothing where there was none."""
    return () if result.calibration.empty else (calibration(result),)


def acquisition_figures(result: SegmentationResult) -> tuple[Figure, ...]:
    """What new customers are worth by group, and beside what they cost, where that is known."""
    values = tuple(value_by_group(result, name) for name in result.groups["group"].unique())
    return (*values, value_to_cost(result)) if result.channels.cac.notna().any() else values


def calibration(result: SegmentationResult) -> Figure:
    """Expected against actual holdout purchases: adding up over time, and by tenth of customers.

    Raises:
        ValueError: If the result has no holdout.
    """
    if result.calibration.empty:
        raise ValueError("the segmentation was not tested on a holdout; see its check holdout_bias")
    fig, (left, right) = new_figure(height=3.0, columns=2)
    _plot_over_time(left, result.calibration[result.calibration.view == "time"], result.time_unit)
    _plot_by_bucket(right, result.calibration[result.calibration.view == "decile"])
    axis_units(right, x="Tenths, by expected purchases", y="Purchases each (95%)")
    bias = result.estimate("holdout_bias", "purchases").estimate
    headline(left, f"In total {percent(abs(bias))} too {'few' if bias < 0 else 'many'} expected")
    headline(right, "Who buys most was foreseen" if _ordered(result.calibration) else "Who buys most\nwas not foreseen")
    return fig


def calibration_by_frequency(result: SegmentationResult) -> Figure:
    """Expected against actual holdout purchases by how often customers had bought."""
    rows = result.calibration[result.calibration.view == "frequency"]
    fig, ax = new_figure(height=2.8)
    _plot_by_bucket(ax, rows)
    axis_units(ax, x="Repeat purchases before the holdout", y="Purchases each (95%)")
    headline(ax, "Forecast by earlier repeat purchases")
    return fig


def value_by_group(result: SegmentationResult, group: str) -> Figure:
    """What a new customer of each level brings over the horizon, learnt together and from the level's own customers alone.

    Raises:
        ValueError: If the result doesn't compare customers by this group.
    """
    every = result.groups[result.groups["group"] == group].sort_values("ltv")
    rows = every.tail(most_rows(ROW_HEIGHT))
    if rows.empty:
        raise ValueError(f"the segmentation did not compare customers by {group}; see its check groups_pooled")
    fig, ax = new_figure(height=1.2 + ROW_HEIGHT * len(rows))
    position = np.arange(len(rows))
    for shift, (middle, lower, upper), color, name in (
        (0.12, ("ltv", "lower", "upper"), PALETTE.accent, "learning from all"),
        (-0.18, ("ltv_unpooled", "unpooled_lower", "unpooled_upper"), PALETTE.muted, "on its own"),
    ):
        errors = np.maximum([rows[middle] - rows[lower], rows[upper] - rows[middle]], 0)
        ax.errorbar(
            rows[middle], position + shift, xerr=errors, fmt="o", color=color, markersize=4, elinewidth=1.2, capsize=2
        )
        place = (-6.0, 15.0 if shift > 0 else 4.0)
        ax.annotate(
            name,
            (1, 0),
            place,
            xycoords="axes fraction",
            textcoords="offset points",
            color=color,
            fontsize=TEXT_SIZE,
            ha="right",
        )
    sizes = [f"{short(level)} ({count(size)})" for level, size in zip(rows.level, rows.customers, strict=True)]
    ax.set_yticks(position, sizes)
    ax.grid(visible=False, axis="y")
    money_ticks(ax, result.currency, axis="x")
    axis_units(ax, x=f"Value of a new customer, first {result.horizon} {result.time_unit}s (95% interval)")
    tell_left_out(fig, len(rows), len(every), "best")
    best = rows.iloc[-1]
    headline(ax, f"New customers are worth most from {short(best.level)}: {money(best.ltv, result.currency)}")
    return fig


def value_to_cost(result: SegmentationResult) -> Figure:
    """Value of a new customer over what it cost to acquire, by channel; at 1 it has paid back within the horizon.

    Raises:
        ValueError: If no channel's cost is known.
    """
    every = result.channels[result.channels.cac.notna()].sort_values("ltv_to_cac")
    rows = every.tail(most_rows(ROW_HEIGHT))
    if rows.empty:
        raise ValueError("no acquisition channel has spend; map the table media with the same channel names")
    fig, ax = new_figure(height=1.2 + ROW_HEIGHT * len(rows))
    position = np.arange(len(rows))
    colors = [PALETTE.positive if ratio >= 1 else PALETTE.negative for ratio in rows.ltv_to_cac]
    ax.barh(position, rows.ltv_to_cac, color=colors, height=0.6)
    errors = np.maximum([rows.ltv_to_cac - rows.ltv_to_cac_lower, rows.ltv_to_cac_upper - rows.ltv_to_cac], 0)
    ax.errorbar(rows.ltv_to_cac, position, xerr=errors, fmt="none", ecolor=PALETTE.ink, elinewidth=1.2, capsize=2)
    for at, row in enumerate(rows.itertuples()):
        text = f"{number(float(row.ltv_to_cac), 2)} ({money(float(row.cac), result.currency)} each)"  # type: ignore[arg-type]
        beside = np.nanmax([1.0, row.ltv_to_cac, row.ltv_to_cac_upper])
        direct_label(ax, beside, at, text, color=PALETTE.muted)
    ax.axvline(1.0, color=PALETTE.ink, linewidth=1, linestyle="--")
    ax.set_yticks(position, rows.channel)
    ax.set_xlim(right=1.35 * float(np.nanmax([1.0, rows.ltv_to_cac.max(), rows.ltv_to_cac_upper.max()])))
    ax.grid(visible=False, axis="y")
    axis_units(ax, x="Value of a new customer over its cost (dashed: paid back; in brackets: cost)")
    tell_left_out(fig, len(rows), len(every), "best")
    paying = int((every.ltv_to_cac >= 1).sum())
    earn = "channels earns back its cost" if paying == 1 else "channels earn back their cost"
    headline(ax, f"{paying} of {len(every)} {earn} within {result.horizon} {result.time_unit}s")
    return fig


def _ordered(table: pd.DataFrame) -> bool:
    """Whether the tenth that was expected to buy most did."""
    rows = table[table.view == "decile"]
    per_customer = (rows.actual / rows.customers).to_numpy()
    return bool(np.argmax(per_customer) == len(rows) - 1)


def _plot_by_bucket(ax: Axes, rows: pd.DataFrame) -> None:
    position = np.arange(len(rows))
    for shift, kind, color in ((-0.13, "expected", PALETTE.accent), (0.13, "actual", PALETTE.negative)):
        per_customer = rows[[kind, f"{kind}_lower", f"{kind}_upper"]].div(rows.customers, axis=0)
        middle, lower, upper = (per_customer[name].to_numpy() for name in per_customer.columns)
        errors = np.maximum([middle - lower, upper - middle], 0)
        ax.errorbar(
            position + shift, middle, yerr=errors, fmt="o", color=color, markersize=4, elinewidth=1.2, capsize=2
        )
        ax.text(0.04, 0.92 if shift < 0 else 0.84, kind, color=color, fontsize=TEXT_SIZE, transform=ax.transAxes)
    ax.set_xticks(position, rows.bucket)


def _plot_over_time(ax: Axes, rows: pd.DataFrame, time_unit: str) -> None:
    time = rows.bucket.astype(float).to_numpy()
    ax.fill_between(time, rows.expected_lower, rows.expected_upper, color=PALETTE.band)
    higher = "expected" if rows.expected.iloc[-1] >= rows.actual.iloc[-1] else "actual"
    for kind, color in (("expected", PALETTE.accent), ("actual", PALETTE.negative)):
        ax.plot(time, rows[kind], color=color)
        direct_label(ax, time[-1], rows[kind].iloc[-1], kind, color, offset=(5, 6 if kind == higher else -6))
    ax.set_ylim(bottom=0)
    ax.set_xlim(left=0)
    ax.xaxis.set_major_locator(MaxNLocator(nbins="auto", integer=True))
    count_ticks(ax)
    axis_units(ax, x=f"{time_unit.capitalize()}s since the end of calibration", y="Purchases, added up (95%)")
