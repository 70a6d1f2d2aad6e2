"""What each creative did in each segment, aggregated where the units are stored."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import ibis
import numpy as np
import pandas as pd

from workbench.config import CreativeExperiment
from workbench.errors import DataError, SpecError
from workbench.experiments.creative.requirements import require_complete, require_readable
from workbench.experiments.unit_rows import as_float
from workbench.experiments.users.winsorizing import measured_columns, winsorize

EVERYONE = "all"
SEPARATOR = " / "
MOST_CELLS = 4_000
# Below this a cell's own variance says little about the cell, and that of all units is taken.
FEWEST_FOR_VARIANCE = 30


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Creatives that were shown, by segment.

    Attributes:
        factors: Names of the factors.
        creatives: One part of each factor, C in all.
        segments: Values of the segment column, `all` without one; S in all.
        units: Shape (C, S).
        mean: Of the metric, NaN without units, shape (C, S).
        variance: Sampling variance of `mean`, infinite without units, shape (C, S).
        proportion: Whether the metric counts units that did something.
    """

    factors: tuple[str, ...]
    creatives: tuple[tuple[str, ...], ...]
    segments: tuple[str, ...]
    units: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    proportion: bool

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Such as `quality / people / buy`."""
        return tuple(SEPARATOR.join(creative) for creative in self.creatives)

    @cached_property
    def segment_shares(self) -> np.ndarray:
        """Share of the units in each segment, shape (S,)."""
        return np.asarray(self.units.sum(axis=0) / self.units.sum())

    @cached_property
    def average(self) -> float:
        """The metric's mean over all units."""
        seen = self.units > 0
        return float(self.units[seen] @ self.mean[seen] / self.units.sum())


def measure_cells(units: ibis.Table, experiment_id: str, spec: CreativeExperiment) -> Cells:
    """Count and average the metric by creative and segment, in one pass (one more for a winsorised metric).

    Raises:
        SpecError: If the experiment or a column isn't in the table, or the metric is of a kind that can't be compared by cells.
        DataError: If units repeat, parts, segments or outcomes are missing, or only one creative was shown.
    """
    chosen = require_readable(units, experiment_id, spec)
    numbers = chosen.mutate(**{name: as_float(chosen[name]) for name in spec.metric.columns})
    table = _by_cell(winsorize(numbers, (spec.metric,)), spec)
    require_complete(table, experiment_id, spec)
    return _cells(table, experiment_id, spec)


def _by_cell(units: ibis.Table, spec: CreativeExperiment) -> pd.DataFrame:
    """One row per creative and segment: units, missing outcomes, sums and cross products of the metric's columns."""
    columns = measured_columns(spec.metric)
    top = units[columns[0]]
    bottom = units[columns[-1]] if spec.metric.kind == "ratio" else ibis.literal(1.0)
    missing = top.isnull() | top.isnan() | bottom.isnull() | bottom.isnan()
    names = [*spec.factors, *([spec.segment] if spec.segment else [])]
    keys = {name: units[name].cast("string") for name in names}
    measured = units.select(**keys, missing=missing, top=top, bottom=bottom)
    return (
        measured.group_by(names)
        .aggregate(
            units=measured.count(),
            missing=measured.missing.sum(),
            least=measured.top.min(),
            greatest=measured.top.max(),
            between=((measured.top > 0) & (measured.top < 1)).sum(),
            top=measured.top.sum(),
            bottom=measured.bottom.sum(),
            top_top=(measured.top * measured.top).sum(),
            top_bottom=(measured.top * measured.bottom).sum(),
            bottom_bottom=(measured.bottom * measured.bottom).sum(),
        )
        .order_by(names)
        .execute()
    )


def _cells(table: pd.DataFrame, experiment_id: str, spec: CreativeExperiment) -> Cells:
    factors = list(spec.factors)
    creatives = tuple(table[factors].drop_duplicates().sort_values(factors).itertuples(index=False, name=None))
    segments = tuple(sorted(table[spec.segment].unique())) if spec.segment else (EVERYONE,)
    if len(creatives) < 2:
        raise DataError(
            f"experiment {experiment_id} showed one creative only ({SEPARATOR.join(creatives[0])}); add others"
        )
    if len(creatives) * len(segments) > MOST_CELLS:
        raise SpecError(
            f"experiment {experiment_id} has {len(creatives):,} creatives in {len(segments):,} segments, more than "
            f"{MOST_CELLS:,} cells; name fewer factors or a coarser segment"
        )
    row = table[factors].apply(tuple, axis=1).map({name: number for number, name in enumerate(creatives)})
    column = table[spec.segment].map({name: s for s, name in enumerate(segments)}) if spec.segment else 0 * row
    measured = table.assign(variance=_variances(table), mean=table.top / table.bottom.where(table.bottom > 0))

    def spread_out(name: str, empty: float) -> np.ndarray:
        grid = np.full((len(creatives), len(segments)), empty)
        grid[row, column] = measured[name]
        return grid

    return Cells(
        factors=spec.factors,
        creatives=creatives,
        segments=segments,
        units=spread_out("units", 0.0),
        mean=spread_out("mean", np.nan),
        variance=spread_out("variance", np.inf),
        proportion=spec.metric.kind == "proportion",
    )


def _variances(table: pd.DataFrame) -> pd.Series:
    """Sampling variance of each cell's ratio of totals by the delta method; a mean is a ratio to the units."""
    ratio = table.top / table.bottom.where(table.bottom > 0)
    squares = table.top_top - 2 * ratio * table.top_bottom + ratio**2 * table.bottom_bottom
    per_unit = squares / (table.units - 1).where(table.units > 1)
    enough = (table.units >= FEWEST_FOR_VARIANCE) & (per_unit > 0)
    pooled = float(squares.sum() / (table.units.sum() - len(table)))
    kept = per_unit.where(enough, pooled)
    per_cell: pd.Series = kept * table.units / table.bottom.where(table.bottom > 0) ** 2
    return per_cell.fillna(np.inf)
