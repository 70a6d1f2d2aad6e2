"""Extreme values cut to a quantile, where the units are stored."""

from __future__ import annotations

import math
from collections.abc import Iterable

import ibis

from workbench.config import Metric
from workbench.errors import DataError


def measured_columns(metric: Metric) -> tuple[str, ...]:
    """The columns that moments hold a metric's outcome under: those of `units`, or what winsorising made of them."""
    if metric.winsorize is None:
        return metric.columns
    return tuple(_winsorized_name(column, metric.winsorize) for column in metric.columns)


def winsorize(numbers: ibis.Table, metrics: Iterable[Metric]) -> ibis.Table:
    """Add each winsorised column: values above its quantile, taken over all arms together, are cut to it.

    The limit is one number for all arms, so that it can't make a difference between equal ones. Of a ratio, numerator and
    denominator are cut each at its own quantile.

    Raises:
        DataError: If a limit leaves nothing but itself.
    """
    wanted = sorted({(column, metric.winsorize) for metric in metrics for column in metric.columns if metric.winsorize})
    if not wanted:
        return numbers
    limits = _limits(numbers, wanted)
    return numbers.mutate(
        {
            _winsorized_name(column, quantile): _cut(numbers[column], limit)
            for (column, quantile), limit in zip(wanted, limits, strict=True)
        }
    )


def _winsorized_name(column: str, quantile: float) -> str:
    return f"{column} up to its quantile {quantile:g}"


def _limits(numbers: ibis.Table, wanted: list[tuple[str, float]]) -> list[float]:
    limits = numbers.aggregate(
        {f"limit_{i}": numbers[column].quantile(quantile) for i, (column, quantile) in enumerate(wanted)}
        | {f"least_{i}": numbers[column].min() for i, (column, _) in enumerate(wanted)}
    )
    found = limits.to_pyarrow().to_pylist()[0]
    for i, (column, quantile) in enumerate(wanted):
        if found[f"limit_{i}"] is not None and found[f"limit_{i}"] <= found[f"least_{i}"]:
            raise DataError(
                f"units.{column} is {found[f'least_{i}']:g} up to its quantile {quantile:g}, so winsorising there leaves "
                "nothing to compare; take a higher quantile or none"
            )
    # A column without any value has no limit; what is missing is named when the moments are taken.
    return [math.inf if found[f"limit_{i}"] is None else found[f"limit_{i}"] for i in range(len(wanted))]


def _cut(column: ibis.Column, limit: float) -> ibis.Value:
    # Not the engine's least(): some engines ignore a missing value there, which would turn it into the limit.
    return ibis.ifelse(column > limit, limit, column)
