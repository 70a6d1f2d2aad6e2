"""What media caused, what each channel returned, what more of it would, and how well the model follows the KPI."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.mmm.result import MediaMixResult
from workbench.present.style import (
    PALETTE,
    PANEL_NAME,
    axis_units,
    direct_label,
    few_names,
    headline,
    money_ticks,
    most_rows,
    new_figure,
    rows_and_columns,
    short,
    tell_left_out,
)
from workbench.wording import interval, money, one, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CURVES_PER_ROW, MOST_CURVES = 3, 12
MOST_LAYERS = 10
ROW_HEIGHT = 0.36
PRIOR_QUANTILES = (0.05, 0.95)
LABEL_GAP = 0.075
ROAS_REACH = 1.6
LABEL_ROOM = 1.12
LONG_YEARS = 4
# A curve that ends lower than this share of its panel leaves its top free.
LOW = 0.25


def contributions_over_time(result: MediaMixResult) -> Figure:
    """Weekly revenue of all markets, stacked: the baseline below, the channels on it."""
    weekly = result.totals.pivot_table(index="week", columns=["kind", "component"], values="estimate", sort=False)
    baseline: pd.Series[float] = weekly.loc[:, ["baseline"]].sum(axis=1)
    channels = _few_layers(pd.DataFrame({result.label(name): weekly["media", name] for name in result.by_contribution}))
    figure, ax = new_figure(height=2.9)
    colors = [PALETTE.grid, *(_color(i) for i in range(channels.shape[1]))]
    ax.stackplot(weekly.index, baseline, *channels.to_numpy().T, colors=colors, lw=0)
    tops = np.cumsum([baseline.iloc[-1], *channels.iloc[-1]])
    middles = (np.concatenate([[0.0], tops[:-1]]) + tops) / 2
    names = ["baseline", *channels.columns]
    inks = [PALETTE.muted, *colors[1:]]
    for y, name, ink in zip(_spread(middles, LABEL_GAP * ax.get_ylim()[1]), names, inks, strict=True):
        direct_label(ax, weekly.index[-1], y, name, ink)
    ax.margins(x=0)
    _few_dates(ax, weekly.index)
    money_ticks(ax, result.currency)
    axis_units(ax, y=f"Revenue a week ({result.currency})")
    share = result.estimate("contribution_share", "baseline")
    headline(
        ax,
        f"Media caused {percent(1 - share.estimate, 0)} of revenue "
        f"(90% interval {interval(1 - share.upper, 1 - share.lower, '%')})",
    )
    return figure


def returns_before_and_after(result: MediaMixResult) -> Figure:
    """Each channel's return: what was believed before the data (grey), and after; the line at one is break-even."""
    names = result.by_contribution[: most_rows(ROW_HEIGHT)][::-1]
    prior = result.posterior["prior_roas"].quantile(PRIOR_QUANTILES, dim="draw")
    figure, ax = new_figure(height=1.0 + ROW_HEIGHT * len(names))
    most = float(
        np.nanmax([[roas.upper, roas.estimate, 1.0] for roas in (result.estimate("roas", name) for name in names)])
    )
    reach = LABEL_ROOM * max(most, min(ROAS_REACH * most, float(prior.max())))
    for row, name in enumerate(names):
        roas = result.estimate("roas", name)
        low, high = prior.sel(channel=name).to_numpy()
        ax.plot([low, min(high, reach)], [row - 0.18] * 2, color=PALETTE.grid, lw=5, solid_capstyle="butt")
        ax.plot([roas.lower, roas.upper], [row + 0.1] * 2, color=PALETTE.accent, lw=2.5, solid_capstyle="butt")
        ax.plot(roas.estimate, row + 0.1, "o", color=PALETTE.accent)
        direct_label(
            ax, np.fmax(roas.upper, roas.estimate), row + 0.1, money(roas.estimate, result.currency), PALETTE.accent
        )
    ax.axvline(1.0, color=PALETTE.negative, lw=1)
    ax.set_xlim(0, reach)
    ax.set_ylim(-0.6, len(names) - 0.3)
    direct_label(ax, 1.0, len(names) - 0.4, "break-even", PALETTE.negative, offset=(3, 0))
    ax.set_yticks(range(len(names)), [result.label(name) for name in names])
    ax.grid(visible=False, axis="y")
    money_ticks(ax, result.currency, "x")
    axis_units(ax, x=f"Return per {one(result.currency)} spent; 90% intervals, grey: before the data")
    tell_left_out(figure, len(names), len(result.by_contribution))
    headline(ax, _returns_headline(result))
    return figure


def response_curves(result: MediaMixResult) -> Figure:
    """Revenue a week against constant weekly spend; shaded where as much has never acted, a dot at today."""
    names = result.by_contribution[:MOST_CURVES]
    rows, columns = rows_and_columns(len(names), CURVES_PER_ROW)
    figure, axes = new_figure(height=0.3 + 1.8 * rows, columns=columns, rows=rows)
    for index, ax in enumerate(np.atleast_1d(axes).ravel()):
        if index < len(names):
            _draw_curve(ax, result, names[index])
        else:
            ax.remove()
    tell_left_out(figure, len(names), len(result.by_contribution))
    return figure


