"""The randomised holdout of one channel: half of the audience never sees its ads, so none of the orders they cause."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.data.synthetic.business import HOLDOUT_TEST, SIZES
from workbench.data.synthetic.history import Orders


@dataclass(frozen=True, kw_only=True)
class Audience:
    """One entry per advertising id; ids are those of devices and tell nothing of customers.

    Attributes:
        market: Index of the market.
        shown: Whether the ads were shown.
        seen: Share of the test's first week after which the id was first seen, and assigned, in [0, 1).
        orders: Orders placed from it while the test ran.
        revenue: Their revenue, euros.
    """

    market: np.ndarray
    shown: np.ndarray
    seen: np.ndarray
    orders: np.ndarray
    revenue: np.ndarray


def run_holdout(
    *,
    orders: Orders,
    values: np.ndarray,
    market: np.ndarray,
    caused: np.ndarray,
    ids: int,
    weeks: int,
    rng: np.random.Generator,
) -> Audience:
    """Tell from which id each order of the test's weeks came; the test itself adds and takes away none.

    Orders that the ads caused came from ids that saw them, all others from any id of their market.

    Args:
        orders: All orders.
        values: Their values, euros.
        market: Their markets.
        caused: Share of expected revenue that the ads caused, shape (week, M); zero outside the test.
        ids: Size of the audience.
        weeks: Length of the data window.
        rng: Source of randomness.
    """
    home = rng.choice(len(SIZES), ids, p=SIZES)
    shown = rng.random(ids) < 0.5
    window = HOLDOUT_TEST.window(weeks)
    inside = np.flatnonzero((orders.week >= window.start) & (orders.week < window.stop))
    by_ads = rng.random(len(inside)) < caused[orders.week[inside], market[inside]]
    came_from = np.zeros(len(inside), dtype=int)
    for where in range(len(SIZES)):
        for due_to_ads, able in ((True, shown), (False, np.ones(ids, dtype=bool))):
            these = np.flatnonzero((market[inside] == where) & (by_ads == due_to_ads))
            came_from[these] = rng.choice(np.flatnonzero((home == where) & able), len(these))
    seen, early = rng.random(ids), orders.week[inside] == window.start
    np.minimum.at(seen, came_from[early], orders.fraction[inside][early])
    return Audience(
        market=home,
        shown=shown,
        seen=seen,
        orders=np.bincount(came_from, minlength=ids),
        revenue=np.round(np.bincount(came_from, values[inside], ids), 2),
    )
