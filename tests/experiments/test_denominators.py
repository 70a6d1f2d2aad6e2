"""A ratio whose denominator hardly happens is named, where simulation shows that its interval fails."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pytest

from workbench.config import Metric, UserExperiment
from workbench.experiments.users.denominators import denominator_checks
from workbench.experiments.users.estimators import arm_means, difference
from workbench.experiments.users.measure import MeasuredTest, measure

from .test_covariates import moments_of

BASKET = Metric(name="basket", kind="ratio", numerator="spend", denominator="orders")
SPEC = UserExperiment(control="a", metrics=(BASKET,))


def orders_at(rate: float, seed: int, units: int = 1_000) -> MeasuredTest:
    """Two equal arms in which each order brings 50 on average."""
    rng = np.random.default_rng(seed)
    orders = rng.binomial(1, rate, size=units)
    frame = pd.DataFrame(
        {"unit_id": np.arange(units), "orders": orders, "spend": orders * rng.exponential(50, size=units)}
    )
    arms = frame.assign(experiment_id="x", variant=np.where(frame.unit_id % 2, "a", "b"))
    return measure(ibis.memtable(arms), "x", SPEC)


def test_noise_is_the_standard_error_of_the_mean_as_a_share_of_it() -> None:
    test = orders_at(0.5, seed=1)
    check = next(denominator_checks(test, SPEC))
    shares = [arm.mean["orders"] for arm in test.arms.values()]
    # Of a proportion p among n units it is sqrt((1 - p) / (p (n - 1))).
    assert check.value == pytest.approx(max(np.sqrt((1 - p) / (p * 499)) for p in shares), rel=1e-9)
    assert check.passed


def test_a_denominator_that_hardly_happens_is_named() -> None:
    check = next(denominator_checks(orders_at(0.02, seed=1), SPEC))
    assert check.passed is False
    assert "orders, which basket is divided by, is too near to zero" in check.detail


def test_beyond_the_limit_intervals_miss_more_often_than_promised_and_within_it_they_do_not() -> None:
    rng = np.random.default_rng(5)

    def miss_rate(rate: float) -> float:
        orders = rng.binomial(1, rate, size=(1_200, 2, 500)).astype(float)
        spend = orders * rng.exponential(50, size=orders.shape)
        found = [
            difference(
                *arm_means(BASKET, *(moments_of({"spend": s, "orders": o}) for s, o in zip(*world, strict=True))), 0.95
            )
            for world in zip(spend, orders, strict=True)
            if world[1].any(axis=1).all()
        ]
        return float(np.mean([item.absolute_lower > 0 or item.absolute_upper < 0 for item in found]))

    # The noise is 0.4 and 0.1.
    assert miss_rate(0.012) > 0.08
    assert miss_rate(0.17) < 0.065
