"""Geo inference on simulated worlds: how often it is wrong, and whether it ever contradicts itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.experiments.geo.conformal import infer_effect, suppose_effects
from workbench.experiments.geo.synthetic_control import fit_synthetic_control

from .conftest import geo_world

type World = tuple[np.ndarray, np.ndarray, np.ndarray]


def arrays(frame: pd.DataFrame, tested: int) -> World:
    grid = frame.pivot(index="date", columns="market", values="kpi")
    treated = grid.columns.str.startswith("treated")
    return (
        grid.loc[:, treated].mean(axis=1).to_numpy(),
        grid.loc[:, ~treated].to_numpy(),
        np.arange(len(grid)) >= len(grid) - tested,
    )


def p_value(treated: np.ndarray, donors: np.ndarray, tested: np.ndarray, effect: float = 0.0) -> float:
    return suppose_effects(treated, donors, tested).p_value(effect)


def estimate_of(world: World) -> float:
    treated, donors, tested = world
    control = fit_synthetic_control(treated[~tested], donors[~tested])
    return float((treated - control.predict(donors))[tested].mean())


@pytest.mark.slow
def test_p_values_are_uniform_without_an_effect() -> None:
    worlds = [arrays(geo_world(seed=seed, periods=64, tested=7), 7) for seed in range(200)]
    p_values = np.array([p_value(*world) for world in worlds])
    assert stats.kstest(p_values, "uniform").statistic < 0.1
    for level, most in ((0.05, 0.085), (0.1, 0.145), (0.2, 0.26)):
        # Nominal plus two to three binomial standard errors.
        assert np.mean(p_values <= level) <= most


@pytest.mark.slow
def test_a_true_effect_is_in_the_interval_as_often_as_promised() -> None:
    # The interval holds the truth exactly where the truth isn't rejected.
    worlds = [arrays(geo_world(seed=1_000 + seed, periods=64, tested=7, effect=2.0), 7) for seed in range(200)]
    kept = np.mean([p_value(*world, effect=2.0) > 0.1 for world in worlds])
    assert 0.855 <= kept <= 0.945


@pytest.mark.parametrize("seed", range(12))
def test_p_value_and_interval_never_contradict(seed: int) -> None:
    world = arrays(geo_world(seed=seed, periods=40, tested=6, donors=5, effect=0.2 * (seed % 6)), 6)
    estimate = estimate_of(world)
    for level in (0.8, 0.9):
        found = infer_effect(suppose_effects(*world), estimate, level)
        assert found.lower <= estimate <= found.upper
        excludes_zero = found.lower > 0 or found.upper < 0
        assert (found.p_value <= 1 - level + 1e-12) == excludes_zero


@pytest.mark.parametrize("seed", range(6))
def test_a_widened_interval_is_so_many_times_as_wide_and_its_p_value_agrees(seed: int) -> None:
    world = arrays(geo_world(seed=seed, periods=40, tested=6, donors=5, effect=0.4 * seed), 6)
    estimate, supposed = estimate_of(world), suppose_effects(*world)
    plain, widened = infer_effect(supposed, estimate, 0.9), infer_effect(supposed, estimate, 0.9, 1.8)
    assert widened.lower == pytest.approx(estimate + 1.8 * (plain.lower - estimate), abs=0.01)
    assert widened.upper == pytest.approx(estimate + 1.8 * (plain.upper - estimate), abs=0.01)
    excludes_zero = widened.lower > 0 or widened.upper < 0
    assert (widened.p_value <= 0.1 + 1e-12) == excludes_zero
    assert widened.p_value >= plain.p_value


def test_the_tests_own_gap_is_the_estimate_less_the_supposed_effect() -> None:
    world = arrays(geo_world(seed=5, periods=40, tested=6, effect=3.0), 6)
    assert suppose_effects(*world).gap(34, 1.25) == pytest.approx(estimate_of(world) - 1.25, rel=1e-9)


@pytest.mark.parametrize(("periods", "donors"), [(40, 5), (30, 45)])
def test_reduced_fits_are_the_plain_ones(periods: int, donors: int) -> None:
    world = treated, controls, tested = arrays(geo_world(seed=6, periods=periods, tested=6, donors=donors), 6)
    supposed = suppose_effects(*world)
    for first in range(periods):
        block = np.isin(np.arange(periods), (first + np.arange(6)) % periods)
        untreated = treated - 0.7 * tested
        plain = fit_synthetic_control(untreated[~block], controls[~block])
        gap = (untreated - plain.predict(controls))[block].mean()
        assert supposed.gap(first, 0.7) == pytest.approx(gap, abs=1e-8)


def test_the_interval_ends_where_rejection_begins() -> None:
    world = arrays(geo_world(seed=8, periods=60, tested=8, effect=2.0), 8)
    found = infer_effect(suppose_effects(*world), estimate_of(world), 0.9)
    width = found.upper - found.lower
    for inside, outside in ((found.lower, found.lower - 0.01 * width), (found.upper, found.upper + 0.01 * width)):
        assert p_value(*world, effect=inside) > 0.1
        assert p_value(*world, effect=outside) <= 0.1


def test_a_constant_added_to_every_treated_period_changes_nothing() -> None:
    treated, donors, tested = arrays(geo_world(seed=9, periods=40, tested=6, effect=1.0), 6)
    assert p_value(treated, donors, tested) == p_value(treated + 500, donors, tested)
