"""What analyses of customers are to find: the effect of each action, the leads that will be won, what customers like."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from workbench.data.synthetic import leads as enquiries
from workbench.data.synthetic.campaigns import ACTIONS, HORIZON_WEEKS, days_since_last, effects
from workbench.data.synthetic.clock import order_days
from workbench.data.synthetic.customer_tables import lead_ids
from workbench.data.synthetic.preferences import CATEGORIES
from workbench.data.synthetic.subscriptions import SUBSCRIPTION
from workbench.data.synthetic.tables import customer_ids
from workbench.data.synthetic.world import World


def uplift(world: World) -> pd.DataFrame:
    """Orders that each action brings within four weeks of the window's end, on average: one column an action.

    An action that puts people off loses a share of the orders that they would have placed, given their latent behaviour.
    """
    people, age = world.history.customers, world.traits.age_band
    placed = world.orders.week < world.weeks
    day = order_days(world.orders.week, world.orders.fraction)[placed]
    days = days_since_last(world.orders.customer[placed], day, len(people), 7 * world.weeks)
    anyway = world.history.alive * people.expected_repeat_orders(np.full(len(people), float(HORIZON_WEEKS)))
    gained = {action.name: action.extra_orders(days, age) - action.lost_share(age) * anyway for action in ACTIONS}
    return pd.DataFrame({"customer_id": customer_ids(len(people)), **gained})


def leads(world: World) -> pd.DataFrame:
    """Probability of each lead when it came, and whether it is won in the end."""
    drawn = world.relations.leads
    return pd.DataFrame(
        {"lead_id": lead_ids(len(drawn.day)), "probability": drawn.probability, "won": drawn.won, "value": drawn.value}
    )


def preferences(world: World) -> pd.DataFrame:
    """Each customer's shares of categories, one column each."""
    shares = pd.DataFrame(world.relations.preferences, columns=list(CATEGORIES))
    shares.insert(0, "customer_id", customer_ids(len(shares)))
    return shares


def parameters() -> dict[str, Any]:
    """What contacts do, what wins a lead, and how subscribers leave."""
    lead = {
        **asdict(enquiries.LEAD),
        "origins": enquiries.ORIGINS,
        "sizes": enquiries.SIZES,
        "languages": enquiries.LANGUAGES,
        "median_days": enquiries.MEDIAN_DAYS,
        "lag_spread": enquiries.LAG_SPREAD,
    }
    return {"contacts": effects(), "leads": lead, "subscriptions": asdict(SUBSCRIPTION)}
