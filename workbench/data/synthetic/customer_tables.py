"""The tables of what is done with customers: contacts, leads, touchpoints, subscriptions and erasures."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.data.synthetic import leads as enquiries
from workbench.data.synthetic import visits as events
from workbench.data.synthetic.business import START, week_starts
from workbench.data.synthetic.campaigns import ACTION_NAMES, ACTIONS, CAMPAIGNS
from workbench.data.synthetic.clock import order_times
from workbench.data.synthetic.numbering import numbered
from workbench.data.synthetic.preferences import CATEGORIES
from workbench.data.synthetic.subscriptions import PLAN, PRICE
from workbench.data.synthetic.tables import customer_ids
from workbench.data.synthetic.world import World

_SECONDS_PER_DAY = 86_400


def contacts(world: World) -> pd.DataFrame:
    """One row per campaign and customer, those of the control groups included."""
    made = world.campaigns.contacts
    return pd.DataFrame(
        {
            "campaign_id": np.array([campaign.campaign_id for campaign in CAMPAIGNS])[made.campaign],
            "customer_id": customer_ids(len(world.history.customers))[made.customer],
            "contacted_at": (START + 7 * made.week).astype("datetime64[us]"),
            "action": np.array(ACTION_NAMES)[made.action],
            "probability": made.probability,
            "cost": np.array([0.0, *(action.cost for action in ACTIONS)])[made.action],
        }
    )


def leads(world: World) -> pd.DataFrame:
    """One row per enquiry; those decided after the window are still open."""
    drawn = world.relations.leads
    decided = drawn.won & (drawn.day + drawn.lag < 7 * world.weeks)
    return pd.DataFrame(
        {
            "lead_id": lead_ids(len(drawn.day)),
            "created_at": _instants(drawn.day),
            "won_at": np.where(decided, _instants(drawn.day + drawn.lag), np.datetime64("NaT", "us")),
            "value": np.where(decided, drawn.value, np.nan),
            "origin": np.array(enquiries.ORIGINS)[drawn.origin],
            "company_size": np.array(enquiries.SIZES)[drawn.size],
            "language": np.array(enquiries.LANGUAGES)[drawn.language],
            "pages_viewed": drawn.pages,
            "sales_calls": drawn.calls,
        }
    )


def touchpoints(world: World) -> pd.DataFrame:
    """One row per event of the last year, in the order of time."""
    seen = world.relations.visits
    week = np.floor(seen.time).astype(int)
    return pd.DataFrame(
        {
            "customer_id": customer_ids(len(world.history.customers))[seen.customer],
            "happened_at": order_times(week, seen.time - week),
            "channel": np.array(events.CHANNELS)[seen.channel],
            "event": np.array(events.EVENTS)[seen.event],
            "category": np.array(CATEGORIES)[seen.category],
        }
    )


def subscriptions(world: World) -> pd.DataFrame:
    """One row per delivery pass."""
    made = world.relations.subscriptions
    count = len(made.customer)
    return pd.DataFrame(
        {
            "subscription_id": numbered("S", count, 5),
            "customer_id": customer_ids(len(world.history.customers))[made.customer],
            "started_at": made.started.astype("datetime64[us]"),
            "ended_at": made.ended.astype("datetime64[us]"),
            "price": np.full(count, PRICE),
            "plan": np.full(count, PLAN),
        }
    )


def erasures(world: World) -> pd.DataFrame:
    """One row per customer who asked to be erased, in the last half-year."""
    days = week_starts(world.weeks)[-26] + np.arange(len(world.relations.erased)) * 181 // max(
        1, len(world.relations.erased)
    )
    ids = customer_ids(len(world.history.customers))[world.relations.erased]
    return pd.DataFrame({"customer_id": ids, "erased_at": days.astype("datetime64[us]")})


def lead_ids(count: int) -> np.ndarray:
    return numbered("L", count, 5)


def _instants(day: np.ndarray) -> np.ndarray:
    seconds = (day * _SECONDS_PER_DAY).astype("int64").astype("timedelta64[s]")
    return (START.astype("datetime64[s]") + seconds).astype("datetime64[us]")
