"""What purchase models need to know about each customer, computed in the engine.

References:
    Fader, Hardie, Lee (2005), "Counting Your Customers" the Easy Way: frequency x, recency t_x, age T.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Literal

import ibis
import numpy as np
import pandas as pd
from ibis import ir

from workbench.customers.earliest import amount_on_first
from workbench.customers.exact import told

type TimeUnit = Literal["day", "week", "month"]

DAYS_PER_YEAR = 365.25
DAYS: dict[TimeUnit, float] = {"day": 1.0, "week": 7.0, "month": DAYS_PER_YEAR / 12}
# The span that naive forecasts look back over: 52 weeks.
DAYS_LOOKED_BACK = 364
EARLY = ("early_last_day", "early_days", "recent_days", "holdout_purchases")
TRIPLE = ("frequency", "recency_days", "age_days")


def units_per_year(time_unit: TimeUnit) -> float:
    return DAYS_PER_YEAR / DAYS[time_unit]


@dataclass(frozen=True, kw_only=True)
class Triples:
    """Unique histories and how many customers share each, all of length K.

    What is known of few values that differ, each of many histories looks up: levels, ages and recencies are those that occur here
    or in the histories that these were taken from, ascending.

    Attributes:
        frequency: Days with a repeat purchase.
        recency: From first to last purchase, in time units.
        age: From first purchase to the end of observation, in time units.
        customers: Customers with this history.
    """

    frequency: np.ndarray
    recency: np.ndarray
    age: np.ndarray
    customers: np.ndarray

    def __len__(self) -> int:
        return len(self.frequency)

    @cached_property
    def levels(self) -> np.ndarray:
        """Frequencies, shape (L,)."""
        return self._levels[0]

    @cached_property
    def level(self) -> np.ndarray:
        """Position of each history's frequency in `levels`, shape (K,)."""
        return self._levels[1]

    @cached_property
    def ages(self) -> np.ndarray:
        """Shape (A,)."""
        return self._ages[0]

    @cached_property
    def age_position(self) -> np.ndarray:
        """Position of each history's age in `ages`, shape (K,)."""
        return self._ages[1]

    @cached_property
    def recencies(self) -> np.ndarray:
        """Shape (R,)."""
        return self._recencies[0]

    @cached_property
    def recency_position(self) -> np.ndarray:
        """Position of each history's recency in `recencies`, shape (K,)."""
        return self._recencies[1]

    @cached_property
    def pairs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Frequency and age of each pair of them that occurs, and the position of each history's pair, shape (K,)."""
        numbers, position = _distinct(self.level * len(self.ages) + self.age_position)
        level, age = np.divmod(numbers, len(self.ages))
        return self.levels[level], self.ages[age], position

    @cached_property
    def customers_by_level(self) -> np.ndarray:
        """Customers with each frequency, shape (L,)."""
        return np.bincount(self.level, weights=self.customers, minlength=len(self.levels))

    @cached_property
    def customers_by_age(self) -> np.ndarray:
        """Customers of each age, shape (A,)."""
        return np.bincount(self.age_position, weights=self.customers, minlength=len(self.ages))

    @cached_property
    def purchases_by_age(self) -> np.ndarray:
        """Repeat purchases of the customers of each age, shape (A,)."""
        return np.bincount(self.age_position, weights=self.customers * self.frequency, minlength=len(self.ages))

    @cached_property
    def repeating(self) -> Triples:
        """The histories with a repeat purchase."""
        return self.take(self.frequency > 0)

    def take(self, rows: np.ndarray | slice) -> Triples:
        taken = Triples(
            frequency=self.frequency[rows],
            recency=self.recency[rows],
            age=self.age[rows],
            customers=self.customers[rows],
        )
        for name in ("_levels", "_ages", "_recencies"):
            known, position = getattr(self, name)
            vars(taken)[name] = known, position[rows]
        return taken

    @cached_property
    def _levels(self) -> tuple[np.ndarray, np.ndarray]:
        return _distinct(self.frequency)

    @cached_property
    def _ages(self) -> tuple[np.ndarray, np.ndarray]:
        return _distinct(self.age)

    @cached_property
    def _recencies(self) -> tuple[np.ndarray, np.ndarray]:
        return _distinct(self.recency)


