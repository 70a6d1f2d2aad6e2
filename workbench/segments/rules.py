"""Named segments by rules over value, activity and age, with cut-offs that are frozen once made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from workbench.errors import FitError
from workbench.wording import money, number, percent

RULES_VERSION = "value-activity-1"
ALIVE = 0.5
HIGH_VALUE_QUANTILE = 0.8
LAPSE_QUANTILE = 0.9


@dataclass(frozen=True, kw_only=True)
class Cutoffs:
    """Where segments begin; hand them to the next run to keep segments comparable.

    Attributes:
        version: Version of the rules they belong to.
        made_on: Last day of the data they were made from.
        alive: Least probability of still being a customer that counts as active; None where the model can't tell.
        high_value: Least value over the horizon, if active, that counts as high: currency.
        lapse_after_days: Days without a purchase after which a customer without such a probability counts as lapsed.
    """

    version: str
    made_on: date
    alive: float | None
    high_value: float
    lapse_after_days: float


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A segment: the first rule that a customer meets names it.

    Attributes:
        words: The rule for a reader, with the names of `_words` in braces.
        condition: The rule for the engine, over a table with `repeated`, `active`, `high`.
    """

    name: str
    words: str
    action: str
    condition: Callable[[ir.Table], ir.BooleanValue]


RULES = (
    Rule(
        name="Champions",
        words="Bought again, {active}, worth at least {high_value} over the horizon if active",
        action="Protect and reward: early access, service, referrals; no discounts",
        condition=lambda t: t.repeated & t.active & t.high,
    ),
    Rule(
        name="Loyal",
        words="Bought again, {active}, worth less than {high_value}",
        action="Raise basket and rhythm: cross-sell and bundles",
        condition=lambda t: t.repeated & t.active,
    ),
    Rule(
        name="At risk, valuable",
        words="Bought again, {inactive}, worth at least {high_value} if won back",
        action="Win back in person or with a strong offer, against a random holdout",
        condition=lambda t: t.repeated & t.high,
    ),
    Rule(
        name="Dormant",
        words="Bought again, {inactive}, worth less than {high_value} even if active",
        action="Low-cost reminders only",
        condition=lambda t: t.repeated,
    ),
    Rule(
        name="New",
        words="Bought once, within the last {lapse}",
        action="Welcome series towards the second purchase",
        condition=lambda t: t.active,
    ),
    Rule(
        name="One-time, lapsed",
        words="Bought once, more than {lapse} ago",
        action="One reactivation test, then leave out of paid contacts",
        condition=lambda t: ~t.active,
    ),
)


def make_cutoffs(valued: ibis.Table, *, made_on: date, dropout_known: bool) -> Cutoffs:
    """Cut-offs from the customers who bought again: the top fifth by value, and nine tenths of purchase rhythms.

    Raises:
        FitError: If nobody bought again.
    """
    again = valued.filter(valued.frequency > 0)
    row = again.aggregate(
        high_value=again.value_if_active.quantile(HIGH_VALUE_QUANTILE),
        lapse=(again.recency_days / again.frequency).quantile(LAPSE_QUANTILE),
    ).to_pandas()
    high_value, lapse = float(row.high_value.iloc[0]), float(row.lapse.iloc[0])
    if np.isnan(high_value):
        raise FitError(
            "no customer bought on more than one day, so value has no cut-off; give it a longer window of orders"
        )
    return Cutoffs(
        version=RULES_VERSION,
        made_on=made_on,
        alive=ALIVE if dropout_known else None,
        high_value=high_value,
        lapse_after_days=lapse,
    )


def assign_segments(valued: ibis.Table, cutoffs: Cutoffs) -> ibis.Table:
    """Name each customer's segment in the engine, as the column `segment`."""
    recent = valued.age_days - valued.recency_days <= cutoffs.lapse_after_days
    alive = ibis.literal(None, type="boolean") if cutoffs.alive is None else valued.probability_alive >= cutoffs.alive
    judged = valued.mutate(
        repeated=valued.frequency > 0,
        active=alive.fill_null(recent),
        high=valued.value_if_active >= cutoffs.high_value,
    )
    segment = ibis.cases(*((rule.condition(judged), rule.name) for rule in RULES), else_=RULES[-1].name)
    return judged.mutate(segment=segment).drop("repeated", "active", "high")


def describe_segments(segmented: ibis.Table, cutoffs: Cutoffs, currency: str) -> pd.DataFrame:
    """One row a segment, in the order of the rules, empty ones too.

    Returns:
        segment, rule, action, customers, share_of_customers, value, share_of_value, value_at_risk (currency: what they
        would be worth if all were active, less their value), past_revenue, expected_purchases, mean_probability_alive.
    """
    totals = segmented.group_by("segment").aggregate(
        customers=segmented.count(),
        value=segmented.expected_value.sum(),
        value_at_risk=(segmented.value_if_active - segmented.expected_value).sum(),
        past_revenue=segmented.revenue.sum(),
        expected_purchases=segmented.expected_purchases.sum(),
        mean_probability_alive=segmented.probability_alive.mean(),
    )
    frame = totals.to_pandas().set_index("segment").reindex([rule.name for rule in RULES])
    sums = frame.columns.drop("mean_probability_alive")
    frame = frame.astype(float).fillna(dict.fromkeys(sums, 0.0)).rename_axis("segment").reset_index()
    words = _words(cutoffs, currency)
    return pd.DataFrame(
        {
            "segment": frame.segment.astype("str"),
            "rule": [rule.words.format(**words) for rule in RULES],
            "action": [rule.action for rule in RULES],
            "customers": frame.customers.astype(int),
            "share_of_customers": frame.customers / frame.customers.sum(),
            "value": frame.value,
            "share_of_value": frame.value / (frame.value.sum() or 1.0),
            **{name: frame[name] for name in ("value_at_risk", "past_revenue", "expected_purchases")},
            "mean_probability_alive": frame.mean_probability_alive,
        }
    )


def _words(cutoffs: Cutoffs, currency: str) -> dict[str, str]:
    lapse = f"{number(cutoffs.lapse_after_days)} days"
    if cutoffs.alive is None:
        active, inactive = f"last purchase within {lapse}", f"no purchase for {lapse}"
    else:
        chance = percent(cutoffs.alive, 0)
        active, inactive = f"probably active (chance at least {chance})", f"probably lost (chance below {chance})"
    return {"active": active, "inactive": inactive, "lapse": lapse, "high_value": money(cutoffs.high_value, currency)}