def fitted_and_actual(result: MediaMixResult) -> Figure:
    """Weekly revenue of all markets as it was and as baseline and media explain it, with the 90% interval of a new observation.

    What all markets share in a week without a known cause isn't counted as explained.
    """
    actual = result.fit.groupby("week")["actual"].sum()
    explained = result.totals[result.totals["kind"] == "expected"].set_index("week")
    figure, ax = new_figure(height=2.7)
    ax.fill_between(explained.index, explained["lower"], explained["upper"], color=PALETTE.band, lw=0)
    ax.plot(actual.index, actual, color=PALETTE.ink, lw=1)
    ax.plot(explained.index, explained["estimate"], color=PALETTE.accent)
    last = np.array([actual.iloc[-1], explained["estimate"].iloc[-1]])
    ends = _spread(last, LABEL_GAP * (ax.get_ylim()[1] - ax.get_ylim()[0]))
    for name, y, ink in zip(("actual", "explained"), ends, (PALETTE.ink, PALETTE.accent), strict=True):
        direct_label(ax, actual.index[-1], y, name, ink)
    _few_dates(ax, actual.index)
    money_ticks(ax, result.currency)
    axis_units(ax, y=f"Revenue a week ({result.currency})")
    share = 1 - (actual - explained["estimate"]).var() / actual.var()
    headline(ax, f"Baseline and media explain {percent(share, 0)} of the weekly variation of revenue")
    return figure


def _draw_curve(ax: Axes, result: MediaMixResult, name: str) -> None:
    curve = result.curves[result.curves["channel"] == name]
    seen, today = curve.loc[curve["observed"], "spend"], curve[curve["current"]].iloc[0]
    furthest = curve["spend"].max()
    ax.fill_between(curve["spend"], curve["lower"], curve["upper"], color=PALETTE.band, lw=0)
    ax.plot(curve["spend"], curve["estimate"], color=PALETTE.accent)
    for start, end in ((0.0, seen.min()), (seen.max(), furthest)):
        ax.axvspan(start, end, color=PALETTE.grid, alpha=0.55, lw=0)
    ax.plot(today["spend"], today["estimate"], "o", color=PALETTE.negative)
    direct_label(ax, today["spend"], today["estimate"], "today", PALETTE.negative, offset=(0, 9), ha="center")
    ax.set_ylim(bottom=0)
    top = ax.get_ylim()[1]
    at, below = (top, -7) if curve["estimate"].iloc[-1] < LOW * top else (0, 7)
    direct_label(ax, furthest, at, "never tried", PALETTE.muted, offset=(-3, below), ha="right")
    ax.set_xlim(0, furthest)
    ax.locator_params("x", nbins=3)
    money_ticks(ax, result.currency)
    money_ticks(ax, result.currency, "x")
    axis_units(ax, x="Spend a week", y="Revenue a week")
    marginal = result.estimate("marginal_roas", name)
    next_unit = f"{money(marginal.estimate, result.currency)} for the next {one(result.currency)}"
    headline(ax, f"{short(result.label(name), PANEL_NAME)}: {next_unit}")


def _returns_headline(result: MediaMixResult) -> str:
    paid = [result.label(name) for name in result.by_contribution if result.estimate("roas", name).lower > 1]
    if not paid:
        return "No channel's return is certain to be above its cost"
    return (
        f"{few_names(paid)} returned more than {'they' if len(paid) > 1 else 'it'} cost, with at least 95% probability"
    )


def _few_layers(channels: pd.DataFrame) -> pd.DataFrame:
    """The channels that caused most; the others together, where there are too many to tell apart."""
    if channels.shape[1] <= MOST_LAYERS:
        return channels
    kept, others = channels.iloc[:, : MOST_LAYERS - 1], channels.iloc[:, MOST_LAYERS - 1 :]
    return kept.assign(**{f"{others.shape[1]} others": others.sum(axis=1)})


def _few_dates(ax: Axes, weeks: pd.Index) -> None:
    """Ticks so far apart that their labels don't touch."""
    from matplotlib.dates import MonthLocator, YearLocator

    years = len(weeks) / 52
    if years > LONG_YEARS:
        ax.xaxis.set_major_locator(YearLocator())
    else:
        ax.xaxis.set_major_locator(MonthLocator((1, 7) if years > 1.5 else (1, 4, 7, 10)))


def _color(index: int) -> str:
    return PALETTE.categorical[index % len(PALETTE.categorical)]


def _spread(positions: np.ndarray, gap: float) -> np.ndarray:
    """Move labels apart so that no two are nearer than `gap`, keeping their order."""
    order = np.argsort(positions)
    placed = np.asarray(positions, dtype=float)[order]
    for i in range(1, len(placed)):
        placed[i] = max(placed[i], placed[i - 1] + gap)
    spread = np.empty_like(placed)
    spread[order] = placed
    return spread
