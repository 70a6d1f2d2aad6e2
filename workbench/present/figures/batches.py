"""Charts of a batch: one quantity of all its runs, with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.batches import BatchSummary
from workbench.batches.findings import apart, quantity_called
from workbench.present.style import (
    PALETTE,
    axis_units,
    headline,
    most_rows,
    new_figure,
    short,
    tell_left_out,
    unit_ticks,
)
from workbench.wording import percent

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

ROW = 0.24


def batch_figures(result: BatchSummary) -> tuple[Figure, ...]:
    """One chart a quantity."""
    return tuple(
        compared_runs(rows, str(quantity)) for quantity, rows in result.compared.groupby("quantity", sort=False)
    )


def compared_runs(rows: pd.DataFrame, quantity: str) -> Figure:
    """Every entity in every run, entities that differ most first: a dot and its interval each.

    Args:
        rows: Of one quantity: entity, name, estimate, lower, upper, unit, level.
        quantity: Its name.
    """
    ordered = _ordered(rows)
    shown = ordered.head(most_rows(ROW)).iloc[::-1].reset_index(drop=True)
    figure, ax = new_figure(height=1.1 + ROW * len(shown))
    places = np.arange(len(shown))
    ax.hlines(places, shown["lower"], shown["upper"], color=PALETTE.band, lw=6)
    ax.scatter(shown["estimate"], places, s=24, color=PALETTE.accent, zorder=3)
    ax.set_yticks(places, [_called(entity, name) for entity, name in zip(shown["entity"], shown["name"], strict=True)])
    for place in np.flatnonzero(shown["entity"].ne(shown["entity"].shift()).to_numpy())[1:]:
        ax.axhline(place - 0.5, color=PALETTE.grid, lw=0.8)
    ax.set_ylim(-0.6, len(shown) - 0.4)
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
    unit_ticks(ax, str(rows["unit"].iloc[0]), "x")
    axis_units(ax, x=f"{quantity_called(quantity)}, with its {percent(float(rows['level'].iloc[0]), 0)} interval")
    tell_left_out(figure, len(shown), len(ordered), "first")
    headline(ax, _told(rows, quantity))
    return figure


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    """Entities by the gap between their runs, runs by their estimate."""
    gaps = apart(rows)
    rank = {entity: place for place, entity in enumerate(gaps["entity"])}
    ranked = rows.assign(rank=[rank.get(entity, len(rank)) for entity in rows["entity"]])
    return ranked.sort_values(["rank", "entity", "estimate"], ascending=[True, True, False], ignore_index=True)


def _called(entity: str, name: str) -> str:
    return f"{short(entity, 24)} · {short(name, 18)}"


def _told(rows: pd.DataFrame, quantity: str) -> str:
    gaps = apart(rows)
    clear = int((gaps["gap"] > 0).sum()) if len(gaps) else 0
    if clear:
        return f"{quantity_called(quantity)}: runs differ clearly for {clear} of {len(gaps)}"
    return f"{quantity_called(quantity)}: no clear difference between runs"
