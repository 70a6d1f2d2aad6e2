"""Shrunken effects of segments against simulated truth and closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.experiments.users.partial_pooling import partially_pooled

SE = np.array([0.5, 0.8, 1.0, 1.3, 0.6, 2.0])


def test_shrunken_effects_are_nearer_to_the_truth_and_their_intervals_cover() -> None:
    rng = np.random.default_rng(5)
    coverage = []
    for spread in (0.0, 0.4, 1.5):
        raw_error, error, covered = [], [], []
        for _ in range(400):
            truth = rng.normal(1, spread, size=6)
            raw = rng.normal(truth, SE)
            found = partially_pooled(raw, SE, 0.95)
            raw_error.append((raw - truth) ** 2)
            error.append((found.mean - truth) ** 2)
            covered.append((found.lower <= truth) & (truth <= found.upper))
        assert np.mean(error) < np.mean(raw_error)
        coverage.append(np.mean(covered))
    # Credible intervals keep their level over the prior, not at each spread: where it is awkward they hold a little less.
    assert min(coverage) > 0.9
    assert np.mean(coverage) > 0.94


def test_estimates_that_lie_far_apart_stay_where_they_are() -> None:
    raw = np.array([-100.0, 0.0, 50.0, 100.0])
    found = partially_pooled(raw, np.full(4, 0.1), 0.95)
    np.testing.assert_allclose(found.mean, raw, atol=0.01)
    np.testing.assert_allclose(found.upper - found.mean, 1.96 * 0.1, rtol=0.01)


def test_equal_estimates_meet_in_their_weighted_mean() -> None:
    found = partially_pooled(np.full(6, 3.0), SE, 0.95)
    np.testing.assert_allclose(found.mean, 3.0)
    assert found.upper[0] - 3 < 1.96 * SE[0]


def test_a_change_of_unit_changes_the_unit_alone() -> None:
    raw = np.array([0.1, 0.9, -0.4, 1.2, 0.3, 2.0])
    plain, cents = partially_pooled(raw, SE, 0.9), partially_pooled(100 * raw, 100 * SE, 0.9)
    np.testing.assert_allclose(cents.mean, 100 * plain.mean)
    np.testing.assert_allclose(cents.lower, 100 * plain.lower)
    assert cents.spread == pytest.approx(100 * plain.spread)


def test_the_posterior_is_that_of_gelmans_grid() -> None:
    """Eight schools with the same prior, by brute force: the marginal over (mean, spread) on a fine rectangle."""
    raw = np.array([28.0, 8, -3, 7, -1, 1, 18, 12])
    se = np.array([15.0, 10, 16, 11, 9, 11, 10, 18])
    typical = np.sqrt(len(se) / np.sum(se**-2))
    angle = np.linspace(1e-4, np.pi / 2 - 1e-4, 1_500)
    centre = np.linspace(-80, 100, 1_200)
    spread = 2 * typical * np.tan(angle)
    total = se**2 + spread[:, None] ** 2
    residual = (raw - centre[:, None, None]) ** 2 / total
    log = -0.5 * (np.log(total).sum(1) + residual.sum(2))
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    drawn = se**2 / total
    mean = (1 - drawn) * raw + drawn * centre[:, None, None]
    np.testing.assert_allclose(partially_pooled(raw, se, 0.95).mean, np.einsum("cs,csk->k", weight, mean), rtol=2e-3)
