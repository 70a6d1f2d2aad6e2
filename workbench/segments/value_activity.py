"""Segments by what customers will be worth and whether they still are customers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import ibis
import numpy as np

from workbench.errors import FitError
from workbench.segments.rules import Rule, RuleBook
from workbench.wording import count, money, percent

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


RULES = (
    Rule(
        name="Champions",
        words="Bought again, {active}, worth at least {high_value} over the horizon if active",
        action="Protect and reward: early access, service, referrals; no discounts",
        condition=lambda t: t.rule_repeated & t.rule_active & t.rule_high,
    ),
    Rule(
        name="Loyal",
        words="Bought again, {active}, worth less than {high_value}",
        action="Raise basket and rhythm: cross-sell and bundles",
        condition=lambda t: t.rule_repeated & t.rule_active,
    ),
    Rule(
        name="At risk, valuable",
        words="Bought again, {inactive}, worth at least {high_value} if won back",
        action="Win back in person or with a strong offer, against a random holdout",
        condition=lambda t: t.rule_repeated & t.rule_high,
    ),
    Rule(
        name="Dormant",
        words="Bought again, {inactive}, worth less than {high_value} even if active",
        action="Low-cost reminders only",
        condition=lambda t: t.rule_repeated,
    ),
    Rule(
        name="New",
        words="Bought once, within the last {lapse}",
        action="Welcome series towards the second purchase",
        condition=lambda t: t.rule_active,
    ),
    Rule(
        name="One-time, lapsed",
        words="Bought once, more than {lapse} ago",
        action="One reactivation test, then leave out of paid contacts",
        condition=lambda t: ~t.rule_active,
    ),
)


def make_cutoffs(valued: ibis.Table, made_on: date, dropout_known: bool) -> Cutoffs:
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
        version=VALUE_ACTIVITY.version,
        made_on=made_on,
        alive=ALIVE if dropout_known else None,
        high_value=high_value,
        lapse_after_days=lapse,
    )


def _judge(valued: ibis.Table, cutoffs: Cutoffs) -> ibis.Table:
    recent = valued.age_days - valued.recency_days <= cutoffs.lapse_after_days
    alive = ibis.literal(None, type="boolean") if cutoffs.alive is None else valued.probability_alive >= cutoffs.alive
    return valued.mutate(
        rule_repeated=valued.frequency > 0,
        rule_active=alive.fill_null(recent),
        rule_high=valued.value_if_active >= cutoffs.high_value,
    )


def _words(cutoffs: Cutoffs, currency: str) -> dict[str, str]:
    # Purchases are counted in whole days, so a limit between two of them is the lower one.
    lapse = f"{count(math.floor(cutoffs.lapse_after_days))} days"
    if cutoffs.alive is None:
        active, inactive = f"last purchase within {lapse}", f"no purchase for {lapse}"
    else:
        chance = percent(cutoffs.alive, 0)
        active, inactive = f"probably active (chance at least {chance})", f"probably lost (chance below {chance})"
    return {"active": active, "inactive": inactive, "lapse": lapse, "high_value": money(cutoffs.high_value, currency)}


VALUE_ACTIVITY = RuleBook[Cutoffs](
    version="value-activity-1", rules=RULES, make=make_cutoffs, judge=_judge, words=_words
)
