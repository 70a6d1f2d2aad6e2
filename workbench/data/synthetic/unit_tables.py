"""The table `units`: one row per unit of each randomised test, with the columns of all of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.data.synthetic.banner import banners
from workbench.data.synthetic.business import (
    BANNER_TEST,
    CHANNEL_NAMES,
    EMAIL_TEST,
    HOLDOUT_TEST,
    MARKET_NAMES,
    ORGANIC,
)
from workbench.data.synthetic.clock import order_times
from workbench.data.synthetic.numbering import numbered
from workbench.data.synthetic.people import AGE_BANDS
from workbench.data.synthetic.tables import customer_ids, ordered_within
from workbench.data.synthetic.world import World

# A test's own columns are empty in the rows of the others, which whole numbers of numpy can't say.
_COUNTS = ("orders", "converted", "unsubscribed", "orders_before", "clicked")


def units(world: World) -> pd.DataFrame:
    """The e-mail test, the holdout and the banners, one below the other."""
    frame = pd.concat([email_units(world), holdout_units(world), banner_units(world)], ignore_index=True)
    return frame.astype(dict.fromkeys(_COUNTS, "Int64"))


def email_units(world: World) -> pd.DataFrame:
    """One row per customer of the e-mail test, who were assigned in the week before it."""
    email, people = world.email, world.history.customers
    number = email.customer
    first = EMAIL_TEST.first_week(world.weeks)
    orders, revenue = ordered_within(world, first, first + EMAIL_TEST.length_weeks)
    orders_before, revenue_before = ordered_within(world, first - EMAIL_TEST.history_weeks, first)
    return pd.DataFrame(
        {
            "experiment_id": EMAIL_TEST.experiment_id,
            "unit_id": customer_ids(len(people))[number],
            "variant": np.where(email.treated, "email", "control"),
            "assigned_at": order_times(np.full(len(number), first - 1), email.drawn),
            "revenue": revenue[number],
            "orders": orders[number],
            "converted": (orders[number] > 0).astype("int64"),
            "unsubscribed": email.unsubscribed.astype("int64"),
            "revenue_before": revenue_before[number],
            "orders_before": orders_before[number],
            "market": np.array(MARKET_NAMES)[people.market[number]],
            "acquisition_channel": np.array([*CHANNEL_NAMES, ORGANIC])[people.channel[number]],
            "age_band": np.array(AGE_BANDS)[world.traits.age_band[number]],
        }
    )


def holdout_units(world: World) -> pd.DataFrame:
    """One row per advertising id, assigned when it was first seen."""
    audience = world.audience
    ids = len(audience.shown)
    first = np.full(ids, HOLDOUT_TEST.first_week(world.weeks))
    return pd.DataFrame(
        {
            "experiment_id": HOLDOUT_TEST.experiment_id,
            "unit_id": numbered("A", ids, 6),
            "variant": np.where(audience.shown, "shown", "hidden"),
            "assigned_at": order_times(first, audience.seen),
            "revenue": audience.revenue,
            "orders": audience.orders,
            "converted": (audience.orders > 0).astype("int64"),
            "market": np.array(MARKET_NAMES)[audience.market],
        }
    )


def banner_units(world: World) -> pd.DataFrame:
    """One row per visitor, assigned on sight."""
    visits = world.banner
    shown = banners()
    parts = np.array(shown)[visits.banner]
    frame = pd.DataFrame(
        {
            "experiment_id": BANNER_TEST.experiment_id,
            "unit_id": numbered("V", len(parts), 6),
            "variant": np.array([" / ".join(banner) for banner in shown])[visits.banner],
            "assigned_at": order_times(BANNER_TEST.first_week(world.weeks) + visits.week, visits.fraction),
            "clicked": visits.clicked.astype("int64"),
            "device": np.array([device for device, _ in BANNER_TEST.devices])[visits.device],
        }
    )
    return frame.assign(**{name: parts[:, f] for f, (name, _) in enumerate(BANNER_TEST.factors)})
