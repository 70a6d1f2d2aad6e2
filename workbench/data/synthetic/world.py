"""The company's world before any table: demand with its causes, customers, and every order."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from workbench.data.synthetic.banner import BannerVisits, run_banner_test
from workbench.data.synthetic.business import (
    CHANNEL_NAMES,
    CUSTOMER,
    CUSTOMERS,
    EMAIL_TEST,
    FUTURE_WEEKS,
    GEO_TEST,
    HOLDOUT_TEST,
    SIZES,
)
from workbench.data.synthetic.campaigns import Campaigns, run_campaigns
from workbench.data.synthetic.demand import Controls, baseline_components, draw_controls
from workbench.data.synthetic.email import EmailAssignment, expected_email_revenue, run_email_test
from workbench.data.synthetic.growth import usual_course, usual_revenue
from workbench.data.synthetic.history import History, Orders, join_orders, simulate_history, take_orders
from workbench.data.synthetic.holdout import Audience, run_holdout
from workbench.data.synthetic.people import Traits, draw_traits
from workbench.data.synthetic.relations import Relations, draw_relations
from workbench.data.synthetic.response import Response, draw_response, usual_spend
from workbench.data.synthetic.spend import draw_spend, geo_test_spend


@dataclass(frozen=True, kw_only=True)
class Demand:
    """Expected revenue and its causes over the data window and the year after it, shape (week, M[, C]), in euros.

    Attributes:
        controls: What moves demand besides media.
        spend: Spend, the geo test's included.
        response: The true curves.
        baseline: Expected revenue without media, by component.
        contribution: Expected revenue due to each channel.
        geo_test_spend: The geo test's extra spend, part of `spend`.
        geo_lift: Expected revenue due to it, shape (week, M).
        held_out: Expected revenue due to what the holdout's channel spent while it ran, shape (week, M).
    """

    controls: Controls
    spend: np.ndarray
    response: Response
    baseline: dict[str, np.ndarray]
    contribution: np.ndarray
    geo_test_spend: np.ndarray
    geo_lift: np.ndarray
    held_out: np.ndarray

    @property
    def expected(self) -> np.ndarray:
        """Expected revenue, shape (week, M)."""
        return np.sum(list(self.baseline.values()), axis=0) + self.contribution.sum(axis=-1)

    @property
    def causes(self) -> np.ndarray:
        """Share of expected revenue due to each channel and, last, to none, shape (week, M, C + 1)."""
        share = self.contribution / self.expected[..., None]
        return np.concatenate([share, 1.0 - share.sum(axis=-1, keepdims=True)], axis=-1)


@dataclass(frozen=True, kw_only=True)
class World:
    """All that happened.

    Attributes:
        weeks: Length of the data window.
        demand: Expected revenue and its causes.
        history: Customers, and the orders that demand brought.
        traits: Customers' consent and age.
        email: The e-mail test.
        email_revenue: Expected revenue due to the e-mail, shape (week, M).
        audience: The holdout test.
        banner: The test of banners, whose clicks bring no orders of their own.
        campaigns: What contacting customers did.
        orders: All orders that were placed, those due to the e-mail and to campaigns and those of the future included.
        values: Their values, euros in whole cents.
        relations: What else the company and its customers have to do with each other.
    """

    weeks: int
    demand: Demand
    history: History
    traits: Traits
    email: EmailAssignment
    email_revenue: np.ndarray
    audience: Audience
    banner: BannerVisits
    campaigns: Campaigns
    orders: Orders
    values: np.ndarray
    relations: Relations


def simulate_world(*, seed: int, customers: int, weeks: int, without: Collection[str]) -> World:
    """Let the company live for `weeks` weeks and one more year; see `simulate_company`."""
    sources = np.random.default_rng(seed).spawn(9)
    for_demand, for_history, for_traits, for_email, for_values, for_audience, for_banner, *others = sources
    for_campaigns, for_relations = others
    total_weeks = weeks + FUTURE_WEEKS
    demand = _draw_demand(customers, weeks, without, for_demand)
    history = simulate_history(demand.expected, _tempo(demand, weeks), demand.causes, weeks=weeks, rng=for_history)
    traits = draw_traits(history.customers, for_traits)
    send = EMAIL_TEST.experiment_id not in without
    email = run_email_test(history, traits.consent_marketing, weeks=weeks, send=send, rng=for_email)
    campaigns = run_campaigns(
        history,
        traits,
        _reachable(traits, email),
        join_orders([history.orders, email.extra]),
        weeks=weeks,
        total_weeks=total_weeks,
        scale=customers / CUSTOMERS,
        rng=for_campaigns,
    )
    # Values are drawn for orders that a contact lost too: all others keep theirs, whatever a campaign does.
    all_values = _draw_values(history.customers.value_rate[campaigns.orders.customer], for_values)
    orders, values = take_orders(campaigns.orders, campaigns.kept), all_values[campaigns.kept]
    return World(
        weeks=weeks,
        demand=demand,
        history=history,
        traits=traits,
        email=email,
        email_revenue=send * expected_email_revenue(history, email, weeks=weeks, total_weeks=total_weeks),
        audience=_audience(demand, history, orders, values, ids=customers, weeks=weeks, rng=for_audience),
        banner=run_banner_test(customers, for_banner),
        campaigns=campaigns,
        orders=orders,
        values=values,
        relations=draw_relations(history, orders, customers=customers, weeks=weeks, rng=for_relations),
    )


def _audience(
    demand: Demand,
    history: History,
    orders: Orders,
    values: np.ndarray,
    *,
    ids: int,
    weeks: int,
    rng: np.random.Generator,
) -> Audience:
    return run_holdout(
        orders=orders,
        values=values,
        market=history.customers.market[orders.customer],
        caused=demand.held_out / demand.expected,
        ids=ids,
        weeks=weeks,
        rng=rng,
    )


def _reachable(traits: Traits, email: EmailAssignment) -> np.ndarray:
    """Who may be contacted: those with consent who don't leave the newsletter while the e-mail test runs."""
    reachable = traits.consent_marketing.copy()
    reachable[email.customer[email.unsubscribed]] = False
    return reachable


