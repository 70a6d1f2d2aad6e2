"""The eight weeks after the window: what was booked for them, what fulfilment could take, and what came.

Demand follows the world's own curves at the media prices of the new year; orders beyond what fulfilment takes wait, the week's own
orders go first, and of those that wait a share cancels every week. All randomness is from a source of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.data.synthetic.business import (
    CHANNEL_NAMES,
    CUSTOMER,
    FUTURE_WEEKS,
    MARKET_NAMES,
    MARKETS,
    SIZES,
    channel_values,
    week_starts,
)
from workbench.data.synthetic.world import World

LATER_WEEKS = 8
TEAM = "fulfilment"
CANCELLATION_HALF_LIFE_DAYS = 10.0
# Media owners raised their prices at the turn of the year.
PRICES = {"tv": 1.10, "search": 1.06}
# Booked ahead: share of what is really bought, and how many weeks ahead it can be given back (None for never).
BOOKED: dict[str, tuple[float, int | None]] = {"tv": (0.6, 4), "audio": (0.4, None)}
SHORT_STAFFED_WEEK = 4
_USUAL_LOAD = 0.95
_PEAK_WEEKS, _PEAK_STAFF = 2, 1.12
_STEP = 10


@dataclass(frozen=True, kw_only=True)
class Later:
    """What came after the window, over `LATER_WEEKS` weeks.

    Attributes:
        staffed: Orders that fulfilment planned to take, for the whole year after the window, shape (FUTURE_WEEKS,).
        delivered: Orders that it could take as it turned out, shape (week,).
        expected: Expected revenue were nobody to wait, at the prices of the time, shape (week, M), euros.
        old_prices: The same at last year's media prices.
        demand: Revenue wanted, with all its chance, shape (week, M).
        handled: Share of each week's demand handled in each later week, shape (week of demand, week of handling).
    """

    staffed: np.ndarray
    delivered: np.ndarray
    expected: np.ndarray
    old_prices: np.ndarray
    demand: np.ndarray
    handled: np.ndarray

    @property
    def arrived(self) -> np.ndarray:
        """Orders that came, shape (week,)."""
        return np.round(self.demand.sum(axis=1) / CUSTOMER.average_order)

    @property
    def revenue(self) -> np.ndarray:
        """Revenue of the orders that were handled before they were cancelled, shape (week, M), whole cents."""
        return np.round((self.handled * still_wanted(len(self.handled))).T @ self.demand, 2)


def draw_later(world: World, rng: np.random.Generator) -> Later:
    chance, staff = rng.spawn(2)
    weeks = slice(world.weeks, world.weeks + LATER_WEEKS)
    old_prices = world.demand.expected[weeks]
    expected = _at_new_prices(world)[weeks]
    demand = expected * _relative_chance(world, chance)
    staffed = _staffed(world)
    delivered = np.round(staffed[:LATER_WEEKS] * _attendance(staff))
    return Later(
        staffed=staffed,
        delivered=delivered,
        expected=expected,
        old_prices=old_prices,
        demand=demand,
        handled=handled_shares(demand.sum(axis=1) / CUSTOMER.average_order, delivered),
    )


def handled_shares(arrived: np.ndarray, capacity: np.ndarray) -> np.ndarray:
    """Share of each week's orders (rows) handled in each week (columns), the newest first."""
    weeks = len(arrived)
    waiting, shares = arrived.astype(float).copy(), np.zeros((weeks, weeks))
    for week in range(weeks):
        room = float(capacity[week])
        for came in range(week, -1, -1):
            taken = min(waiting[came], room)
            waiting[came] -= taken
            room -= taken
            shares[came, week] = taken / arrived[came] if arrived[came] else 0.0
    return shares


def still_wanted(weeks: int) -> np.ndarray:
    """Share of a week's waiting orders (rows) not cancelled by a later week (columns)."""
    waited = np.subtract.outer(np.arange(weeks), np.arange(weeks)).T
    return np.where(waited >= 0, 2.0 ** (-7.0 * np.maximum(waited, 0) / CANCELLATION_HALF_LIFE_DAYS), 0.0)


def media(world: World) -> pd.DataFrame:
    """One row per week, market and channel."""
    spend = world.demand.spend[world.weeks : world.weeks + LATER_WEEKS]
    impressions = np.round(spend / (channel_values("cpm") * _price_factors()) * 1_000.0).astype("int64")
    return _grid(world, CHANNEL_NAMES, "channel").assign(spend=spend.ravel(), impressions=impressions.ravel())


def kpi(world: World, later: Later) -> pd.DataFrame:
    """One row per week and market: the revenue of the orders that were sent."""
    population = np.tile([market.population for market in MARKETS], LATER_WEEKS)
    return _grid(world).assign(kpi=later.revenue.ravel(), population=population)


