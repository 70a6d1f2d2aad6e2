"""How far a media mix can be trusted: returns under every form of the model, and weeks that it had not seen."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import batched
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.mmm.family.summary import ALL_FORMS
from workbench.present.style import (
    PALETTE,
    PANEL_NAME,
    axis_units,
    direct_label,
    headline,
    money_ticks,
    new_figure,
    rows_and_columns,
    short,
)
from workbench.wording import interval, money, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANELS_PER_ROW = 3
ROW_INCHES = 0.15
WEEKS_A_TICK = 26


def every_return_by_form(table: pd.DataFrame, currency: str) -> Iterator[Figure]:
    """`returns_by_form`, a figure for each few channels so that pages can break between them."""
    channels = list(table["channel"].drop_duplicates())
    _, columns = rows_and_columns(len(channels), PANELS_PER_ROW)
    for few in batched(channels, columns):
        yield returns_by_form(table[table["channel"].isin(few)], currency)


def returns_by_form(table: pd.DataFrame, currency: str) -> Figure:
    """Each channel's return under each form, those that foresee best on top, and under all of them together below.

    Blue and in figures: all forms together; percentages: weights.

    Args:
        table: What `mmm.family.summary.roas_by_form` returns, of a few channels.
        currency: ISO 4217 code.
    """
    channels = [str(name) for name in table["channel"].drop_duplicates()]
    forms = table[table["channel"] == channels[0]].sort_values("weight", ascending=False)
    forms = pd.concat([forms[forms["form"] != ALL_FORMS], forms[forms["form"] == ALL_FORMS]])
    figure, axes = new_figure(height=0.85 + ROW_INCHES * len(forms), columns=len(channels), sharey=True)
    panels = np.atleast_1d(axes)
    for ax, channel in zip(panels, channels, strict=True):
        of_channel = table[table["channel"] == channel].set_index("form").loc[forms["form"]]
        _draw_forms(ax, of_channel, channel, currency)
    panels[0].set_yticks(range(len(forms)), list(forms["in_words"]))
    panels[0].set_ylim(len(forms) - 0.4, -0.6)
    _tell_weights(panels[-1], forms)
    return figure


def held_out_weeks(weeks: pd.DataFrame, currency: str) -> Figure:
    """Weekly revenue of all markets that the model had not seen, and what it foresaw, origin by origin.

    Args:
        weeks: `weeks` of a `mmm.holdout.expanding.Holdout`.
        currency: ISO 4217 code.
    """
    from matplotlib.dates import MonthLocator

    figure, ax = new_figure(height=2.8)
    for origin, ahead in weeks.groupby("origin"):
        ax.fill_between(ahead["week"], ahead["lower"], ahead["upper"], color=PALETTE.band, lw=0)
        ax.plot(ahead["week"], ahead["predicted"], color=PALETTE.accent)
        ax.axvline(origin, color=PALETTE.muted, lw=0.8, ls=(0, (3, 2)))
    ax.plot(weeks["week"], weeks["actual"], color=PALETTE.ink, lw=1)
    last = weeks.iloc[-1]
    below = (-7.0, 7.0) if last["actual"] < last["predicted"] else (7.0, -7.0)
    for name, ink, shift in (("actual", PALETTE.ink, below[0]), ("predicted", PALETTE.accent, below[1])):
        direct_label(ax, last["week"], last[name], name, ink, offset=(5.0, shift))
    ax.xaxis.set_major_locator(MonthLocator(interval=math.ceil(weeks["week"].nunique() / WEEKS_A_TICK)))
    money_ticks(ax, currency)
    axis_units(
        ax,
        x="Weeks after a dashed line were foreseen from those before it; the band is the 80% interval",
        y=f"Revenue a week ({currency})",
    )
    inside = ((weeks["actual"] >= weeks["lower"]) & (weeks["actual"] <= weeks["upper"])).mean()
    error, naive = weeks["crps"].mean(), weeks["crps_seasonal_naive"].mean()
    headline(
        ax,
        f"Weeks that the model had not seen: off by {money(error, currency)}, last year's weeks by {money(naive, currency)}; "
        f"{percent(inside, 0)} inside the 80% interval",
    )
    return figure


def _draw_forms(ax: Axes, of_channel: pd.DataFrame, channel: str, currency: str) -> None:
    heaviest = of_channel.loc[of_channel.index != ALL_FORMS, "weight"].max()
    for row, (form, weight, estimate, lower, upper) in enumerate(
        of_channel.reset_index()[["form", "weight", "estimate", "lower", "upper"]].itertuples(index=False)
    ):
        together = form == ALL_FORMS
        color = PALETTE.accent if together else PALETTE.muted
        width = 2.8 if together else 0.6 + 1.4 * weight / heaviest
        ax.plot([lower, upper], [row, row], color=color, lw=width, solid_capstyle="butt")
        ax.plot(estimate, row, "o", color=color, ms=5 if together else 3.5)
    ax.axvline(1.0, color=PALETTE.negative, lw=1)
    ax.grid(visible=False, axis="y")
    ax.set_xlim(left=0)
    ax.locator_params("x", nbins=3)
    money_ticks(ax, currency, "x")
    estimate, lower, upper = (float(of_channel[name].iloc[-1]) for name in ("estimate", "lower", "upper"))
    axis_units(ax, x=interval(lower, upper, currency))
    headline(ax, f"{short(channel, PANEL_NAME)}: {money(estimate, currency)}")


def _tell_weights(ax: Axes, forms: pd.DataFrame) -> None:
    """At the right edge of the last panel."""
    edge = ax.get_xlim()[1]
    ax.set_xlim(right=edge)
    for row, (form, weight) in enumerate(zip(forms["form"], forms["weight"], strict=True)):
        if form != ALL_FORMS:
            direct_label(ax, edge, row, percent(weight, 0), PALETTE.muted)
