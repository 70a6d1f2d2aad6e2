"""What the company and its customers have to do with each other besides orders, and the enquiries of those who are none yet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.data.synthetic.email import acquisition_week
from workbench.data.synthetic.history import History, Orders
from workbench.data.synthetic.leads import Leads, draw_leads
from workbench.data.synthetic.preferences import draw_categories, draw_preferences
from workbench.data.synthetic.subscriptions import Subscriptions, draw_subscriptions
from workbench.data.synthetic.visits import Visits, draw_visits

ERASED_SHARE = 0.003


@dataclass(frozen=True, kw_only=True)
class Relations:
    """What no table of orders tells.

    Attributes:
        preferences: Each customer's shares of categories, shape (customer, category).
        categories: Index of each order's category.
        visits: What customers did besides ordering.
        leads: Enquiries of companies, who are no customers.
        subscriptions: Delivery passes, billed apart: none of their revenue is among the orders' values.
        erased: Customers who asked to be erased.
    """

    preferences: np.ndarray
    categories: np.ndarray
    visits: Visits
    leads: Leads
    subscriptions: Subscriptions
    erased: np.ndarray


def draw_relations(
    history: History, orders: Orders, *, customers: int, weeks: int, rng: np.random.Generator
) -> Relations:
    """Draw them for all orders of a company of about so many customers."""
    for_preferences, for_visits, for_leads, for_subscriptions, for_erasures = rng.spawn(5)
    preferences = draw_preferences(len(history.customers), for_preferences)
    return Relations(
        preferences=preferences,
        categories=draw_categories(preferences, orders.customer, for_preferences),
        visits=draw_visits(history, orders, preferences, weeks=weeks, rng=for_visits),
        leads=draw_leads(customers, weeks, for_leads),
        subscriptions=draw_subscriptions(acquisition_week(history), weeks, for_subscriptions),
        erased=np.flatnonzero(for_erasures.random(len(history.customers)) < ERASED_SHARE),
    )
