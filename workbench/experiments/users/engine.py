"""The one adapter to tea-tasting: the moments of each arm, aggregated where the units are stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import ibis
import numpy as np
from tea_tasting.aggr import Aggregates, read_aggregates

from workbench.config import Metric
from workbench.experiments.users.winsorizing import measured_columns


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


@dataclass(frozen=True)
class Wanted:
    """The moments that metrics need.

    Attributes:
        columns: Columns whose mean and variance are wanted.
        pairs: Pairs of columns whose covariance is wanted, each in alphabetical order.
    """

    columns: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]


def metric_columns(metric: Metric) -> tuple[str, ...]:
    """All columns of the moments that a metric reads, its covariates included; none for a quantile."""
    if metric.kind == "quantile":
        return ()
    return tuple(dict.fromkeys((*measured_columns(metric), *metric.before)))


def wanted_moments(metrics: Iterable[Metric]) -> Wanted:
    """Covariances within each metric, between the metrics with a value, and between all covariates."""
    metrics = tuple(metrics)
    together = [set(metric_columns(metric)) for metric in metrics]
    together.append({name for metric in metrics if metric.value is not None for name in metric_columns(metric)})
    together.append({name for metric in metrics for name in metric.before})
    pairs = {pair for group in together for pair in combinations(sorted(group), 2)}
    return Wanted(tuple(sorted(set().union(*together))), tuple(sorted(pairs)))


def arm_moments(units: ibis.Table, metrics: Iterable[Metric]) -> dict[str, Moments]:
    """Moments of each variant in one pass.

    Args:
        units: One row per unit, with `variant` and the metrics' columns as complete floats.
        metrics: What is measured.
    """
    return moments_and_shares(units, wanted_moments(metrics), ())[0]


def moments_and_shares(
    units: ibis.Table, wanted: Wanted, flags: Sequence[str]
) -> tuple[dict[str, Moments], dict[str, dict[str, float]]]:
    """Moments of each variant, and the share of its units for which a flag (0 or 1) is 1, in one pass."""
    aggregates = read_aggregates(
        units,
        "variant",
        has_count=True,
        mean_cols=(*wanted.columns, *flags),
        var_cols=wanted.columns,
        cov_cols=wanted.pairs,
    )
    shares = {str(variant): {flag: float(arm.mean(flag)) for flag in flags} for variant, arm in aggregates.items()}
    return {str(variant): _moments(arm, wanted) for variant, arm in aggregates.items()}, shares


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


def _moments(arm: Aggregates, wanted: Wanted) -> Moments:
    values = {(name, name): _number(arm.var(name)) for name in wanted.columns}
    values |= {(a, b): _number(arm.cov(a, b)) for a, b in wanted.pairs}
    values |= {(b, a): value for (a, b), value in values.items()}
    return Moments(
        units=int(arm.count()), mean={name: _number(arm.mean(name)) for name in wanted.columns}, covariance=values
    )


def _number(value: float | None) -> float:
    """The engine's answer, NaN where it has none, such as the variance of one unit."""
    return np.nan if value is None else float(value)
