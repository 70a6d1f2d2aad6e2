"""Moments by segment: small cells in the engine, pooled exactly into the values of each segment."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import ibis
import numpy as np

from workbench.config import Metric
from workbench.errors import SpecError
from workbench.experiments.users.engine import Cells, Moments, measure_cells, wanted_moments
from workbench.experiments.users.units import DAY, segment_column

NO_SEGMENT = "not known"
MOST_VALUES = 100
MOST_CELLS = 20_000
GLANCE = 20_000

type SegmentMoments = dict[str, dict[str, dict[str, Moments]]]


def segment_moments(
    numbers: ibis.Table, arms: Sequence[str], segments: Mapping[str, int], metrics: Sequence[Metric]
) -> SegmentMoments:
    """Moments by segment, its value and arm: in one pass over the cells that all segments cut together, while these are few.

    Args:
        numbers: One row per unit, with `variant`, the segments as text and the metrics' columns as complete floats.
        arms: Variants in the order wanted.
        segments: About how many values each segment has, by name.
        metrics: What is compared between segments.

    Raises:
        SpecError: If a segment has so many values that it names units rather than groups.
    """
    if not segments:
        return {}
    wanted = wanted_moments(metrics)
    cells = len(arms) * math.prod(segments.values())
    cuts = [tuple(segments)] if cells <= MOST_CELLS else [(segment,) for segment in segments]
    measured = {cut: measure_cells(numbers, [*map(segment_column, cut)], wanted) for cut in cuts}
    return {segment: _margin(cells, segment, arms) for cut, cells in measured.items() for segment in cut}


def values_at_a_glance(numbers: ibis.Table, segments: Sequence[str]) -> tuple[dict[str, int], int]:
    """Number of values of each segment and number of days among the first units, no day where units have none.

    That is enough to choose how to cut, and to know a name from a group.

    Raises:
        SpecError: If a segment has so many values that it names units rather than groups.
    """
    columns = [*map(segment_column, segments), *({DAY} & set(numbers.columns))]
    if not columns:
        return {}, 0
    glance = numbers.select(columns).limit(GLANCE)
    found = glance.aggregate({name: glance[name].nunique() for name in columns}).to_pyarrow().to_pylist()[0]
    values = {name: int(found[segment_column(name)]) for name in segments}
    for name in segments:
        _require_groups(name, values[name])
    return values, int(found.get(DAY, 0))


def _require_groups(segment: str, values: int) -> None:
    if values > MOST_VALUES:
        raise SpecError(
            f"segment {segment} has over {MOST_VALUES} values, so it names units rather than groups of them; "
            "map it to fewer groups, or leave it out of segments"
        )


def _margin(cells: Cells, segment: str, arms: Sequence[str]) -> dict[str, dict[str, Moments]]:
    """Pool the cells of each value and arm."""
    # Named here and not in the engine, which groups by its own compressed text several times faster.
    of_value = cells.keys[segment_column(segment)].fillna(NO_SEGMENT).to_numpy()
    of_arm = cells.keys["variant"].to_numpy()
    values = sorted(set(of_value))
    _require_groups(segment, len(values))
    members = {(value, arm): np.flatnonzero((of_value == value) & (of_arm == arm)) for value in values for arm in arms}
    return {
        value: {arm: cells.pooled(members[value, arm]) for arm in arms if members[value, arm].size} for value in values
    }
