"""Campaigns that contact customers: three at random, one aimed at the best; what each does to whom is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.data.synthetic.business import SIZES
from workbench.data.synthetic.clock import order_days
from workbench.data.synthetic.history import History, Orders, join_orders
from workbench.data.synthetic.people import AGE_BANDS, Traits

HORIZON_WEEKS = 4
NO_ACTION = "none"
RECENCY_BANDS = ("0-30", "31-120", "121-365", "366+")
_RECENCY_EDGES = (31, 121, 366)
_SHARE_BY_WEEK = np.array([0.45, 0.30, 0.15, 0.10])
_BEST_SHARE = 0.2
_BEST_WEEKS = 52


@dataclass(frozen=True, kw_only=True)
class ActionTruth:
    """What a contact does within four weeks.

    Attributes:
        cost: Euros a contact.
        extra: Probability of one more order, by days since the last order, see `RECENCY_BANDS`.
        by_age: Factor on it, by `AGE_BANDS`.
        lost: Share of the orders of those weeks that the contact puts people off, by `AGE_BANDS`.
    """

    name: str
    cost: float
    extra: tuple[float, float, float, float]
    by_age: tuple[float, float, float, float]
    lost: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)

    def extra_orders(self, days: np.ndarray, age_band: np.ndarray) -> np.ndarray:
        """Probability of one more order, by days since the last order and index of the age band."""
        return np.array(self.extra)[np.digitize(days, _RECENCY_EDGES)] * np.array(self.by_age)[age_band]

    def lost_share(self, age_band: np.ndarray) -> np.ndarray:
        return np.array(self.lost)[age_band]


@dataclass(frozen=True, kw_only=True)
class CampaignTruth:
    """A campaign; one without `arms` contacts the customers with the highest recent revenue.

    Attributes:
        action: What is done to all where it is not drawn.
        arms: Actions that are drawn, each with its probability.
        audience: Customers it draws from those it may contact, for a company of `CUSTOMERS` customers.
    """

    campaign_id: str
    weeks_before_end: int
    audience: int
    action: str = NO_ACTION
    arms: tuple[tuple[str, float], ...] = ()


ACTIONS = (
    ActionTruth(
        name="voucher",
        cost=0.60,
        extra=(0.0, 0.08, 0.04, 0.01),
        by_age=(1.5, 1.0, 0.5, 0.0),
        lost=(0.0, 0.0, 0.0, 0.6),
    ),
    ActionTruth(name="postcard", cost=0.90, extra=(0.0, 0.02, 0.06, 0.02), by_age=(0.5, 1.0, 1.5, 1.5)),
    ActionTruth(name="catalogue", cost=2.20, extra=(0.01, 0.01, 0.01, 0.01), by_age=(1.0, 1.0, 1.0, 1.0)),
)
# In weeks in which no other test is read: what a campaign causes is in nobody else's way.
CAMPAIGNS = (
    CampaignTruth(
        campaign_id="spring_voucher",
        weeks_before_end=102,
        audience=16_000,
        arms=((NO_ACTION, 0.5), ("voucher", 0.5)),
    ),
    CampaignTruth(
        campaign_id="early_postcard",
        weeks_before_end=97,
        audience=16_000,
        arms=((NO_ACTION, 0.7), ("postcard", 0.3)),
    ),
    CampaignTruth(campaign_id="best_catalogue", weeks_before_end=92, audience=16_000, action="catalogue"),
    CampaignTruth(
        campaign_id="winter_offer",
        weeks_before_end=7,
        audience=24_000,
        arms=((NO_ACTION, 0.4), ("voucher", 0.3), ("postcard", 0.3)),
    ),
)
ACTION_NAMES = (NO_ACTION, *(action.name for action in ACTIONS))


@dataclass(frozen=True, kw_only=True)
class Contacts:
    """One entry per campaign and customer.

    Attributes:
        campaign: Index of the campaign.
        customer: Number of the customer.
        week: Week that begins with the contact.
        action: Index of `ACTION_NAMES`.
        probability: Of the action, NaN where it was not drawn.
    """

    campaign: np.ndarray
    customer: np.ndarray
    week: np.ndarray
    action: np.ndarray
    probability: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Campaigns:
    """What campaigns did.

    Attributes:
        contacts: Who was contacted, and who would have been.
        orders: All orders, those that contacts caused at the end, those that they lost included.
        kept: Which of `orders` were placed in spite of the contacts.
        revenue: Expected revenue due to the contacts, euros, shape (week, market).
    """

    contacts: Contacts
    orders: Orders
    kept: np.ndarray
    revenue: np.ndarray


def run_campaigns(
    history: History,
    traits: Traits,
    reachable: np.ndarray,
    orders: Orders,
    *,
    weeks: int,
    total_weeks: int,
    scale: float,
    rng: np.random.Generator,
) -> Campaigns:
    """Contact customers in one campaign after the other; each meets the orders that the earlier ones left.

    Args:
        history: Customers.
        traits: Their age.
        reachable: Whether each may be contacted.
        orders: All orders but those that campaigns cause.
        weeks: Length of the data window.
        total_weeks: Weeks of which revenue is told.
        scale: Size of the company beside the usual one.
        rng: Source of randomness.
    """
    kept, day = np.ones(len(orders), dtype=bool), order_days(orders.week, orders.fraction)
    revenue = np.zeros((total_weeks, len(SIZES)))
    made = []
    for number, campaign in enumerate(CAMPAIGNS):
        first = weeks - campaign.weeks_before_end
        placed = kept & (orders.week < first)
        days = days_since_last(orders.customer[placed], day[placed], len(history.customers), 7 * first)
        audience = np.flatnonzero(reachable & (days >= 0))
        contacts = _contact(number, campaign, audience, first, round(scale * campaign.audience), orders, rng)
        made.append(contacts)
        put_off = _put_off(contacts, traits, orders)
        caused = _extra_probability(contacts, days, traits)
        revenue += _expected(history, contacts, caused, put_off * kept, orders, revenue.shape)
        extra = _extra_orders(contacts, caused, rng)
        kept = np.append(kept & (rng.random(len(kept)) >= put_off), np.ones(len(extra), dtype=bool))
        orders = join_orders([orders, extra])
        day = np.append(day, order_days(extra.week, extra.fraction))
    return Campaigns(contacts=_join(made), orders=orders, kept=kept, revenue=revenue)


def days_since_last(customer: np.ndarray, day: np.ndarray, customers: int, today: int) -> np.ndarray:
    """Days since each customer's last order, negative for those who never ordered.

    Args:
        customer: Who ordered.
        day: On which day since the company's first.
        customers: How many customers there are.
        today: Day that is asked about.
    """
    last = np.full(customers, today + 1)
    np.minimum.at(last, customer, today - day)
    return np.where(last > today, -1, last)


def effects() -> list[dict[str, object]]:
    """What each action does, by days since the last order and age band."""
    return [
        {
            "action": action.name,
            "days_since_last": recency,
            "age_band": age,
            "extra_orders": action.extra[r] * action.by_age[a],
            "lost_share": action.lost[a],
        }
        for action in ACTIONS
        for r, recency in enumerate(RECENCY_BANDS)
        for a, age in enumerate(AGE_BANDS)
    ]


def _contact(
    number: int,
    campaign: CampaignTruth,
    audience: np.ndarray,
    week: int,
    size: int,
    orders: Orders,
    rng: np.random.Generator,
) -> Contacts:
    if campaign.arms:
        customer = np.sort(rng.choice(audience, min(size, len(audience)), replace=False))
        shares = np.array([share for _, share in campaign.arms])
        arm = rng.choice(len(shares), len(customer), p=shares)
        action = np.array([ACTION_NAMES.index(name) for name, _ in campaign.arms])[arm]
        probability = shares[arm]
    else:
        customer = _best(audience, week, size, orders)
        action = np.full(len(customer), ACTION_NAMES.index(campaign.action))
        probability = np.full(len(customer), np.nan)
    where = np.full(len(customer), week)
    return Contacts(
        campaign=np.full(len(customer), number), customer=customer, week=where, action=action, probability=probability
    )


def _best(audience: np.ndarray, week: int, size: int, orders: Orders) -> np.ndarray:
    """Those with the most orders of the last year."""
    recent = orders.customer[(orders.week < week) & (orders.week >= week - _BEST_WEEKS)]
    count = np.bincount(recent, minlength=int(audience.max(initial=0)) + 1)[audience]
    best = np.argsort(-count, kind="stable")[: round(_BEST_SHARE * min(size, len(audience)))]
    return np.sort(audience[best])


def _put_off(contacts: Contacts, traits: Traits, orders: Orders) -> np.ndarray:
    """Probability that each order is lost to a contact, shape (order,)."""
    share = np.zeros(len(traits.age_band))
    for index, action in enumerate(ACTIONS, start=1):
        who = contacts.customer[contacts.action == index]
        share[who] = action.lost_share(traits.age_band[who])
    first = contacts.week[0] if len(contacts.week) else np.inf
    due = (orders.week >= first) & (orders.week < first + HORIZON_WEEKS)
    return np.where(due, share[orders.customer], 0.0)


def _extra_probability(contacts: Contacts, days: np.ndarray, traits: Traits) -> np.ndarray:
    probability = np.zeros(len(contacts.customer))
    for index, action in enumerate(ACTIONS, start=1):
        these = contacts.action == index
        who = contacts.customer[these]
        probability[these] = action.extra_orders(days[who], traits.age_band[who])
    return probability


def _extra_orders(contacts: Contacts, probability: np.ndarray, rng: np.random.Generator) -> Orders:
    count = len(probability)
    orders = rng.random(count) < probability
    week = contacts.week + rng.choice(HORIZON_WEEKS, count, p=_SHARE_BY_WEEK)
    return Orders(customer=contacts.customer[orders], week=week[orders], fraction=rng.random(count)[orders])


def _expected(
    history: History,
    contacts: Contacts,
    caused: np.ndarray,
    put_off: np.ndarray,
    orders: Orders,
    shape: tuple[int, ...],
) -> np.ndarray:
    """Expected revenue of a campaign over who answers and who is put off, euros, shape (week, market)."""
    people, revenue = history.customers, np.zeros(shape)
    worth = np.bincount(people.market[contacts.customer], caused * people.mean_value[contacts.customer], shape[1])
    if len(contacts.week):
        revenue[contacts.week[0] : contacts.week[0] + HORIZON_WEEKS] = np.outer(_SHARE_BY_WEEK, worth)
    at_risk = np.flatnonzero(put_off)
    who = orders.customer[at_risk]
    np.subtract.at(revenue, (orders.week[at_risk], people.market[who]), put_off[at_risk] * people.mean_value[who])
    return revenue


def _join(parts: Sequence[Contacts]) -> Contacts:
    names = ("campaign", "customer", "week", "action", "probability")
    return Contacts(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})
