"""Segments by recency, frequency and monetary value, in fifths whose limits are frozen once made.

Each customer scores 1 to 5 on each of the three; the grid of recency against the mean of frequency and monetary value has the names
that the field uses.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import add

import ibis
from ibis import ir

from workbench.data.quantiles import quantiles_of
from workbench.segments.rules import Rule, RuleBook
from workbench.wording import count

FIFTHS = (0.2, 0.4, 0.6, 0.8)
BEST = 5


@dataclass(frozen=True, kw_only=True)
class RFMCutoffs:
    """Limits between fifths of customers, ascending, four each; hand them to the next run to keep segments comparable.

    Attributes:
        version: Version of the rules they belong to.
        made_on: Last day of the data they were made from.
        recency_days: Days since the last purchase: up to the first limit scores 5.
        purchases: Days with a purchase: above the last limit scores 5.
        revenue: Revenue of all purchases, currency: above the last limit scores 5.
    """

    version: str
    made_on: date
    recency_days: tuple[float, ...]
    purchases: tuple[float, ...]
    revenue: tuple[float, ...]


def _cells(recency: Sequence[int], value: Sequence[int]) -> Callable[[ir.Table], ir.BooleanValue]:
    return lambda scored: scored.rule_recency.isin(recency) & scored.rule_value.isin(value)


RULES = (
    Rule(
        name="Champions",
        words="Last purchase within {r5}; top two fifths by purchases and revenue",
        action="Protect and reward: early access, service, referrals; no discounts",
        condition=_cells([5], [4, 5]),
    ),
    Rule(
        name="Loyal customers",
        words="Last purchase {r5} to {r3} ago; top two fifths by purchases and revenue",
        action="Raise basket and rhythm: cross-sell and bundles",
        condition=_cells([3, 4], [4, 5]),
    ),
    Rule(
        name="Can't lose them",
        words="No purchase for {r3}; top fifth by purchases and revenue",
        action="Win back in person, against a random holdout",
        condition=_cells([1, 2], [5]),
    ),
    Rule(
        name="At risk",
        words="No purchase for {r3}; third and fourth fifth by purchases and revenue",
        action="Win back with a strong offer, against a random holdout",
        condition=_cells([1, 2], [3, 4]),
    ),
    Rule(
        name="Potential loyalists",
        words="Last purchase within {r4}; second and third fifth by purchases and revenue",
        action="Membership and recommendations towards a habit",
        condition=_cells([4, 5], [2, 3]),
    ),
    Rule(
        name="New customers",
        words="Last purchase within {r5}; lowest fifth by purchases and revenue",
        action="Welcome series towards the second purchase",
        condition=_cells([5], [1]),
    ),
    Rule(
        name="Promising",
        words="Last purchase {r5} to {r4} ago; lowest fifth by purchases and revenue",
        action="Remind of what they looked at, with a small first step",
        condition=_cells([4], [1]),
    ),
    Rule(
        name="Need attention",
        words="Last purchase {r4} to {r3} ago; middle fifth by purchases and revenue",
        action="Time-limited offer on what they bought before",
        condition=_cells([3], [3]),
    ),
    Rule(
        name="About to sleep",
        words="Last purchase {r4} to {r3} ago; lowest two fifths by purchases and revenue",
        action="Low-cost reminders of popular products",
        condition=_cells([3], [1, 2]),
    ),
    Rule(
        name="Hibernating",
        words="No purchase for {r3}; lowest two fifths by purchases and revenue",
        action="One reactivation test, then leave out of paid contacts",
        condition=_cells([1, 2], [1, 2]),
    ),
)


def make_rfm_cutoffs(valued: ibis.Table, made_on: date, dropout_known: bool) -> RFMCutoffs:
    """Limits between fifths of the customers; what the orders tell of who is active plays no part."""
    measured = {"recency_days": _recency(valued), "purchases": valued.frequency + 1, "revenue": valued.revenue}
    limits = quantiles_of(valued, measured, FIFTHS)
    recency, purchases, revenue = (limits[name] for name in measured)
    return RFMCutoffs(version=RFM.version, made_on=made_on, recency_days=recency, purchases=purchases, revenue=revenue)


def with_scores(valued: ibis.Table, cutoffs: RFMCutoffs) -> ibis.Table:
    """Customers with `rule_recency`, `rule_frequency`, `rule_monetary` and `rule_value`, the mean of the latter two, each 1 to 5."""
    scored = valued.mutate(
        rule_recency=BEST - _above(_recency(valued), cutoffs.recency_days),
        rule_frequency=1 + _above(valued.frequency + 1, cutoffs.purchases),
        rule_monetary=1 + _above(valued.revenue, cutoffs.revenue),
    )
    # Halves round up: two integers' mean has no other fractions.
    return scored.mutate(rule_value=((scored.rule_frequency + scored.rule_monetary + 1) / 2).floor().cast("int64"))


def _recency(valued: ibis.Table) -> ir.IntegerValue:
    return valued.age_days - valued.recency_days


def _above(column: ir.NumericValue, limits: Sequence[float]) -> ir.IntegerValue:
    return reduce(add, (ibis.ifelse(column > limit, 1, 0) for limit in limits))


def _words(cutoffs: RFMCutoffs, currency: str) -> dict[str, str]:
    # Recency is counted in whole days, so a limit between two of them is the lower one.
    days = [f"{count(math.floor(limit))} days" for limit in cutoffs.recency_days]
    return dict(zip(("r5", "r4", "r3", "r2"), days, strict=True))


RFM = RuleBook[RFMCutoffs](version="rfm-1", rules=RULES, make=make_rfm_cutoffs, judge=with_scores, words=_words)
