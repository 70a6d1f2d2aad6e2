"""The world as the canonical tables of a workspace."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.data.synthetic.business import (
    CHANNEL_NAMES,
    GEO_TEST,
    MARKET_NAMES,
    MARKETS,
    ORGANIC,
    channel_values,
    week_starts,
)
from workbench.data.synthetic.clock import order_times
from workbench.data.synthetic.demand import Controls
from workbench.data.synthetic.numbering import numbered
from workbench.data.synthetic.people import AGE_BANDS
from workbench.data.synthetic.preferences import CATEGORIES
from workbench.data.synthetic.world import World

MARGIN = 0.52
MARGIN_LOST_TO_PROMOTION = 0.25
REGION_NAMES = tuple(region for market in MARKETS for region in market.regions)


def transactions(world: World) -> pd.DataFrame:
    """One row per order within the data window, in the order of time."""
    inside = np.flatnonzero(world.orders.week < world.weeks)
    week, customer, revenue = world.orders.week[inside], world.orders.customer[inside], world.values[inside]
    market = world.history.customers.market[customer]
    rate = MARGIN - MARGIN_LOST_TO_PROMOTION * world.demand.controls.promotion[week, market]
    frame = pd.DataFrame(
        {
            "customer_id": customer_ids(len(world.history.customers))[customer],
            "ordered_at": order_times(week, world.orders.fraction[inside]),
            "revenue": revenue,
            "margin": np.round(revenue * rate, 2),
            "market": np.array(MARKET_NAMES)[market],
            "category": np.array(CATEGORIES)[world.relations.categories[inside]],
        }
    ).sort_values("ordered_at", kind="stable", ignore_index=True)
    frame.insert(0, "order_id", numbered("O", len(frame), 7))
    return frame


def customers(world: World) -> pd.DataFrame:
    """One row per customer; consent is that of the window's last day, so it is gone for who left the newsletter."""
    people, traits = world.history.customers, world.traits
    subscribed = traits.consent_marketing.copy()
    subscribed[world.email.customer[world.email.unsubscribed]] = False
    return pd.DataFrame(
        {
            "customer_id": customer_ids(len(people)),
            "market": np.array(MARKET_NAMES)[people.market],
            "region": np.array(REGION_NAMES)[_region(people.market, people.region)],
            "acquired_at": _acquired_at(world),
            "acquisition_channel": np.array([*CHANNEL_NAMES, ORGANIC])[people.channel],
            "consent_profiling": traits.consent_profiling,
            "consent_marketing": subscribed,
            "age_band": np.array(AGE_BANDS)[traits.age_band],
        }
    )


def media(world: World) -> pd.DataFrame:
    """One row per week, market and channel."""
    spend = world.demand.spend[: world.weeks]
    impressions = np.round(spend / channel_values("cpm") * 1_000.0).astype("int64")
    return _grid(world.weeks, CHANNEL_NAMES, "channel").assign(spend=spend.ravel(), impressions=impressions.ravel())


def kpi(world: World) -> pd.DataFrame:
    """One row per week and market: the revenue of its orders."""
    inside = world.orders.week < world.weeks
    week, customer = world.orders.week[inside], world.orders.customer[inside]
    cell = week * len(MARKETS) + world.history.customers.market[customer]
    revenue = _sum_to_the_cent(cell, world.values[inside], world.weeks * len(MARKETS))
    population = np.tile([market.population for market in MARKETS], world.weeks)
    return _grid(world.weeks).assign(kpi=revenue, population=population)


def controls(world: World) -> pd.DataFrame:
    """One row per week, market and control."""
    seen: Controls = world.demand.controls
    values = np.stack([seen.price, seen.promotion], axis=-1)[: world.weeks]
    return _grid(world.weeks, ("price", "promotion"), "control").assign(value=values.ravel())


def geo(world: World) -> pd.DataFrame:
    """One row per day and region, from a year before the geo test to its last day."""
    window = GEO_TEST.window(world.weeks)
    first = window.start - GEO_TEST.history_weeks
    inside = np.flatnonzero((world.orders.week >= first) & (world.orders.week < window.stop))
    people = world.history.customers.take(world.orders.customer[inside])
    times = order_times(world.orders.week[inside], world.orders.fraction[inside])
    days = week_starts(window.stop)[first] + np.arange(7 * (window.stop - first))
    day = (times.astype("datetime64[D]") - days[0]).astype("int64")
    cell = day * len(REGION_NAMES) + _region(people.market, people.region)
    return pd.DataFrame(
        {
            "experiment_id": GEO_TEST.experiment_id,
            "date": np.repeat(days, len(REGION_NAMES)).astype("datetime64[us]"),
            "market": np.tile(REGION_NAMES, len(days)),
            "kpi": _sum_to_the_cent(cell, world.values[inside], len(days) * len(REGION_NAMES)),
        }
    )


def future_orders(world: World) -> pd.DataFrame:
    """One row per customer: orders and revenue of the 52 weeks after the data window."""
    orders, revenue = ordered_within(world, world.weeks, len(world.demand.spend))
    return pd.DataFrame({"customer_id": customer_ids(len(orders)), "orders": orders, "revenue": revenue})


def customer_ids(count: int) -> np.ndarray:
    return numbered("C", count, 6)


def ordered_within(world: World, first_week: int, end_week: int) -> tuple[np.ndarray, np.ndarray]:
    """Orders and revenue of each customer within weeks [first_week, end_week)."""
    inside = (world.orders.week >= first_week) & (world.orders.week < end_week)
    customer, count = world.orders.customer[inside], len(world.history.customers)
    return np.bincount(customer, minlength=count), _sum_to_the_cent(customer, world.values[inside], count)


def _grid(weeks: int, names: tuple[str, ...] = ("",), column: str = "") -> pd.DataFrame:
    """Week, market and, if asked for, a third column, in this order."""
    frame = pd.DataFrame(
        {
            "week": np.repeat(week_starts(weeks), len(MARKETS) * len(names)).astype("datetime64[us]"),
            "market": np.tile(np.repeat(MARKET_NAMES, len(names)), weeks),
        }
    )
    return frame.assign(**{column: np.tile(names, weeks * len(MARKETS))}) if column else frame


def _sum_to_the_cent(cell: np.ndarray, revenue: np.ndarray, cells: int) -> np.ndarray:
    return np.round(np.bincount(cell, revenue, cells), 2)


def _region(market: np.ndarray, region: np.ndarray) -> np.ndarray:
    return market * len(MARKETS[0].regions) + region


def _acquired_at(world: World) -> np.ndarray:
    """Instant of the first order."""
    times = order_times(world.orders.week, world.orders.fraction)
    first = np.full(len(world.history.customers), times.max())
    np.minimum.at(first, world.orders.customer, times)
    return first
