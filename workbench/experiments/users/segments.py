"""Moments by segment: small cells in the engine, pooled exactly into the values of each segment."""

from __future__ import annotations

import math
from collections.abc import Sequence

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


def _cells(numbers: ibis.Table, segments: Sequence[str], wanted: Wanted) -> pd.DataFrame:
    """One row per arm and combination of segments: units, means, and sums of squares and products about the means."""
    units = numbers.count()
    measures: dict[str, ibis.Value] = {"units": units}
    for name in wanted.columns:
        measures |= {f"mean {name}": numbers[name].mean(), f"{name} × {name}": numbers[name].var(how="sample")}
    measures |= {f"{a} × {b}": numbers[a].cov(numbers[b], how="sample") for a, b in wanted.pairs}
    keys = ["variant", *map(segment_column, segments)]
    cells = numbers.group_by(keys).aggregate(measures).execute()
    # Named here and not in the engine, which groups by its own compressed text several times faster.
    cells[keys] = cells[keys].fillna(NO_SEGMENT)
    # A cell of one unit has no sample variance, and no square about its mean.
    products = [name for name in measures if " × " in name]
    squares = cells[products].fillna(0.0).mul(cells.units - 1, axis=0)
    return cells.assign(**{name: squares[name] for name in products})


def _margin(cells: pd.DataFrame, segment: str, arms: Sequence[str], wanted: Wanted) -> dict[str, dict[str, Moments]]:
    """Pool the cells of each value and arm: squares within the cells, plus those between their means."""
    groups = cells.groupby([cells[segment_column(segment)], cells.variant])
    pooled = {(str(value), str(arm)): _pooled(group, wanted) for (value, arm), group in groups}
    values = sorted({value for value, _ in pooled})
    _require_groups(segment, len(values))
    return {value: {arm: pooled[value, arm] for arm in arms if (value, arm) in pooled} for value in values}


def _pooled(cells: pd.DataFrame, wanted: Wanted) -> Moments:
    units = cells.units.to_numpy(float)
    means = cells[[f"mean {name}" for name in wanted.columns]].to_numpy(float)
    mean = units @ means / units.sum()
    apart = dict(zip(wanted.columns, (means - mean).T, strict=True))
    freedom = units.sum() - 1
    values = {
        (a, b): (cells[f"{a} × {b}"].sum() + units @ (apart[a] * apart[b])) / freedom if freedom else np.nan
        for a, b in (*((name, name) for name in wanted.columns), *wanted.pairs)
    }
    values |= {(b, a): value for (a, b), value in values.items()}
    return Moments(
        units=int(units.sum()),
        mean=dict(zip(wanted.columns, map(float, mean), strict=True)),
        covariance={pair: float(value) for pair, value in values.items()},
    )
