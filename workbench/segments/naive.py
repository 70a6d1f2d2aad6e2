"""The forecast that a model has to beat: every customer goes on buying as often as in the last year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import numpy as np

from workbench.segments.summaries import DAYS_LOOKED_BACK


@dataclass(frozen=True, kw_only=True)
class NaiveForecast:
    """What customers' own rates foresaw of the holdout.

    Attributes:
        expected: Purchases in total.
        bias: Expected over actual purchases, less one. NaN if nobody bought.
        error: Mean squared difference of a customer's expected and actual purchases.
    """

    expected: float
    bias: float
    error: float


def naive_forecast(known: ibis.Table, *, calibration_end: date, holdout_until: date) -> NaiveForecast:
    """Repeat purchases of the last 52 weeks, or of all days since the first purchase, scaled to the holdout's length.

    Who has been known for less time than the holdout lasts is expected to buy as often again, not at a rate from few days.

    Args:
        known: One row a customer; see `summaries.before_holdout`.
    """
    length = (holdout_until - calibration_end).days
    since = ibis.literal(calibration_end - timedelta(days=DAYS_LOOKED_BACK))
    counts = known.group_by(
        repeats=known.recent_days - (known.first_day > since).ifelse(1, 0),
        later=known.holdout_purchases,
        days=ibis.greatest(ibis.least(known.age_days, DAYS_LOOKED_BACK), length),
    ).aggregate(customers=lambda rows: rows.count())
    cells = counts.order_by("repeats", "later", "days").to_pandas().astype(float)
    expected, n = cells.repeats / cells.days * length, cells.customers
    actual = float(n @ cells.later)
    return NaiveForecast(
        expected=float(n @ expected),
        bias=float(n @ expected) / actual - 1 if actual else np.nan,
        error=float(n @ (expected - cells.later) ** 2 / n.sum()),
    )
