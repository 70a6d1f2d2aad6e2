"""Decisions against HiGHS's exact optimum, closed forms, and the limits that they must keep."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

from workbench.errors import SpecError
from workbench.next_action import Limits, Offers, decide


def make_offers(seed: int, customers: int, *, rounded: bool = False) -> Offers:
    rng = np.random.default_rng(seed)
    value = rng.gamma(2, 2, (customers, 1)) * rng.lognormal(-0.5, 0.8, (customers, 6)) - 1
    value = np.round(value) if rounded else value
    return Offers(
        actions=tuple("abcdef"),
        value=value.astype(np.float32),
        cost=rng.uniform(0.2, 3, 6),
        eligible=rng.random((customers, 6)) < 0.9,
    )


def limits_for(customers: int, contacts: int = 1) -> Limits:
    share = np.array([0.05, 0.1, np.inf, 0.075, 0.2, 0.15])
    return Limits(budget=0.6 * customers, capacity=share * customers, contacts_per_customer=contacts)


def exact_optimum(offers: Offers, limits: Limits) -> float:
    net = offers.net().astype(float)
    customers, actions = net.shape
    rows = sp.vstack(
        [
            sp.kron(sp.eye(customers), np.ones((1, actions))),
            sp.csr_matrix(np.tile(offers.cost, customers)),
            sp.kron(np.ones((1, customers)), sp.eye(actions)),
        ]
    )
    most = [
        np.full(customers, limits.contacts_per_customer),
        [limits.budget],
        np.floor(np.minimum(limits.capacity, customers)),
    ]
    solved = milp(
        -np.where(np.isfinite(net), net, 0.0).ravel(),
        constraints=LinearConstraint(rows.tocsc(), -np.inf, np.concatenate(most)),
        integrality=np.ones(net.size),
        bounds=Bounds(0, np.isfinite(net).ravel().astype(float)),
        options={"mip_rel_gap": 1e-6},
    )
    return -float(solved.fun)


def assert_kept(offers: Offers, limits: Limits, chosen: np.ndarray) -> None:
    used = chosen.sum(axis=0)
    assert used @ offers.cost <= limits.budget * (1 + 1e-9)
    assert (used <= limits.capacity).all()
    assert (chosen.sum(axis=1) <= limits.contacts_per_customer).all()
    assert not (chosen & ~offers.eligible).any()


@pytest.mark.parametrize(("seed", "rounded", "contacts"), [(0, False, 1), (1, True, 1), (2, False, 2), (3, True, 2)])
def test_a_plan_is_within_a_thousandth_of_the_exact_optimum_and_the_bound_holds(seed, rounded, contacts):
    offers, limits = make_offers(seed, 2000, rounded=rounded), limits_for(2000, contacts)
    decision, best = decide(offers, limits, seed=0), exact_optimum(offers, limits)
    assert_kept(offers, limits, decision.chosen)
    assert decision.value >= best * (1 - 1e-3)
    assert decision.bound >= best * (1 - 1e-6)
    assert decision.gap < 1e-3
    assert decision.value == pytest.approx(offers.net()[decision.chosen].sum(dtype=float))


def test_coarse_whole_contacts_reach_the_exact_optimum():
    """Budgets of a few contacts, groups of customers who are worth the same, capacities smaller than one."""
    rng = np.random.default_rng(3)
    offers, few = make_offers(3, 400), np.full(6, np.inf)
    alike = Offers(
        actions=offers.actions,
        value=rng.gamma(2, 2, (4, 6))[rng.integers(4, size=400)].astype(np.float32),
        cost=offers.cost,
        eligible=np.ones((400, 6), bool),
    )
    cases = [
        (offers, Limits(budget=5.0, capacity=few)),
        (offers, Limits(budget=float(offers.cost.max()), capacity=few)),
        (offers, Limits(budget=20.0, capacity=np.array([3.7, 0.5, 3, 10, 0, 4]), contacts_per_customer=2)),
        (alike, limits_for(400)),
        (alike, limits_for(400, 3)),
    ]
    for some, limits in cases:
        decision = decide(some, limits)
        assert_kept(some, limits, decision.chosen)
        assert decision.value >= exact_optimum(some, limits) * (1 - 1e-3)


def test_prices_from_a_sample_serve_a_hundred_thousand_customers():
    offers, limits = make_offers(4, 100_000), limits_for(100_000)
    decision = decide(offers, limits, seed=0)
    assert_kept(offers, limits, decision.chosen)
    assert decision.gap < 1e-4


def test_the_price_of_the_budget_is_what_one_more_unit_brings():
    offers, limits = make_offers(5, 20_000), limits_for(20_000)
    more, less = (
        decide(offers, Limits(budget=limits.budget + step, capacity=limits.capacity)).value for step in (400, -400)
    )
    assert (more - less) / 800 == pytest.approx(decide(offers, limits).budget_price, rel=0.03)


def test_the_price_of_a_capacity_is_what_room_for_one_more_brings():
    offers, limits = make_offers(6, 20_000), limits_for(20_000)
    decision = decide(offers, limits)
    tight = int(decision.capacity_prices.argmax())
    more, less = (
        decide(offers, Limits(budget=limits.budget, capacity=limits.capacity + step * (np.arange(6) == tight))).value
        for step in (100, -100)
    )
    assert (more - less) / 200 == pytest.approx(decision.capacity_prices[tight], rel=0.03)


def test_without_limits_everyone_gets_the_best_action_that_pays():
    offers = make_offers(7, 3000)
    decision = decide(offers, Limits(budget=np.inf, capacity=np.full(6, np.inf)))
    net = offers.net()
    np.testing.assert_array_equal(decision.action, np.where(net.max(axis=1) > 0, net.argmax(axis=1), -1))
    assert decision.gap == 0
    assert decision.budget_price == 0


def test_customers_who_are_worth_the_same_share_what_there_is():
    offers = Offers(
        actions=("a", "b"),
        value=np.full((50_000, 2), 3, np.float32),
        cost=np.ones(2),
        eligible=np.ones((50_000, 2), bool),
    )
    decision = decide(offers, Limits(budget=8_000.0, capacity=np.array([3_000.0, np.inf])))
    assert decision.value == 16_000
    assert decision.gap < 1e-3
    assert decision.budget_price == pytest.approx(2.0, rel=1e-2)


def test_twice_the_currency_is_the_same_plan():
    offers, limits = make_offers(8, 5000), limits_for(5000)
    doubled = Offers(actions=offers.actions, value=2 * offers.value, cost=2 * offers.cost, eligible=offers.eligible)
    twice = decide(doubled, Limits(budget=2 * limits.budget, capacity=limits.capacity))
    assert twice.value == pytest.approx(2 * decide(offers, limits).value, rel=1e-4)


def test_no_budget_leaves_what_is_free_and_no_capacity_closes_an_action():
    value = np.full((10, 2), 5, np.float32)
    offers = Offers(actions=("paid", "free"), value=value, cost=np.array([1.0, 0.0]), eligible=np.ones((10, 2), bool))
    broke = decide(offers, Limits(budget=0.0, capacity=np.full(2, np.inf)))
    assert broke.chosen.sum(axis=0).tolist() == [0, 10]
    closed = decide(offers, Limits(budget=np.inf, capacity=np.array([np.inf, 0.0])))
    assert closed.chosen.sum(axis=0).tolist() == [10, 0]
    nothing = decide(offers, Limits(budget=0.0, capacity=np.zeros(2)))
    assert not nothing.chosen.any()
    assert nothing.bound == nothing.value == 0


def test_nobody_eligible_is_an_empty_plan():
    offers = make_offers(9, 100)
    none = Offers(actions=offers.actions, value=offers.value, cost=offers.cost, eligible=np.zeros((100, 6), bool))
    assert decide(none, limits_for(100)).value == 0


def test_a_value_that_is_no_number_is_named():
    value = np.ones((3, 1), np.float32)
    value[1] = np.nan
    with pytest.raises(SpecError, match="the value of mail is not a number for 1 customers"):
        Offers(actions=("mail",), value=value, cost=np.ones(1), eligible=np.ones((3, 1), bool))
    with pytest.raises(SpecError, match="the budget is -1"):
        Limits(budget=-1, capacity=np.ones(1))
