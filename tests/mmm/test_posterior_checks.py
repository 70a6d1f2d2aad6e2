"""Checks of residuals, energy and the range of the curves, against statsmodels, closed forms and worlds where the answer is known."""

from dataclasses import replace

import numpy as np
import pytest
from statsmodels.stats.diagnostic import acorr_ljungbox

from tests.mmm.posteriors import prepared as prepare_world
from tests.mmm.posteriors import result_of, sample
from tests.mmm.worlds import simulate
from workbench.mmm.checks.convergence import convergence_check
from workbench.mmm.checks.extrapolation import extrapolation_check
from workbench.mmm.checks.residuals import (
    autocorrelations,
    effective_markets,
    ljung_box,
    residual_autocorrelation_check,
)


def series(correlation: float, *, weeks: int = 156, markets: int = 1, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = np.empty((weeks, markets))
    values[0] = rng.normal(size=markets)
    for t in range(1, weeks):
        values[t] = correlation * values[t - 1] + np.sqrt(1 - correlation**2) * rng.normal(size=markets)
    return values


def test_the_p_value_of_one_market_is_that_of_statsmodels():
    values = series(0.2)
    expected = acorr_ljungbox(values[:, 0], lags=[4])["lb_pvalue"].iloc[0]
    assert ljung_box(autocorrelations(values, 4), 156, effective_markets(values)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("shared", [0.0, 0.8, 1.0])
def test_noise_in_several_markets_is_rejected_as_often_as_said(shared):
    """Also where markets have noise in common, as far as being one market in five copies."""
    p_values = []
    for seed in range(400):
        own, common = series(0.0, markets=5, seed=seed), series(0.0, seed=1000 + seed)
        residual = np.sqrt(1 - shared**2) * own + shared * common
        p_values.append(ljung_box(autocorrelations(residual, 4), 156, effective_markets(residual)))
    assert np.mean(np.array(p_values) < 0.1) == pytest.approx(0.1, abs=0.045)


@pytest.mark.parametrize(
    ("correlation", "passed", "words"),
    [(0.6, False, "too narrow"), (-0.6, False, "follows chance"), (0.0, True, "")],
)
def test_residuals_that_follow_from_week_to_week_are_named(correlation, passed, words):
    model = prepare_world(simulate(seed=1, weeks=156, markets=2).panel)
    residual = 1e4 * series(correlation, markets=2)
    parts = _Parts(fitted=model.design.panel.kpi - residual, noise=np.full(2, 1e4))
    check = residual_autocorrelation_check(parts, model.design)
    assert check.passed is passed
    assert check.value == pytest.approx(correlation, abs=0.15)
    assert words in check.detail


def test_a_sampler_stuck_in_energy_has_not_converged():
    fine = sample(prepare_world(simulate(seed=1, weeks=60).panel), draws=2000)
    assert convergence_check(fine).passed
    stuck = replace(fine, energy=np.random.default_rng(0).normal(size=fine.energy.shape).cumsum(axis=1))
    check = convergence_check(stuck)
    assert check.passed is False
    expected = ((np.diff(stuck.energy) ** 2).mean(axis=1) / stuck.energy.var(axis=1)).min()
    assert f"the energy's fraction of information at least {expected:.2f} (limit 0.3)" in check.detail


def test_the_range_is_that_of_spend_as_it_acts():
    """A channel that spends every fourth week: at once, four quarters never acted; spread evenly, the mean did."""
    panel = simulate(seed=6, weeks=80).panel
    spend = panel.spend.copy()
    spend[:, :, 0] = np.where(np.arange(len(spend))[:, None] % 4 == 0, 4000.0, 0.0)
    spend[:, :, 1] = 1000.0
    result = result_of(replace(panel, spend=spend, exposure=spend), knots=0)
    seen = result.curves[result.curves.observed].groupby("channel").spend.max()
    assert 1000.0 < seen["channel 0"] < 4000.0
    check = extrapolation_check(result.response, "EUR")
    assert check.passed is None
    assert check.value == pytest.approx(1.5, rel=1e-3)
    assert "channel 1 €1k to €1k (now €1k)" in check.detail
    assert "channel 1 at 1.5 times today's spend" in check.detail


class _Parts:
    def __init__(self, fitted: np.ndarray, noise: np.ndarray) -> None:
        self.fitted, self.noise = fitted, noise
