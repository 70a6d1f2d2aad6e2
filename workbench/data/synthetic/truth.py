"""What analyses are to find: contributions, returns, curves, test effects and the customers' future."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from workbench.data.synthetic.banner import banners, click_rates, visitor_shares
from workbench.data.synthetic.business import (
    BANNER_TEST,
    CHANNEL_NAMES,
    CUSTOMER,
    EMAIL_TEST,
    GEO_TEST,
    HOLDOUT_TEST,
    MARKET_NAMES,
    week_starts,
)
from workbench.data.synthetic.tables import customer_ids, future_orders
from workbench.data.synthetic.world import World

ALL_MARKETS = "all"
_CURVES = (
    "contribution = coefficient * x**slope / (x**slope + half_saturation**slope), where "
    "x[week] = (1 - retention) * spend[week] + retention * x[week - 1] and x = 0 before the first week"
)


def contributions(world: World) -> pd.DataFrame:
    """Expected revenue due to each channel, one row per week, market and channel."""
    index = pd.MultiIndex.from_product(
        [week_starts(world.weeks), MARKET_NAMES, CHANNEL_NAMES], names=["week", "market", "channel"]
    )
    contribution = world.demand.contribution[: world.weeks].ravel()
    return _with_microseconds(pd.DataFrame({"contribution": contribution}, index=index).reset_index())


def baseline(world: World) -> pd.DataFrame:
    """Expected revenue not due to channels, one row per week, market and component (the e-mail and the campaigns among them)."""
    components = {**world.demand.baseline, "email": world.email_revenue, "campaigns": world.campaigns.revenue}
    index = pd.MultiIndex.from_product(
        [week_starts(world.weeks), MARKET_NAMES, components], names=["week", "market", "component"]
    )
    revenue = np.stack(list(components.values()), axis=-1)[: world.weeks].ravel()
    return _with_microseconds(pd.DataFrame({"revenue": revenue}, index=index).reset_index())


def returns(world: World) -> pd.DataFrame:
    """Spend, contribution, ROAS and marginal ROAS over the window, by channel, for each market and for all."""
    spend = world.demand.spend[: world.weeks]
    contribution = world.demand.contribution[: world.weeks]
    step = 1e-4
    gain = (world.demand.response.contribution((1.0 + step) * spend) - contribution) / step
    totals = [np.vstack([values.sum(axis=0), values.sum(axis=(0, 1))]) for values in (spend, contribution, gain)]
    index = pd.MultiIndex.from_product([[*MARKET_NAMES, ALL_MARKETS], CHANNEL_NAMES], names=["market", "channel"])
    frame = pd.DataFrame(dict(zip(("spend", "contribution", "gain"), map(np.ravel, totals), strict=True)), index=index)
    bought = frame.spend.where(frame.spend > 0.0)
    frame = frame.assign(roas=frame.contribution / bought, marginal_roas=frame.gain / bought)
    return frame.drop(columns="gain").reset_index()


def parameters(world: World) -> dict[str, Any]:
    """The curves and the customers' latent distributions."""
    response = world.demand.response
    curves = [
        {
            "market": market,
            "channel": channel,
            "retention": float(response.retention[c]),
            "slope": float(response.slope[c]),
            "half_saturation": float(response.half_saturation[m, c]),
            "coefficient": float(response.coefficient[m, c]),
        }
        for m, market in enumerate(MARKET_NAMES)
        for c, channel in enumerate(CHANNEL_NAMES)
    ]
    return {"definition": _CURVES, "curves": curves, "customers": asdict(CUSTOMER)}


def lifts(world: World) -> dict[str, Any]:
    """What the tests really changed."""
    return {
        EMAIL_TEST.experiment_id: _email_effect(world),
        GEO_TEST.experiment_id: _geo_effect(world),
        HOLDOUT_TEST.experiment_id: _holdout_effect(world),
        BANNER_TEST.experiment_id: _click_rates(),
    }


def customers(world: World) -> pd.DataFrame:
    """Each customer's latent behaviour and future.

    Columns: rate (repeat orders a week while alive), dropout (probability of leaving after a repeat order), mean_value
    (euros an order), alive (at the window's end), and the orders and revenue of the 52 weeks after the window.
    """
    people = world.history.customers
    latent = pd.DataFrame(
        {
            "customer_id": customer_ids(len(people)),
            "rate": people.rate,
            "dropout": people.dropout,
            "mean_value": people.mean_value,
            "alive": world.history.alive,
        }
    )
    return latent.merge(future_orders(world), on="customer_id", validate="one_to_one")


def _email_effect(world: World) -> dict[str, float]:
    """Mean effect per treated customer, given who was treated."""
    email = world.email
    first = EMAIL_TEST.first_week(world.weeks)
    week, customer = world.history.orders.week, world.history.orders.customer
    anyway = customer[(week >= first) & (week < first + EMAIL_TEST.length_weeks)]
    treated = email.customer[email.treated]
    revenue = world.email_revenue.sum()
    probability = EMAIL_TEST.extra_orders * float(revenue > 0)
    return {
        "revenue": float(revenue / len(treated)),
        "orders": probability,
        "converted": probability * float(1.0 - np.isin(treated, anyway).mean()),
        "unsubscribed": 0.0,
        "total_revenue": float(revenue),
    }


def _geo_effect(world: World) -> dict[str, float]:
    """Revenue of the tested markets that the extra spend caused, within the test and in the weeks after it."""
    window = GEO_TEST.window(world.weeks)
    lift = world.demand.geo_lift
    tested = [MARKET_NAMES.index(market) for market in GEO_TEST.markets]
    expected = world.demand.expected[window][:, tested].sum()
    within = lift[window].sum()
    spend_change = round(float(world.demand.geo_test_spend.sum()), 2)
    return {
        "spend_change": spend_change,
        "lift": float(within),
        "lift_after": float(lift[window.stop :].sum()),
        "relative_lift": float(within / (expected - within)),
        "incremental_roas": float(within / spend_change) if spend_change else 0.0,
    }


def _holdout_effect(world: World) -> dict[str, float]:
    """Revenue that the channel caused in the weeks in which half of the audience didn't see it, per id that did and in total."""
    window = HOLDOUT_TEST.window(world.weeks)
    spend_change = round(float(world.demand.spend[window, :, CHANNEL_NAMES.index(HOLDOUT_TEST.channel)].sum()), 2)
    lift = float(world.demand.held_out.sum())
    return {
        "revenue": lift / float(world.audience.shown.sum()),
        "spend_change": spend_change,
        "lift": lift,
        "incremental_roas": lift / spend_change if spend_change else 0.0,
    }


def _click_rates() -> dict[str, Any]:
    """True click rate of each banner by device, and how many visitors use each."""
    rates = click_rates()
    devices = [device for device, _ in BANNER_TEST.devices]
    return {
        "visitors": dict(zip(devices, visitor_shares().tolist(), strict=True)),
        "click_rate": {
            device: dict(zip(map(" / ".join, banners()), map(float, rates[:, d]), strict=True))
            for d, device in enumerate(devices)
        },
    }


def _with_microseconds(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype({"week": "datetime64[us]"})