def controls(world: World) -> pd.DataFrame:
    """One row per week, market and control."""
    seen = world.demand.controls
    values = np.stack([seen.price, seen.promotion], axis=-1)[world.weeks : world.weeks + LATER_WEEKS]
    return _grid(world, ("price", "promotion"), "control").assign(value=values.ravel())


def capacity(world: World, later: Later) -> pd.DataFrame:
    """What fulfilment plans to take, one row per week of the year after the window; it serves all markets."""
    return pd.DataFrame(
        {"week": _weeks(world, FUTURE_WEEKS), "market": "all", "team": TEAM, "units": later.staffed.astype(float)}
    )


def deliveries(world: World, later: Later) -> pd.DataFrame:
    """Orders that came and that were handled, one row per week."""
    handled = np.minimum(np.round((later.handled * later.arrived[:, None]).sum(axis=0)), later.delivered)
    return pd.DataFrame(
        {
            "week": _weeks(world, LATER_WEEKS),
            "market": "all",
            "team": TEAM,
            "handled": handled,
            "arrived": later.arrived,
        }
    )


def commitments(world: World) -> pd.DataFrame:
    """Spend booked ahead, in whole hundreds."""
    bought = media(world).drop(columns="impressions")
    bought = bought[bought.channel.isin(list(BOOKED))]
    share = bought.channel.map({channel: share for channel, (share, _) in BOOKED.items()})
    booked = bought.assign(spend=np.floor(bought.spend * share / 100.0) * 100.0)
    ahead = booked.channel.map({channel: notice for channel, (_, notice) in BOOKED.items()})
    until = booked.week - pd.to_timedelta(7 * ahead, unit="D")
    booked = booked.assign(cancellable_until=until.astype("datetime64[us]"))
    return booked[booked.spend > 0.0].reset_index(drop=True)


def truth(world: World, later: Later) -> pd.DataFrame:
    """Expected revenue at last year's media prices and at those of the time, what was wanted and what was sent; by week and market."""
    return _grid(world).assign(
        at_old_prices=later.old_prices.ravel(),
        expected=later.expected.ravel(),
        wanted=later.demand.ravel(),
        sent=later.revenue.ravel(),
    )


def _at_new_prices(world: World) -> np.ndarray:
    spend = world.demand.spend.copy()
    spend[world.weeks :] /= _price_factors()
    return np.sum(list(world.demand.baseline.values()), axis=0) + world.demand.response.contribution(spend).sum(axis=-1)


def _price_factors() -> np.ndarray:
    return np.array([PRICES.get(channel, 1.0) for channel in CHANNEL_NAMES])


def _relative_chance(world: World, rng: np.random.Generator) -> np.ndarray:
    """Independent orders of varied value scatter a week's revenue around its mean, by what a compound Poisson sum does."""
    mean = world.demand.expected[world.weeks : world.weeks + LATER_WEEKS]
    orders = rng.poisson(mean / CUSTOMER.average_order)
    # Of one order: the squared coefficient of variation of a gamma whose rate is gamma-distributed.
    spread = (CUSTOMER.p + 1.0) * (CUSTOMER.q - 1.0) / (CUSTOMER.p * (CUSTOMER.q - 2.0)) - 1.0
    shape = np.maximum(orders, 1) / spread
    return orders * rng.gamma(shape, 1.0 / shape) * CUSTOMER.average_order / mean


def _staffed(world: World) -> np.ndarray:
    """Staff for the usual week, extra hands while the sales of January last, fewer on public holidays; whole tens."""
    ahead = world.demand.expected[world.weeks :].sum(axis=1) / CUSTOMER.average_order
    extra = np.where(np.arange(len(ahead)) < _PEAK_WEEKS, _PEAK_STAFF, 1.0)
    holidays = (world.demand.controls.holidays[world.weeks :] * SIZES).sum(axis=1)
    usual = np.median(ahead[:13])
    return np.round(usual / _USUAL_LOAD * extra * (1.0 - 0.1 * holidays) / _STEP) * _STEP


def _attendance(rng: np.random.Generator) -> np.ndarray:
    present = rng.uniform(0.97, 1.0, LATER_WEEKS)
    present[SHORT_STAFFED_WEEK] = 0.75
    return present


def _weeks(world: World, weeks: int) -> np.ndarray:
    return week_starts(world.weeks + weeks)[world.weeks :].astype("datetime64[us]")


def _grid(world: World, names: tuple[str, ...] = ("",), column: str = "") -> pd.DataFrame:
    """Week, market and, if asked for, a third column, in this order."""
    frame = pd.DataFrame(
        {
            "week": np.repeat(_weeks(world, LATER_WEEKS), len(MARKETS) * len(names)),
            "market": np.tile(np.repeat(MARKET_NAMES, len(names)), LATER_WEEKS),
        }
    )
    return frame.assign(**{column: np.tile(names, LATER_WEEKS * len(MARKETS))}) if column else frame
