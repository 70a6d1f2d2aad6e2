"""Wild weeks: found, named, and kept from moving the media's numbers."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from tests.mmm.worlds import World, simulate
from workbench.config import MediaMix
from workbench.mmm.checks.outliers import outliers_check
from workbench.mmm.fit import fit_media_mix
from workbench.mmm.inputs.design import Design, build_design
from workbench.mmm.inputs.outliers import OUTLIERS
from workbench.mmm.inputs.robust_regression import robust_ridge
from workbench.mmm.prepare import look_at_kpi, prepare
from workbench.result import Provenance

OWN_EFFECT = MediaMix(outliers="own_effect")
WILD = {20: 0.5, 21: 0.6, 77: 1.7}


def wild(world: World, market: int = 0) -> World:
    kpi = world.panel.kpi.copy()
    for week, factor in WILD.items():
        kpi[week, market] *= factor
    return replace(world, panel=replace(world.panel, kpi=kpi))


def treated(world: World, config: MediaMix | None = None) -> Design:
    config = config or MediaMix()
    return look_at_kpi(build_design(world.panel, config, {}), config)[0]


def test_the_robust_regression_is_tukeys_biweight():
    """Without a prior and with 8% gross errors, against statsmodels' M-estimator at the same tuning."""
    rng = np.random.default_rng(3)
    columns = sm.add_constant(rng.normal(size=(200, 3)))
    target = columns @ [1.0, 0.5, -0.3, 0.2] + 0.1 * rng.normal(size=200)
    target[:16] += 3.0
    ours, covariance, scale = robust_ridge(columns, target, np.full(4, 1e6))
    theirs = sm.RLM(target, columns, sm.robust.norms.TukeyBiweight()).fit()
    np.testing.assert_allclose(ours, theirs.params, atol=0.1 * theirs.bse.max())
    np.testing.assert_allclose(np.sqrt(np.diag(covariance)), theirs.bse, rtol=0.15)
    assert scale == pytest.approx(0.1, rel=0.15)


def test_wild_weeks_are_found_and_only_they():
    for seed in range(5):
        found = np.flatnonzero(treated(wild(simulate(seed=seed))).extreme_weeks[:, 0])
        assert found.tolist() == list(WILD)


def test_usual_weeks_are_left_alone():
    """Worlds with normal noise: at most one market in a hundred has a week beyond the limit."""
    worlds = [treated(simulate(seed=seed, weeks=104, markets=4)).extreme_weeks for seed in range(25)]
    assert np.mean([(market != 0).any() for extreme in worlds for market in extreme.T]) <= 0.01


def test_weeks_with_a_sale_are_no_outliers_of_a_kpi_that_is_mostly_zero():
    world = simulate(seed=1, weeks=104)
    rare = np.random.default_rng(0).poisson(0.3, size=world.panel.kpi.shape).astype(float)
    assert not treated(replace(world, panel=replace(world.panel, kpi=rare))).extreme_weeks.any()


def test_the_default_names_them_with_the_mend():
    world = wild(simulate(seed=1, markets=2), market=1)
    check = outliers_check(treated(world))
    assert check.passed is False
    assert "2022-05-23 in market 1 (−" in check.detail
    assert "2023-06-26 in market 1 (+" in check.detail
    assert 'set outliers = "own_effect"' in check.detail


def test_a_calm_kpi_passes():
    assert outliers_check(treated(simulate(seed=1))).passed


def test_own_effects_stand_in_their_own_market_and_week():
    extreme = np.zeros((60, 2))
    world = simulate(seed=1, weeks=60, markets=2)
    kpi = world.panel.kpi.copy()
    kpi[10] *= 0.4
    kpi[30, 0] *= 2
    kpi[40, 1] *= 2
    kpi[50, 1] *= 2
    config = MediaMix(outliers="own_effect", trend_knots_per_year=1, yearly_harmonics=1)
    design = treated(replace(world, panel=replace(world.panel, kpi=kpi)), config)
    extreme[[10, 10, 30, 40, 50], [0, 1, 0, 1, 1]] = 1
    np.testing.assert_array_equal(design.extreme_weeks != 0, extreme != 0)
    baseline = design.baseline
    common = baseline.columns[:, [name == OUTLIERS for name in baseline.component]]
    own = baseline.own[:, :, [name == OUTLIERS for name in baseline.own_component]]
    np.testing.assert_array_equal(np.flatnonzero(common.sum(axis=1)), [10])
    assert [np.flatnonzero(own[m].sum(axis=1)).tolist() for m in range(2)] == [[30], [40, 50]]
    assert own.shape[2] == 2
    check = outliers_check(design)
    assert check.passed is None
    assert "they have effects of their own" in check.detail


@pytest.mark.slow
def test_own_effects_give_the_returns_of_a_world_without_wild_weeks():
    calm = simulate(seed=11)
    worlds = {"calm": (calm, MediaMix()), "own": (wild(calm), OWN_EFFECT), "kept": (wild(calm), MediaMix())}
    fits = {name: returns(world, config) for name, (world, config) in worlds.items()}
    spread = ((fits["calm"].upper - fits["calm"].lower) / 3.29).to_numpy()
    width = {name: (found.upper / found.lower).to_numpy() for name, found in fits.items()}
    assert (np.abs(fits["own"].estimate - fits["calm"].estimate) < spread).all()
    assert (width["own"] < 1.3 * width["calm"]).all()
    assert (width["kept"] > 1.3 * width["own"]).all()


@pytest.mark.slow
def test_own_effects_leave_intervals_that_hold_the_true_returns():
    """Of ten true values, fewer than seven inside their 90% intervals would be a chance of one in a hundred."""
    inside = 0
    for seed in range(5):
        world = wild(simulate(seed=seed))
        found = returns(world, OWN_EFFECT)
        inside += int(((found.lower < world.roas) & (world.roas < found.upper)).sum())
    assert inside >= 7


def returns(world: World, config: MediaMix) -> pd.DataFrame:
    settings = {"draws": 300, "tune": 300, "chains": 2}
    fitted = fit_media_mix(prepare(world.panel, config, {}), provenance=Provenance(), seed=4, **settings)
    return fitted.estimates.query("quantity == 'roas'")