def _distinct(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values that occur, ascending, and the position of each among them: by hashing, as few of many differ."""
    position, known = pd.factorize(values, sort=True)
    return np.asarray(known), position


def customer_summaries(
    purchases: ibis.Table, *, until: date, judged_from: date | None = None, holdout_until: date | None = None
) -> ibis.Table:
    """One row per customer who bought by `until`; see `buyer_summaries`."""
    buyers = buyer_summaries(purchases, until=until, judged_from=judged_from, holdout_until=holdout_until)
    return bought_by(buyers, until)


def bought_by(buyers: ibis.Table, day: date) -> ibis.Table:
    """Those who had bought on that day: the others' summaries are of nothing."""
    return buyers.filter(buyers.first_day <= ibis.literal(day))


def buyer_summaries(
    purchases: ibis.Table,
    *,
    until: date,
    judged_from: date | None = None,
    holdout_until: date | None = None,
    last_day: date | None = None,
) -> ibis.Table:
    """One row per customer who ever bought, in one pass over the purchases.

    Args:
        purchases: One row per customer and day; see `Population.purchases`.
        until: Last day of observation, included.
        judged_from: Last day before the holdout, at most `until`; `until` where it is None.
        holdout_until: Last day, included, of the purchases counted in `holdout_purchases`.
        last_day: A day after which there are no purchases, where one is known.

    Returns:
        customer_id, first_day, last_day, frequency (repeat purchase days), recency_days, age_days, monetary_value (mean
        revenue of a repeat purchase day, 0 without one), revenue. Where a day of the holdout is given, for
        `before_holdout`: early_last_day, early_days, recent_days (of the `DAYS_LOOKED_BACK` days up to the holdout),
        holdout_purchases. And purchase_days, later ones too.
    """
    days = purchases
    # A condition that holds of every purchase is left out: it would be tested for each of them, column by column.
    seen = None if last_day is not None and last_day <= until else days.day <= ibis.literal(until)
    judged = judged_from is not None or holdout_until is not None
    buyers = days.group_by("customer_id").aggregate(
        first_day=days.day.min(),
        last_day=days.day.max(where=seen),
        frequency=(days.count(where=seen) - 1).cast("int32"),
        revenue=days.revenue.sum(where=seen),
        first_revenue=amount_on_first(days, "revenue", "day"),
        **(_around_holdout(days, judged_from or until, holdout_until or until) if judged else {}),
        purchase_days=days.count().cast("int32"),
    )
    repeat_revenue = told(buyers.revenue - buyers.first_revenue)
    return buyers.mutate(
        recency_days=buyers.last_day.delta(buyers.first_day, unit="day").cast("int32"),
        age_days=ibis.literal(until).delta(buyers.first_day, unit="day").cast("int32"),
        revenue=told(buyers.revenue),
        monetary_value=ibis.ifelse(buyers.frequency > 0, repeat_revenue / buyers.frequency.nullif(0), 0.0),
    ).drop("first_revenue")


def _around_holdout(days: ibis.Table, end: date, until: date) -> dict[str, ir.Value]:
    early = days.day <= ibis.literal(end)
    recent = early & (days.day > ibis.literal(end - timedelta(days=DAYS_LOOKED_BACK)))
    later = ~early & (days.day <= ibis.literal(until))
    return {
        "early_last_day": days.day.max(where=early),
        "early_days": days.count(where=early).cast("int32"),
        "recent_days": days.count(where=recent).cast("int32"),
        "holdout_purchases": days.count(where=later).cast("int32"),
    }


def before_holdout(summaries: ibis.Table, end: date) -> ibis.Table:
    """What was known of each customer on the last day before the holdout, and what the customer bought in it.

    Args:
        summaries: Made by `customer_summaries` with `judged_from=end`.

    Returns:
        customer_id, first_day, frequency, recency_days, age_days, recent_days, holdout_purchases.
    """
    known = summaries.filter(summaries.first_day <= ibis.literal(end))
    return known.select(
        "customer_id",
        "first_day",
        "recent_days",
        "holdout_purchases",
        frequency=known.early_days - 1,
        recency_days=known.early_last_day.delta(known.first_day, unit="day"),
        age_days=ibis.literal(end).delta(known.first_day, unit="day"),
    )


def unique_histories(summaries: ibis.Table) -> pd.DataFrame:
    """Group customers with the same (x, t_x, T) in the engine.

    Returns:
        frequency, recency_days, age_days, customers; holdout_purchases and holdout_squares (sums over customers) where they are
        in the summaries.
    """
    sums = {}
    if "holdout_purchases" in summaries.columns:
        later = summaries.holdout_purchases
        # Engines add whole numbers up in a type wider than what leaves them, which takes four times as long to read.
        sums = {"holdout_purchases": later.sum(), "holdout_squares": (later * later).sum()}
    return (
        summaries.group_by(*TRIPLE)
        .aggregate(customers=summaries.count(), **{name: total.cast("float64") for name, total in sums.items()})
        .order_by(*TRIPLE)
        .to_pandas()
    )


def as_triples(histories: pd.DataFrame, time_unit: TimeUnit) -> Triples:
    """Histories as arrays, in `time_unit`."""
    return Triples(
        frequency=histories.frequency.to_numpy(dtype=float),
        recency=histories.recency_days.to_numpy(dtype=float) / DAYS[time_unit],
        age=histories.age_days.to_numpy(dtype=float) / DAYS[time_unit],
        customers=histories.customers.to_numpy(dtype=float),
    )


def repeat_spend(summaries: ibis.Table) -> tuple[np.ndarray, np.ndarray]:
    """Frequency and monetary value of each customer who repeated and paid, ordered."""
    payers = summaries.filter((summaries.frequency > 0) & (summaries.monetary_value > 0))
    frame = payers.select("frequency", "monetary_value").order_by("frequency", "monetary_value").to_pandas()
    return frame.frequency.to_numpy(dtype=float), frame.monetary_value.to_numpy(dtype=float)
