"""What each action is worth for each customer: its measured effect, or a score that stands in and shows no effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from workbench.config.customers import Action
from workbench.next_action.audience import Audience
from workbench.next_action.offers import Offers
from workbench.next_action.uplift import Uplift


@dataclass(frozen=True, kw_only=True)
class Valued:
    """Offers, and what stands behind them.

    Attributes:
        offers: Of everyone but the holdout; float32.
        causal: Whether each action's value was measured at random, shape (action,).
        uplifts: Of the measured actions, by name.
        ranks: Each customer's distance from the mean of the ranking, 0 where effects aren't measured; shape (customer, action).
        missing: Why an action has no value at all, by name.
    """

    offers: Offers
    causal: np.ndarray
    uplifts: dict[str, Uplift]
    ranks: np.ndarray
    missing: dict[str, str]


def value_offers(
    audience: Audience,
    actions: Mapping[str, Action],
    uplifts: dict[str, Uplift],
    scores: Mapping[str, pa.Table | None],
    *,
    order_value: float,
) -> Valued:
    """Value every action for everyone who agreed to its purpose; the holdout gets no offer.

    Args:
        audience: Everyone.
        actions: As declared.
        uplifts: Of the actions that a randomised campaign measured.
        scores: customer_id and probability of each score that stands in, None where it hasn't been made.
        order_value: Profit of an order, currency, where an action declares no value.
    """
    shape = (len(audience), len(actions))
    value, ranks = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
    eligible, missing = np.zeros(shape, dtype=bool), {}
    for number, (name, action) in enumerate(actions.items()):
        open_to = audience.agreed[action.purpose] & ~audience.holdout
        if name in uplifts:
            uplift = uplifts[name]
            ranks[:, number] = uplift.ranking.predict(audience.codes) - uplift.centre
            value[:, number] = uplift.average + uplift.slope * ranks[:, number]
        elif (table := scores.get(action.score)) is not None:
            worth = audience.lookup(table, "probability") * (action.value or order_value)
            open_to = open_to & np.isfinite(worth)
            value[:, number] = np.nan_to_num(worth)
        else:
            open_to = np.zeros(len(audience), dtype=bool)
            missing[name] = action.score
        eligible[:, number] = open_to
    return Valued(
        offers=Offers(
            actions=tuple(actions),
            value=value,
            cost=np.array([action.cost for action in actions.values()]),
            eligible=eligible,
        ),
        causal=np.array([name in uplifts for name in actions]),
        uplifts=uplifts,
        ranks=ranks,
        missing=missing,
    )
