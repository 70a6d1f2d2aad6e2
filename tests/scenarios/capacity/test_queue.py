"""Queues: the best order is the transport problem's optimum, prices are its duals, other orders by hand."""

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

from workbench.scenarios.capacity import serve


def transport(came: np.ndarray, room: np.ndarray, value: np.ndarray, retention: float) -> tuple[float, np.ndarray]:
    """The best plan of who is served when, and the duals of room, by HiGHS."""
    weeks, markets = came.shape
    cells = [(s, m, t) for s in range(weeks) for m in range(markets) for t in range(s, weeks)]
    column = np.arange(len(cells))
    arrival = np.array([s * markets + m for s, m, _ in cells])
    week = np.array([weeks * markets + t for _, _, t in cells])
    rows = sparse.csr_array((np.ones(2 * len(cells)), (np.r_[arrival, week], np.r_[column, column])))
    rows.resize((weeks * markets + weeks, len(cells)))
    gain = np.array([value[m] * retention ** (t - s) for s, m, t in cells])
    solved = linprog(-gain, A_ub=rows, b_ub=np.r_[came.ravel(), room])
    return -solved.fun, -solved.ineqlin.marginals[weeks * markets :]


def instance(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    weeks, markets = rng.integers(1, 9), rng.integers(1, 4)
    came = rng.exponential(1.0, (weeks, markets)) * (rng.random((weeks, markets)) < 0.8)
    room = rng.exponential(0.9 * markets, weeks) * (rng.random(weeks) < 0.8)
    value = np.full(markets, 2.0) if rng.random() < 0.3 else rng.uniform(0.5, 3.0, markets)
    return came, room, value, float(rng.choice([0.0, 1.0, rng.uniform(0.05, 1.0)]))


def test_the_best_order_is_the_optimum_of_the_transport_problem():
    rng = np.random.default_rng(0)
    for _ in range(200):
        came, room, value, retention = instance(rng)
        best, _ = transport(came, room, value, retention)
        assert serve(came[None], room, value, retention, "freshest").worth[0] == pytest.approx(best, abs=1e-9)


def test_prices_of_arrivals_bound_what_any_other_arrivals_are_worth():
    """Dual prices are supergradients: the plane through one point lies above the worth everywhere."""
    rng = np.random.default_rng(1)
    for _ in range(200):
        came, room, value, retention = instance(rng)
        here = serve(came[None], room, value, retention, "freshest")
        others = rng.exponential(1.0, (20, *came.shape)) * (rng.random((20, *came.shape)) < 0.7)
        there = serve(others, room, value, retention, "freshest").worth
        assert (there <= here.worth[0] + ((others - came) * here.price[0]).sum(axis=(1, 2)) + 1e-9).all()


def test_prices_and_the_duals_of_room_add_up_to_the_worth():
    """Strong duality, where the optimum is not degenerate: Σ price · arrivals + Σ dual · room = worth."""
    rng = np.random.default_rng(2)
    for _ in range(50):
        came, room, value = rng.exponential(1.0, (6, 2)), rng.exponential(1.5, 6), rng.uniform(0.5, 3.0, 2)
        service = serve(came[None], room, value, 0.7, "freshest")
        _, duals = transport(came, room, value, 0.7)
        assert (service.price[0] * came).sum() + duals @ room == pytest.approx(service.worth[0], abs=1e-8)


@pytest.mark.parametrize("queue", ["freshest", "first_come"])
@pytest.mark.parametrize("retention", [0.0, 0.6, 1.0])
def test_prices_are_what_one_more_unit_brings(queue, retention):
    rng = np.random.default_rng(3)
    came, room, value = rng.exponential(1.0, (7, 2)), rng.exponential(1.6, 7), np.array([1.0, 1.3])
    service = serve(came[None], room, value, retention, queue)
    more = came + 1e-7 * np.eye(14).reshape(14, 7, 2)
    brought = (serve(more, room, value, retention, queue).worth - service.worth[0]) / 1e-7
    np.testing.assert_allclose(brought.reshape(7, 2), service.price[0], atol=1e-6)


def test_orders_by_hand():
    came, room = np.array([[[6.0], [4.0], [0.0]]]), np.array([4.0, 4.0, 1.0])
    # Week 1 serves 4 of 6. Freshest: week 2 its own 4, week 3 one of the two from week 1.
    assert serve(came, room, np.ones(1), 0.5, "freshest").worth[0] == 4 + 4 + 0.25
    # In the order of arrival: week 2 the two from week 1 and two of its own, week 3 one of its own.
    service = serve(came, room, np.ones(1), 0.5, "first_come")
    assert service.worth[0] == 4 + (2 * 0.5 + 2) + 0.5
    np.testing.assert_allclose(service.served, [[4, 4, 1]])
    np.testing.assert_allclose(service.waiting, [[2, 2, 1]])
    # Nothing waits: two are turned away in week 1.
    service = serve(came, room, np.ones(1), 0.0, "freshest")
    assert service.worth[0] == 8
    np.testing.assert_allclose(service.served, [[4, 4, 0]])
    np.testing.assert_allclose(service.waiting, [[2, 0, 0]])


def test_waiting_in_the_order_of_arrival_is_never_better():
    rng = np.random.default_rng(4)
    for _ in range(100):
        came, room, value, retention = instance(rng)
        best = serve(came[None], room, value, retention, "freshest").worth[0]
        assert serve(came[None], room, value, retention, "first_come").worth[0] <= best + 1e-12


def test_no_room_serves_nobody_and_endless_room_everybody():
    came, value = np.random.default_rng(5).exponential(1.0, (4, 6, 2)), np.array([1.0, 2.0])
    nobody = serve(came, np.zeros(6), value, 0.5, "freshest")
    assert (nobody.worth == 0).all()
    assert (nobody.price == 0).all()
    everybody = serve(came, np.full(6, np.inf), value, 0.5, "first_come")
    np.testing.assert_allclose(everybody.worth, (came * value).sum(axis=(1, 2)))
    np.testing.assert_array_equal(everybody.price, np.broadcast_to(value, came.shape))
    np.testing.assert_allclose(everybody.served, came.sum(axis=2))


def test_one_queue_of_alike_markets_is_the_queue_of_their_sum():
    came = np.random.default_rng(6).exponential(1.0, (3, 5, 4))
    room = np.full(5, 3.0)
    together = serve(came, room, np.full(4, 2.0), 0.7, "freshest")
    nearly = serve(came, room, 2.0 + 1e-12 * np.arange(4), 0.7, "freshest")
    np.testing.assert_allclose(together.worth, nearly.worth, rtol=1e-9)
    np.testing.assert_allclose(together.waiting, nearly.waiting, atol=1e-9)


@pytest.mark.parametrize("queue", ["freshest", "first_come"])
def test_what_a_week_serves_does_not_hang_on_later_weeks(queue):
    rng = np.random.default_rng(7)
    for _ in range(30):
        came, room, value, retention = instance(rng)
        weekly = serve(came[None], room, value, retention, queue, priced=False).weekly[0]
        until = [serve(came[None, :t], room[:t], value, retention, queue).worth[0] for t in range(1, len(room) + 1)]
        np.testing.assert_allclose(np.cumsum(weekly), until, atol=1e-12)
