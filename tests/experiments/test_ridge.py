"""Ridge augmentation: GeoLift's published augmented model, and the limits that theory gives."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from workbench.config import GeoExperiment
from workbench.experiments import ExperimentResult, read_out_geo
from workbench.experiments.geo.conformal import suppose_effects
from workbench.experiments.geo.penalty import choose_penalty
from workbench.experiments.geo.ridge import ridge_operator, ridge_path
from workbench.experiments.geo.synthetic_control import fit_synthetic_control
from workbench.result import Provenance


@pytest.fixture(scope="module")
def augmented(walkthrough: pd.DataFrame) -> ExperimentResult:
    spec = GeoExperiment(
        kind="geo", treated=("chicago", "portland"), start=date(2021, 4, 1), end=date(2021, 4, 15), augment=True
    )
    return read_out_geo(walkthrough, "walkthrough", spec, provenance=Provenance(), currency="USD")


@pytest.fixture
def markets() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    donors = 50 + rng.normal(size=(40, 3)) @ rng.normal(size=(3, 6)) + 0.3 * rng.normal(size=(40, 6))
    return 1.4 * donors[:, 0] + rng.normal(size=40), donors


def test_the_walkthrough_gives_geolifts_published_ridge_model(augmented: ExperimentResult) -> None:
    """GeoLift's walkthrough, `model = "best"`: ATT 156.805, lift 5.5%, 4,704 incremental, L2 903.525, scaled .1626, bias −1.249."""
    value = {row.quantity: row.estimate for row in augmented.estimates.itertuples()}
    assert round(value["att"], 3) == 156.805
    assert round(100 * value["lift"], 1) == 5.5
    assert round(value["incremental"]) == 4_704
    assert round(value["l2_imbalance"], 3) == 903.525
    assert round(value["scaled_l2"], 4) == 0.1626
    assert any("corrected it by 1.25 per market and day" in sentence for sentence in augmented.findings)


def test_the_walkthrough_gives_geolifts_published_ridge_weights(augmented: ExperimentResult) -> None:
    published = {
        "cincinnati": 0.2273,
        "miami": 0.2029,
        "baton rouge": 0.1337,
        "oakland": -0.001,
        "oklahoma city": -7e-4,
    }
    found = augmented.weights.set_index("market").weight
    np.testing.assert_allclose([found[name] for name in published], list(published.values()), atol=5.1e-5)
    assert found.sum() == pytest.approx(1)


def test_a_ridge_without_penalty_is_least_squares_with_weights_that_sum_to_one(
    markets: tuple[np.ndarray, np.ndarray],
) -> None:
    treated, donors = markets
    centred, target = donors - donors.mean(axis=0), treated - treated.mean()
    start = fit_synthetic_control(treated, donors).weights
    found = start + ridge_operator(centred, 1e-9) @ (target - centred @ start)
    # Least squares under a sum constraint, by its Lagrangian.
    system = np.block([[centred.T @ centred, np.ones((6, 1))], [np.ones((1, 6)), np.zeros((1, 1))]])
    expected = np.linalg.solve(system, np.append(centred.T @ target, 1.0))[:6]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_path_of_penalties_is_the_operator_at_each(markets: tuple[np.ndarray, np.ndarray]) -> None:
    treated, donors = markets
    centred, residual, contrast = donors - donors.mean(axis=0), treated - treated.mean(), donors[3]
    penalties = np.geomspace(1e-4, 1e4, 7)
    expected = [contrast @ ridge_operator(centred, penalty) @ residual for penalty in penalties]
    np.testing.assert_allclose(ridge_path(centred, residual, contrast, penalties), expected, rtol=1e-8)


def reaching_world(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Nine weeks of a market that moves half as much again as its eight donors can, so that the ridge has something to mend."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(63, 2)) + 2 * np.sin(np.arange(63) * 2 * np.pi / 7)[:, None]
    loadings = rng.uniform(0.5, 1.5, size=(2, 8))
    markets = np.column_stack([1.5 * loadings @ rng.dirichlet(np.ones(8)), loadings])
    kpi = 100 + factors @ markets + rng.normal(size=(63, 9))
    return kpi[:, 0], kpi[:, 1:]


@pytest.mark.slow
def test_plain_and_augmented_intervals_hold_a_true_effect_as_often_as_promised() -> None:
    # The interval holds the truth exactly where the truth isn't rejected: 3 of 63 blocks are just below 5%.
    tested, effect = np.arange(63) >= 56, 2.0
    kept, mended = [], []
    for seed in range(400):
        untreated, donors = reaching_world(20_000 + seed)
        treated = untreated + effect * tested
        penalty = choose_penalty(treated[:56], donors[:56])
        plain, ridge = (suppose_effects(treated, donors, tested, each).p_value(effect) for each in (None, penalty))
        kept.append((plain > 0.05 + 1e-12, ridge > 0.05 + 1e-12))
        mended.append(plain != ridge)
    assert np.mean(mended) > 0.5
    for coverage in np.mean(kept, axis=0):
        assert 0.935 <= coverage <= 0.965


def test_a_large_penalty_leaves_the_synthetic_control_alone(markets: tuple[np.ndarray, np.ndarray]) -> None:
    treated, donors = markets
    plain, held = fit_synthetic_control(treated, donors), fit_synthetic_control(treated, donors, 1e12)
    np.testing.assert_allclose(held.weights, plain.weights, atol=1e-8)


def test_reduced_augmented_fits_are_the_plain_ones(markets: tuple[np.ndarray, np.ndarray]) -> None:
    treated, donors = markets
    tested = np.arange(40) >= 35
    penalty = choose_penalty(treated[:35], donors[:35])
    supposed = suppose_effects(treated, donors, tested, penalty)
    for first in (0, 17, 35, 38):
        block = np.isin(np.arange(40), (first + np.arange(5)) % 40)
        untreated = treated - 0.7 * tested
        plain = fit_synthetic_control(untreated[~block], donors[~block], penalty)
        gap = (untreated - plain.predict(donors))[block].mean()
        assert supposed.gap(first, 0.7) == pytest.approx(gap, abs=1e-8)
