"""Quantiles against numpy, Maritz and Jarrett's error, and the truth that their intervals promise to cover."""

from __future__ import annotations

from collections.abc import Callable

import ibis
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.config import Metric
from workbench.errors import DataError
from workbench.experiments.users.estimators import ArmMean, difference
from workbench.experiments.users.quantiles import ArmQuantile, arm_quantiles


def quantile_of(values: np.ndarray, quantile: float) -> ArmQuantile:
    """One arm's quantile by the engine."""
    numbers = ibis.memtable(pd.DataFrame({"variant": "a", "spend": values}))
    metric = Metric(name="spend", kind="quantile", quantile=quantile)
    return arm_quantiles(numbers, {"a": len(values)}, [metric], 0.95)["a", "spend"]


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_a_quantile_is_numpys_and_its_error_maritz_and_jarretts(quantile: float) -> None:
    values = np.random.default_rng(4).lognormal(3, 1, size=20_000)
    found = quantile_of(values, quantile)
    assert found.mean == pytest.approx(np.quantile(values, quantile), rel=1e-12)
    peer = stats.mstats.mjci(values, prob=[quantile])[0]
    assert np.sqrt(found.variance) == pytest.approx(peer, rel=0.1)


def test_a_normal_median_has_the_textbook_error() -> None:
    """The variance of a median tends to pi / 2 times that of the mean."""
    errors = [quantile_of(np.random.default_rng(seed).normal(size=4_000), 0.5).variance for seed in range(40)]
    assert np.mean(errors) == pytest.approx(np.pi / 2 / 4_000, rel=0.06)


@pytest.mark.parametrize(("quantile", "units"), [(0.5, 200), (0.9, 1_000), (0.25, 500)])
def test_differences_of_quantiles_are_covered_as_often_as_promised(quantile: float, units: int) -> None:
    """4,000 worlds at once: the engine groups by world, so each world is a variant of its own."""
    worlds = 4_000
    rng = np.random.default_rng(12)
    samples = np.sort(rng.lognormal(0, 0.8, size=(2, worlds, units)) * np.array([1.0, 1.2])[:, None, None])
    truth = 0.2 * float(stats.lognorm(0.8).ppf(quantile))
    z = stats.norm.ppf(0.975)
    margin = z * np.sqrt(quantile * (1 - quantile) / units)
    lower, at, upper = np.quantile(samples, [quantile - margin, quantile, quantile + margin], axis=2)
    variance = ((upper - lower) / (2 * z)) ** 2
    engine = quantile_of(samples[0, 0], quantile)
    assert (engine.mean, engine.variance) == pytest.approx((at[0, 0], variance[0, 0]), rel=1e-9)
    covered = [
        found.absolute_lower <= truth <= found.absolute_upper
        for world in range(worlds)
        if (
            found := difference(
                *(
                    ArmMean(units=units, mean=float(at[arm, world]), weights={}, variance=float(variance[arm, world]))
                    for arm in (0, 1)
                ),
                0.95,
            )
        )
    ]
    assert 0.935 <= np.mean(covered) <= 0.965


def test_too_few_units_for_a_far_quantile_are_refused_with_the_number_that_is_enough() -> None:
    values = np.arange(50.0)
    with pytest.raises(DataError, match=r"arm a has 50 units, too few for the quantile 0.95 .* at least 73"):
        quantile_of(values, 0.95)
    assert quantile_of(np.arange(73.0), 0.95).variance > 0


def test_every_arm_has_its_own_quantile() -> None:
    frame = pd.DataFrame({"variant": ["a", "b"] * 500, "spend": np.arange(1000.0)})
    metric = Metric(name="spend", kind="quantile", quantile=0.5)
    found = arm_quantiles(ibis.memtable(frame), {"a": 500, "b": 500}, [metric], 0.95)
    assert [found[arm, "spend"].mean for arm in "ab"] == [499.0, 500.0]


@pytest.mark.parametrize(
    ("values", "tied"),
    [
        (lambda rng: rng.lognormal(3, 0.5, size=2_000), False),
        (lambda rng: np.round(rng.lognormal(4, 1, size=2_000)), False),
        (lambda rng: 1.0 + rng.poisson(3, size=2_000), True),
        (lambda rng: np.ceil(rng.lognormal(3, 0.8, size=2_000) / 5) * 5 - 0.01, True),
    ],
    ids=["no ties", "fine ties", "days", "price points"],
)
def test_values_that_many_share_are_told_from_those_that_few_share(
    values: Callable[[np.random.Generator], np.ndarray], tied: bool
) -> None:
    """Of medians of price points, intervals cover no difference in 54% of tests; of finely rounded values, in 95%."""
    assert quantile_of(values(np.random.default_rng(3)), 0.5).tied is tied
