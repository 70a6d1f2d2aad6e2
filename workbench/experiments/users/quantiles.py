"""A quantile in each arm, with the error that its order statistics give."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import ibis
from scipy import stats

from workbench.config import Metric
from workbench.errors import DataError
from workbench.experiments.users.estimators import ArmMean


@dataclass(frozen=True, kw_only=True)
class ArmQuantile(ArmMean):
    """A quantile in one arm.

    Attributes:
        tied: Whether its interval ends at the quantile itself: so many units share that value that the interval jumps from value to
            value, and covers the truth in as few as half of all tests.
    """

    tied: bool


def arm_quantiles(
    numbers: ibis.Table, counts: Mapping[str, int], metrics: Iterable[Metric], level: float
) -> dict[tuple[str, str], ArmQuantile]:
    """Every quantile metric in every arm, in one pass.

    The number of units below a quantile is binomial, so the quantiles at `q ± z sqrt(q (1 - q) / n)` bound it without any
    density; their distance is 2 z standard errors.

    Args:
        numbers: One row per unit, with `variant` and the metrics' columns as complete floats.
        counts: Units per variant.
        metrics: What is measured; metrics of other kinds are passed over.
        level: Probability of the intervals.

    Returns:
        `{(variant, metric name): quantile}`, without weights, as a quantile is no linear form in means.

    Raises:
        DataError: If an arm has too few units for the quantile's interval to lie inside its values.

    References:
        Deng, Knoblich, Lu (2018), Applying the Delta Method in Metric Analytics, section 4.
    """
    z = float(stats.norm.ppf((1 + level) / 2))
    wanted = [(variant, metric) for variant in counts for metric in metrics if metric.quantile is not None]
    if not wanted:
        return {}
    measures = {
        f"{i}_{end}": numbers[metric.name].quantile(share, where=numbers.variant == variant)
        for i, (variant, metric) in enumerate(wanted)
        for end, share in zip(("lower", "at", "upper"), _shares(metric, variant, counts[variant], z), strict=True)
    }
    found = numbers.aggregate(measures).to_pyarrow().to_pylist()[0]
    return {
        (variant, metric.name): ArmQuantile(
            units=counts[variant],
            mean=float(found[f"{i}_at"]),
            weights={},
            variance=((found[f"{i}_upper"] - found[f"{i}_lower"]) / (2 * z)) ** 2,
            # Between equal values, engines interpolate to all but the same.
            tied=any(math.isclose(found[f"{i}_at"], found[f"{i}_{end}"], rel_tol=1e-9) for end in ("lower", "upper")),
        )
        for i, (variant, metric) in enumerate(wanted)
    }


def _shares(metric: Metric, variant: str, units: int, z: float) -> tuple[float, float, float]:
    quantile = metric.quantile
    assert quantile is not None
    margin = z * math.sqrt(quantile * (1 - quantile) / units)
    if not margin < min(quantile, 1 - quantile):
        needed = math.floor(z**2 * max(quantile / (1 - quantile), (1 - quantile) / quantile)) + 1
        raise DataError(
            f"arm {variant} has {units:,} units, too few for the quantile {quantile:g} of {metric.name}, whose interval needs "
            f"at least {needed:,}; wait for more, or take a quantile nearer to 0.5"
        )
    return quantile - margin, quantile, quantile + margin
