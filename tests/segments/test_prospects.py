"""What customers will really buy: chances against simulated futures, moments against the models' own expectations."""

import numpy as np
import pytest
from scipy.stats import gamma, nbinom, norm

from tests.segments.models.simulators import one, simulate_future
from workbench.segments.models import PURCHASE_MODELS
from workbench.segments.models.foresight import expected_purchases
from workbench.segments.models.nbd import NBD
from workbench.segments.prospects import LIKELY, foretell, realised_interval
from workbench.segments.summaries import Triples

AHEAD = 52.0
WORLDS = {
    "BG/NBD": (0.6, 8.0, 0.8, 3.0),
    "MBG/NBD": (0.6, 8.0, 0.8, 3.0),
    "Pareto/NBD": (0.6, 8.0, 0.5, 12.0),
}


@pytest.mark.parametrize("name", WORLDS)
def test_futures_lie_where_they_were_foretold(name: str) -> None:
    """Of customers whose future was simulated: as many beyond each end as asked, as closely as whole numbers can."""
    model, truth = PURCHASE_MODELS[name], np.array(WORLDS[name])
    triples, bought = simulate_future(name, WORLDS[name], customers=60_000, ahead=AHEAD, seed=3)
    foretold = foretell(model, truth, triples, AHEAD)
    tail, error = (1 - LIKELY) / 2, 4 / np.sqrt(6000)
    for tenth in np.array_split(np.argsort(foretold.mean, kind="stable"), 10):
        n, lower, upper = bought[tenth], foretold.lower[tenth], foretold.upper[tenth]
        assert (n > upper).mean() <= tail + error * np.sqrt(tail) <= (n >= upper).mean() + 2 * error * np.sqrt(tail)
        assert (n < lower).mean() <= tail + error * np.sqrt(tail)
        assert (n > 0).mean() == pytest.approx(foretold.any[tenth].mean(), abs=error / 2)
    assert ((bought - foretold.mean) ** 2).mean() == pytest.approx(foretold.variance.mean(), rel=0.08)


@pytest.mark.parametrize("name", WORLDS)
def test_chances_add_up_to_the_expectation(name: str) -> None:
    """A second way to each model's closed form of expected purchases."""
    model, truth = PURCHASE_MODELS[name], np.array(WORLDS[name])
    triples, _ = simulate_future(name, WORLDS[name], customers=500, ahead=0.0, seed=4)
    foretold = foretell(model, truth, triples, AHEAD)
    np.testing.assert_allclose(foretold.mean, expected_purchases(model, truth, triples, AHEAD), rtol=1e-6)


def test_without_dropout_purchases_are_negative_binomial() -> None:
    r, alpha = 0.7, 9.0
    x, age = np.array([0.0, 3.0, 40.0, 3000.0]), np.array([1.0, 20.0, 50.0, 3000.0])
    foretold = foretell(NBD(), np.array([r, alpha]), Triples(frequency=x, recency=age, age=age, customers=x + 1), AHEAD)
    exact = nbinom(r + x, (alpha + age) / (alpha + age + AHEAD))
    np.testing.assert_array_equal(foretold.upper, exact.ppf((1 + LIKELY) / 2))
    np.testing.assert_array_equal(foretold.lower, exact.ppf((1 - LIKELY) / 2))
    np.testing.assert_allclose(foretold.any, exact.sf(0))
    np.testing.assert_allclose(foretold.variance, exact.var(), rtol=1e-5)


def test_variance_of_spend_is_that_of_simulated_customers() -> None:
    """Purchases of a customer share a scale, so what they add up to varies by more than their number says."""
    spend, x, rng = np.array([6.0, 5.0, 15.0]), 2.0, np.random.default_rng(5)
    foretold = foretell(PURCHASE_MODELS["BG/NBD"], np.array(WORLDS["BG/NBD"]), one(x, 20.0, 25.0), AHEAD)
    p, q, _ = spend
    count = rng.binomial(12, foretold.mean[0] / 12, 400_000)
    chance = foretold.mean[0] * (1 - foretold.mean[0] / 12)
    scale = rng.gamma(q + p * x, 1.0, len(count))
    total = np.where(count > 0, rng.gamma(np.maximum(p * count, 1e-9)) / scale, 0.0) * (q + p * x - 1) / p
    known = foretold.of_spend(spend, np.array([x]))[0]
    shared = (q + p * x - 1) / (q + p * x - 2)
    assert total.var() == pytest.approx(known - shared * (foretold.variance[0] - chance), rel=0.02)
    assert np.isinf(foretold.of_spend(np.array([6.0, 1.5, 15.0]), np.zeros(1))[0])


def test_totals_are_never_negative_and_normal_where_they_are_sure() -> None:
    lower, upper = realised_interval(np.array([1e6, 10.0, 0.0, 5.0]), np.array([1e3, 10.0, 0.0, np.inf]), 0.9)
    assert (lower[0], upper[0]) == pytest.approx(1e6 + 1e3 * norm.ppf([0.05, 0.95]), rel=1e-5)
    assert (lower[1], upper[1]) == pytest.approx(tuple(gamma(1.0, scale=10.0).ppf([0.05, 0.95])))
    assert (lower[2], upper[2]) == (0.0, 0.0)
    assert np.isnan(lower[3])
    assert np.isnan(upper[3])
