"""Whitening against the correlation matrix that it stands for, and what is learnt of the persistence against worlds that have one."""

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tests.mmm.worlds import simulate
from workbench.config import MediaMix
from workbench.mmm.density import whitening
from workbench.mmm.inputs.design import build_design
from workbench.mmm.inputs.persistence import (
    estimate_persistence,
    profile_log_likelihood,
    week_products,
    with_persistence,
)
from workbench.mmm.shapes.surprises import log_volume, unwhiten, whiten

compiled_whiten = numba.njit(whitening.whiten.py_func)
compiled_pull_back = numba.njit(whitening.pull_back_whitened.py_func)
persistences = st.floats(0.0, 0.95)


def correlation(weeks: int, persistence: float) -> np.ndarray:
    """Of an autoregression of the first order with unit variance."""
    return persistence ** np.abs(np.subtract.outer(np.arange(weeks), np.arange(weeks)))


@given(persistences)
def test_whitened_surprises_are_independent_with_unit_variance(persistence):
    matrix = whiten(np.eye(20), persistence).T
    np.testing.assert_allclose(matrix @ correlation(20, persistence) @ matrix.T, np.eye(20), atol=1e-10)
    assert log_volume(20, persistence) == pytest.approx(np.linalg.slogdet(matrix)[1], abs=1e-9)


@settings(deadline=None)  # the first call compiles
@given(persistences, st.integers(0, 2**31))
def test_the_way_back_and_the_compiled_way_are_the_same(persistence, seed):
    series = np.random.default_rng(seed).normal(size=(3, 25))
    white, compiled = whiten(series, persistence), series.copy()
    compiled_whiten(compiled, persistence)
    np.testing.assert_allclose(unwhiten(white, persistence), series, atol=1e-9)
    np.testing.assert_allclose(compiled, white, rtol=1e-12)
    derivative = np.random.default_rng(seed + 1).normal(size=series.shape)
    expected = derivative @ whiten(np.eye(25), persistence).T
    compiled_pull_back(derivative, persistence)
    np.testing.assert_allclose(derivative, expected, atol=1e-10)


def test_the_profile_is_the_dense_normal_density_at_its_likeliest_noise():
    rng, weeks, persistence = np.random.default_rng(2), 40, 0.6
    columns, kpi = rng.normal(size=(weeks, 3)), rng.normal(size=weeks)
    dense = [
        stats.multivariate_normal.logpdf(
            kpi, np.zeros(weeks), columns @ columns.T + sd**2 * correlation(weeks, persistence)
        )
        for sd in np.geomspace(0.3, 2, 2000)
    ]
    found = profile_log_likelihood(week_products(kpi, columns), persistence) - 0.5 * weeks * np.log(2 * np.pi)
    assert found == pytest.approx(max(dense), abs=1e-3)


@pytest.mark.parametrize(("persistence", "markets"), [(0.0, 1), (0.4, 1), (0.7, 1), (0.0, 3), (0.6, 3)])
def test_the_persistence_of_simulated_surprises_is_found(persistence, markets):
    """Over forty businesses, whose baseline has three knots a year to follow lasting surprises with."""
    found = [_learnt(persistence, markets, seed) for seed in range(40)]
    # Of the mean: one market's estimate is off by a tenth, and can't be below zero.
    assert np.mean(found) == pytest.approx(persistence, abs=0.07)
    assert np.abs(np.array(found) - persistence).max() < 0.4


def test_surprises_that_may_not_last_have_no_persistence():
    design = build_design(simulate(seed=0).panel, MediaMix(), {})
    assert with_persistence(design, MediaMix(lasting_surprises=False)).persistence == 0.0


def _learnt(persistence: float, markets: int, seed: int) -> float:
    world = simulate(seed=seed, markets=markets, persistence=persistence)
    return estimate_persistence(build_design(world.panel, MediaMix(), {}))
