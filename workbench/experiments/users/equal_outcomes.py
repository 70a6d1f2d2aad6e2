"""On how many equal outcomes a mean rests: those that would have the same spread relative to their size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import ibis

from workbench.config import Metric
from workbench.experiments.users.engine import Moments
from workbench.experiments.users.winsorizing import measured_columns

FEWEST = 50
COUNTED = ("mean", "proportion", "count")

type Sizes = Mapping[tuple[str, str], float]


def equal_outcomes(moments: Moments, column: str, size: float | None = None) -> float:
    """(Σ |x|)² / Σ x²: the buyers, where each spends alike, fewer where some spend much more.

    Args:
        moments: Of one arm.
        column: The outcome.
        size: Mean of its absolute value; the absolute value of its mean unless it takes both signs.
    """
    squared = moments.mean[column] ** 2
    total = squared + moments.covariance[column, column] * (moments.units - 1) / moments.units
    if total <= 0:
        return 0.0
    return moments.units * (squared if size is None else size**2) / total


def outcome_sizes(numbers: ibis.Table, arms: Mapping[str, Moments], metrics: Iterable[Metric]) -> Sizes:
    """Mean absolute outcomes by arm and column, asked only for where the mean itself rests on few outcomes.

    Gains and losses that cancel make a small mean of many outcomes.
    """
    columns = dict.fromkeys(measured_columns(metric)[0] for metric in metrics if metric.kind in COUNTED)
    scarce = [name for name in columns if any(equal_outcomes(arm, name) < FEWEST for arm in arms.values())]
    if not scarce:
        return {}
    sizes = {f"size_{i}": numbers[name].abs().mean() for i, name in enumerate(scarce)}
    found = numbers.group_by("variant").aggregate(**sizes).to_pyarrow().to_pylist()
    return {(row["variant"], name): row[f"size_{i}"] for row in found for i, name in enumerate(scarce)}
