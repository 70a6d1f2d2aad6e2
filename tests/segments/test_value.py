"""Discounting, streaming and interpolation against the long way round."""

import numpy as np
import pytest

from tests.segments.populations import simulate_triples
from workbench.segments.draws import cumulative_by_draw, purchases_by_draw, spend_by_draw, totals_by_draw
from workbench.segments.models.bgnbd import BGNBD
from workbench.segments.models.gamma_gamma import expected_value
from workbench.segments.value import Horizon, discounted_horizon, score_histories

TRUTH = np.array([0.6, 8.0, 0.8, 3.0])
MODEL = BGNBD()


def test_discounted_purchases_equal_discounting_each_day() -> None:
    triples = simulate_triples(*TRUTH, customers=200, seed=1)
    quarterly = discounted_horizon(104, 0.1, 365.25 / 7)
    days = np.arange(1, 104 * 7 + 1) / 7
    daily = Horizon(times=days, discounts=1.1 ** (-(days - 1 / 14) / (365.25 / 7)))
    coarse, fine = (
        score_histories(MODEL, TRUTH, triples, each.times, each.weights[:, None])[1][:, 0]
        for each in (quarterly, daily)
    )
    np.testing.assert_allclose(coarse, fine, rtol=1e-3)


def test_without_discount_steps_add_up_to_the_horizon() -> None:
    horizon = discounted_horizon(52, 0.0, 365.25 / 7)
    np.testing.assert_allclose(horizon.weights, horizon.undiscounted)


@pytest.mark.parametrize("parameters", [TRUTH, np.array([1.5, 30.0, 0.05, 0.5]), np.array([0.3, 2.0, 0.3, 30.0])])
def test_streamed_draws_equal_exact_scores(parameters: np.ndarray) -> None:
    """Interpolation over age against evaluation at every age, young and old customers alike."""
    triples = simulate_triples(*parameters, customers=3000, seed=2, shortest=0.0, longest=150.0)
    horizon = discounted_horizon(52, 0.1, 365.25 / 7)
    parts = purchases_by_draw(MODEL, parameters[None], triples, horizon, lambda _, *both: np.vstack(both))
    alive, if_alive = np.hstack(list(parts))
    exact_alive, exact = score_histories(MODEL, parameters, triples, horizon.times, horizon.weights[:, None])
    np.testing.assert_allclose(alive, exact_alive)
    np.testing.assert_allclose(if_alive, exact[:, 0], rtol=1e-5)
    times = np.array([4.0, 26.0])
    totals = cumulative_by_draw(MODEL, parameters[None], triples, times)[0]
    _, each = score_histories(MODEL, parameters, triples, times, np.eye(2))
    np.testing.assert_allclose(totals, exact_alive @ each, rtol=1e-5)


def test_totals_of_groups_equal_summing_customers_one_by_one() -> None:
    """Value is linear in spend, so histories may be grouped with the sum of their customers' spend."""
    triples = simulate_triples(*TRUTH, customers=400, seed=3)
    spend = np.array([6.0, 4.0, 15.0])
    rng = np.random.default_rng(4)
    monetary = np.where(triples.frequency > 0, rng.gamma(5, 4, 400), 0.0)
    horizon, group = discounted_horizon(26, 0.1, 52), np.arange(400) % 3
    weights = spend_by_draw(spend[None], triples.frequency, triples.customers, monetary)
    expected, if_active = totals_by_draw(MODEL, TRUTH[None], triples, horizon, lambda part: weights[:, part], group, 3)
    alive, each = score_histories(MODEL, TRUTH, triples, horizon.times, horizon.weights[:, None])
    value = each[:, 0] * expected_value(spend, triples.frequency, monetary)
    for number in range(3):
        assert if_active[0, number] == pytest.approx(value[group == number].sum(), rel=1e-5)
        assert expected[0, number] == pytest.approx((alive * value)[group == number].sum(), rel=1e-5)
