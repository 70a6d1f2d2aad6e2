"""The one adapter to tea-tasting: the moments of each arm, aggregated where the units are stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import ibis
import numpy as np
from tea_tasting.aggr import Aggregates, read_aggregates

from workbench.config import Metric
from workbench.experiments.users.units import outcome_columns


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Sample moments of one arm.

    Attributes:
        units: Number of units.
        mean: Mean of each column.
        covariance: Sample covariance of each pair of columns, both orders; of a column with itself, its variance.
    """

    units: int
    mean: dict[str, float]
    covariance: dict[tuple[str, str], float]


def metric_columns(metric: Metric) -> tuple[str, ...]:
    """All columns that a metric reads, its covariate included."""
    return tuple(dict.fromkeys((*outcome_columns(metric), *((metric.covariate,) if metric.covariate else ()))))


def arm_moments(units: ibis.Table, metrics: Iterable[Metric]) -> dict[str, Moments]:
    """Moments of each variant in one pass: for each metric's columns together, and for those of all metrics with a value.

    Args:
        units: One row per unit, with `variant` and the metrics' columns as complete floats.
        metrics: What is measured.
    """
    metrics = tuple(metrics)
    together = [set(metric_columns(metric)) for metric in metrics]
    together.append({name for metric in metrics if metric.value is not None for name in metric_columns(metric)})
    columns = sorted(set().union(*together))
    pairs = sorted({pair for group in together for pair in combinations(sorted(group), 2)})
    aggregates = read_aggregates(units, "variant", has_count=True, mean_cols=columns, var_cols=columns, cov_cols=pairs)
    return {str(variant): _moments(arm, columns, pairs) for variant, arm in aggregates.items()}


def pooled(left: Moments, right: Moments) -> Moments:
    """Moments of two arms' units taken together."""
    units = left.units + right.units
    apart = {name: left.mean[name] - right.mean[name] for name in left.mean}
    between = left.units * right.units / units
    return Moments(
        units=units,
        mean={name: (left.units * left.mean[name] + right.units * right.mean[name]) / units for name in left.mean},
        covariance={
            (a, b): (
                (left.units - 1) * value + (right.units - 1) * right.covariance[a, b] + between * apart[a] * apart[b]
            )
            / (units - 1)
            for (a, b), value in left.covariance.items()
        },
    )


def covariance(left: dict[str, float], right: dict[str, float], moments: Moments) -> float:
    """Covariance of two linear forms in the columns, given as weights, at unit grain."""
    return float(
        np.sum([a * b * moments.covariance[x, y] for x, a in left.items() for y, b in right.items() if a and b])
    )


def _moments(arm: Aggregates, columns: list[str], pairs: list[tuple[str, str]]) -> Moments:
    values = {(name, name): float(arm.var(name)) for name in columns}
    values |= {(a, b): float(arm.cov(a, b)) for a, b in pairs}
    values |= {(b, a): value for (a, b), value in values.items()}
    return Moments(units=int(arm.count()), mean={name: float(arm.mean(name)) for name in columns}, covariance=values)
