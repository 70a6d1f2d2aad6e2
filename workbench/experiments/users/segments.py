"""Moments by segment: small cells in the engine, pooled exactly into the values of each segment."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from workbench.config import Metric
from workbench.errors import SpecError
from workbench.experiments.users.engine import Moments, Wanted, wanted_moments
from workbench.experiments.users.units import segment_column

NO_SEGMENT = "not known"
MOST_VALUES = 100
MOST_CELLS = 20_000
GLANCE = 100_000

type Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
type Rows = np.ndarray[tuple[int], np.dtype[np.intp]]
type SegmentMoments = dict[str, dict[str, dict[str, Moments]]]


def segment_moments(
    numbers: ibis.Table, arms: Sequence[str], segments: Sequence[str], metrics: Sequence[Metric]
) -> SegmentMoments:
    """Moments by segment, its value and arm: in one pass over the cells that all segments cut together, while these are few.

    Args:
        numbers: One row per unit, with `variant`, the segments as text and the metrics' columns as complete floats.
        arms: Variants in the order wanted.
        segments: The segments' names.
        metrics: What is compared between segments.

    Raises:
        SpecError: If a segment has so many values that it names units rather than groups.
    """
    if not segments:
        return {}
    wanted = wanted_moments(metrics)
    cells = len(arms) * math.prod(_values_at_a_glance(numbers, segments).values())
    cuts = [tuple(segments)] if cells <= MOST_CELLS else [(segment,) for segment in segments]
    measured = {cut: _cells(numbers, cut, wanted) for cut in cuts}
    return {segment: _margin(frame, segment, arms, wanted) for cut, frame in measured.items() for segment in cut}


def _values_at_a_glance(numbers: ibis.Table, segments: Sequence[str]) -> dict[str, int]:
    """Number of values of each segment among the first units: enough to choose how to cut, and to know a name from a group."""
    glance = numbers.select(map(segment_column, segments)).limit(GLANCE)
    counts = glance.aggregate({name: glance[segment_column(name)].nunique() for name in segments})
    found: dict[str, int] = counts.to_pyarrow().to_pylist()[0]
    for name, values in found.items():
        _require_groups(name, values)
    return found


def _require_groups(segment: str, values: int) -> None:
    if values > MOST_VALUES:
        raise SpecError(
            f"segment {segment} has over {MOST_VALUES} values, so it names units rather than groups of them; "
            "map it to fewer groups, or leave it out of segments"
        )


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Arms cut by segments.

    Attributes:
        keys: Arm and value of each segment, one row per cell.
        units: Number of units, shape (cell,).
        means: Shape (cell, column).
        products: Sums of squares and products about the cell's means, shape (cell, square or pair).
    """

    keys: pd.DataFrame
    units: Array
    means: Array
    products: Array


def _cells(numbers: ibis.Table, segments: Sequence[str], wanted: Wanted) -> Cells:
    measures: dict[str, ibis.Value] = {"units": numbers.count()}
    measures |= {f"mean {name}": numbers[name].mean() for name in wanted.columns}
    measures |= {f"{a} × {b}": _covariance(numbers, a, b) for a, b in _squares_and_pairs(wanted)}
    keys = ["variant", *map(segment_column, segments)]
    cells = numbers.group_by(keys).aggregate(measures).execute()
    units = cells.units.to_numpy(float)
    products = cells[[f"{a} × {b}" for a, b in _squares_and_pairs(wanted)]].to_numpy(float)
    return Cells(
        # Named here and not in the engine, which groups by its own compressed text several times faster.
        keys=cells[keys].fillna(NO_SEGMENT),
        units=units,
        means=cells[[f"mean {name}" for name in wanted.columns]].to_numpy(float),
        # A cell of one unit has no sample variance, and no square about its mean.
        products=np.nan_to_num(products) * (units - 1)[:, None],
    )


def _covariance(numbers: ibis.Table, a: str, b: str) -> ibis.Value:
    return numbers[a].var(how="sample") if a == b else numbers[a].cov(numbers[b], how="sample")


def _squares_and_pairs(wanted: Wanted) -> list[tuple[str, str]]:
    return [*((name, name) for name in wanted.columns), *wanted.pairs]


def _margin(cells: Cells, segment: str, arms: Sequence[str], wanted: Wanted) -> dict[str, dict[str, Moments]]:
    """Pool the cells of each value and arm."""
    of_value, of_arm = (cells.keys[name].to_numpy() for name in (segment_column(segment), "variant"))
    values = sorted(set(of_value))
    _require_groups(segment, len(values))
    members = {(value, arm): np.flatnonzero((of_value == value) & (of_arm == arm)) for value in values for arm in arms}
    return {
        value: {arm: _pooled(cells, members[value, arm], wanted) for arm in arms if members[value, arm].size}
        for value in values
    }


def _pooled(cells: Cells, members: Rows, wanted: Wanted) -> Moments:
    """Squares within the cells, plus those between their means."""
    units, means = cells.units[members], cells.means[members]
    total = units.sum()
    mean = units @ means / total
    column = {name: i for i, name in enumerate(wanted.columns)}
    between = (means - mean).T @ ((means - mean) * units[:, None])
    products = cells.products[members].sum(axis=0)
    values = {
        (a, b): float(within + between[column[a], column[b]]) / (total - 1) if total > 1 else math.nan
        for (a, b), within in zip(_squares_and_pairs(wanted), products, strict=True)
    }
    values |= {(b, a): value for (a, b), value in values.items()}
    return Moments(units=int(total), mean=dict(zip(wanted.columns, map(float, mean), strict=True)), covariance=values)
