"""The parts of the simulation against closed forms."""

import numpy as np
import pytest
from scipy import integrate, stats

from workbench.data.synthetic.business import CUSTOMER, REGION_SHARES, SIZES
from workbench.data.synthetic.clock import order_times
from workbench.data.synthetic.growth import expected_births, expected_repeat_orders, usual_course, usual_revenue
from workbench.data.synthetic.history import simulate_history
from workbench.data.synthetic.response import hill, normalised_adstock

WEEKS, FUTURE = 90, 30


@pytest.fixture(scope="module")
def steady():
    """A company with constant demand, whose clocks run with the calendar."""
    expected = np.full((WEEKS + FUTURE, len(SIZES)), 40_000.0)
    causes = np.zeros((*expected.shape, 7))
    causes[..., -1] = 1.0
    return simulate_history(expected, np.ones_like(expected), causes, weeks=WEEKS, rng=np.random.default_rng(5))


def test_repeat_orders_have_the_mean_of_the_bg_nbd_mixture():
    """E[X(t)] by integrating (1 - E[exp(-λpt)]) / p over the beta distribution of p."""
    for age in (1.0, 26.0, 156.0):
        integral, _ = integrate.quad(
            lambda p, age=age: (
                stats.beta.pdf(p, CUSTOMER.a, CUSTOMER.b)
                * (1 - (CUSTOMER.alpha / (CUSTOMER.alpha + p * age)) ** CUSTOMER.r)
                / p
            ),
            0,
            1,
            epsabs=1e-10,
        )
        assert expected_repeat_orders(np.array([age]), CUSTOMER)[0] == pytest.approx(integral, rel=1e-6)


def test_first_and_repeat_orders_meet_the_demand():
    orders = np.linspace(50.0, 90.0, 120)
    births = expected_births(orders, CUSTOMER)
    cumulative = [
        births[: week + 1].sum() + births[:week] @ expected_repeat_orders(np.arange(week, 0, -1.0), CUSTOMER)
        for week in range(len(orders))
    ]
    assert (births > 0).all()
    np.testing.assert_allclose(cumulative, np.cumsum(orders), rtol=1e-9)


def test_usual_revenue_grows_with_the_customers():
    assert usual_revenue(60_000, 156) == pytest.approx(3 * usual_revenue(20_000, 156))
    revenue = usual_revenue(10_000, 156) * usual_course(156)
    assert expected_births(revenue / CUSTOMER.average_order, CUSTOMER).sum() == pytest.approx(10_000)


def test_cohorts_reorder_as_bg_nbd_predicts(steady):
    """Repeat orders of the first ten weeks' customers within 60 weeks, against the closed form."""
    first = np.full(len(steady.customers), np.iinfo(np.int64).max)
    np.minimum.at(first, steady.orders.customer, steady.orders.week)
    cohort = np.flatnonzero(first < 10)
    age = steady.orders.week - first[steady.orders.customer]
    repeats = np.bincount(steady.orders.customer[(age >= 1) & (age <= 60)], minlength=len(first))[cohort]
    predicted = expected_repeat_orders(np.array([60.0]), CUSTOMER)[0]
    assert abs(repeats.mean() - predicted) < 3.5 * repeats.std() / np.sqrt(len(cohort))


def test_every_weeks_orders_are_worth_the_expected_revenue(steady):
    inside = steady.orders.week < WEEKS
    value = steady.customers.mean_value[steady.orders.customer[inside]]
    weekly = np.bincount(steady.orders.week[inside], value, WEEKS) / (40_000.0 * len(SIZES))
    error = weekly.std() / np.sqrt(WEEKS)
    assert abs(weekly.mean() - 1.0) < 3.5 * error
    assert error < 0.005


def test_the_future_follows_from_who_is_alive(steady):
    future = steady.orders.customer[steady.orders.week >= WEEKS]
    alive = steady.customers.take(np.flatnonzero(steady.alive))
    expected = alive.expected_repeat_orders(np.full(len(alive), float(FUTURE)))
    assert steady.alive[future].all()
    assert abs(len(future) - expected.sum()) < 3.5 * np.sqrt((expected + expected**2).sum())


def test_customers_have_the_declared_heterogeneity(steady):
    people = steady.customers
    assert stats.kstest(people.rate, stats.gamma(CUSTOMER.r, scale=1 / CUSTOMER.alpha).cdf).pvalue > 1e-3
    assert stats.kstest(people.dropout, stats.beta(CUSTOMER.a, CUSTOMER.b).cdf).pvalue > 1e-3
    assert stats.kstest(people.value_rate, stats.gamma(CUSTOMER.q, scale=1 / CUSTOMER.gamma).cdf).pvalue > 1e-3
    counts = np.bincount(people.region, minlength=len(REGION_SHARES))
    assert stats.chisquare(counts, np.array(REGION_SHARES) * counts.sum()).pvalue > 1e-3


def test_adstock_halves_an_impulse_each_week_and_keeps_its_sum():
    carried = normalised_adstock(np.array([[100.0], *[[0.0]] * 40]), 0.5)
    np.testing.assert_allclose(carried[:3, 0], [50.0, 25.0, 12.5])
    assert carried.sum() == pytest.approx(100.0)


def test_hill_is_one_half_at_half_saturation():
    np.testing.assert_allclose(hill(np.array([0.0, 7.0, 14.0]), np.array(7.0), np.array(1.0)), [0.0, 0.5, 2 / 3])


def test_order_times_keep_their_order_and_fill_the_week():
    fraction = np.linspace(0.0, 1.0, 10_001)[:-1]
    times = order_times(np.zeros(len(fraction), dtype=int), fraction)
    assert (np.diff(times).astype(int) >= 0).all()
    assert times[0] == np.datetime64("2023-01-02T00:00:00")
    assert np.datetime64("2023-01-08T23:50:00") < times[-1] < np.datetime64("2023-01-09T00:00:00")
    weekday = (times.astype("datetime64[D]") - np.datetime64("2023-01-02")).astype(int)
    np.testing.assert_allclose(
        np.bincount(weekday) / len(times), np.array([0.95, 0.9, 0.9, 0.95, 1.05, 1.15, 1.1]) / 7, atol=1e-3
    )