def _draw_demand(customers: int, weeks: int, without: Collection[str], rng: np.random.Generator) -> Demand:
    total_weeks = weeks + FUTURE_WEEKS
    usual = usual_revenue(customers, weeks)
    controls = draw_controls(total_weeks, rng)
    baseline = baseline_components(usual, controls)
    response = draw_response(usual, rng)
    everyday = np.sum(list(baseline.values()), axis=0)
    bought = np.array([channel not in without for channel in CHANNEL_NAMES])
    planned = bought * draw_spend(usual_spend(usual), everyday / everyday.mean(axis=0), rng)
    tested = GEO_TEST.experiment_id not in without and GEO_TEST.channel not in without
    extra = tested * geo_test_spend(total_weeks, weeks, customers)
    spend = np.round(planned + extra, 2)
    contribution = response.contribution(spend)
    return Demand(
        controls=controls,
        spend=spend,
        response=response,
        baseline=baseline,
        contribution=contribution,
        geo_test_spend=extra,
        geo_lift=(contribution - response.contribution(planned)).sum(axis=-1),
        held_out=_held_out(response, spend, weeks),
    )


def _held_out(response: Response, spend: np.ndarray, weeks: int) -> np.ndarray:
    """Expected revenue within the holdout's weeks that its channel's spend in those weeks causes."""
    window = HOLDOUT_TEST.window(weeks)
    without = spend.copy()
    without[window, :, CHANNEL_NAMES.index(HOLDOUT_TEST.channel)] = 0.0
    caused = np.zeros(spend.shape[:2])
    caused[window] = (response.contribution(spend) - response.contribution(without)).sum(axis=-1)[window]
    return caused


def _tempo(demand: Demand, weeks: int) -> np.ndarray:
    """How fast the markets' clocks run: demand relative to its usual course, one on average over the window."""
    relative = demand.expected / (SIZES * usual_course(len(demand.expected))[:, None])
    return relative / relative[:weeks].mean(axis=0)


def _draw_values(value_rate: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.maximum(np.round(rng.gamma(CUSTOMER.p, 1.0, len(value_rate)) / value_rate, 2), 0.01)
