"""How long subscriptions have lasted on a day, counted in the engine: some have ended, the others are known so far only."""

from __future__ import annotations

from datetime import date
from typing import Literal

import ibis
import numpy as np
import pandas as pd

from workbench.errors import DataError
from workbench.segments.models.sbg import Lifetimes

type Period = Literal["week", "month", "year"]

PERIODS_PER_YEAR: dict[Period, float] = {"week": 365.25 / 7, "month": 12.0, "year": 1.0}
EXACT = "decimal(38, 9)"


def subscription_lifetimes(subscriptions: ibis.Table, *, as_of: date, period: Period) -> pd.DataFrame:
    """Subscriptions that had started by a day, by plan and renewals made: what a cohort table says, with all cohorts added up.

    An end after the day is not known on it, so such a subscription counts as active. A subscription that ends within a period has
    paid for all of it. Nothing is known of pauses: who pauses without an end goes on renewing, who ends and comes back has a row, and
    a lifetime, for each time.

    Args:
        subscriptions: Canonical table; without a column `plan` all are of one.

    Returns:
        plan, renewals, ended, active; of the active ones `price` and `price_squares`, currency per period, summed (NaN where the
        table has no price).

    Raises:
        DataError: If none had started, or one ended before it started.
    """
    rows = _rows(subscriptions, as_of, period)
    active, price = rows.ended_at.isnull(), rows.price
    counts = (
        rows.group_by("plan", "renewals")
        .aggregate(
            ended=rows.count(where=~active),
            active=rows.count(where=active),
            price=price.cast(EXACT).sum(where=active).cast("float64"),
            price_squares=(price * price).cast(EXACT).sum(where=active).cast("float64"),
        )
        .order_by("plan", "renewals")
        .to_pandas()
    )
    if counts.empty:
        raise DataError(f"no subscription had started by {as_of}; check subscriptions.started_at")
    missing = np.nan if "price" not in subscriptions.columns else 0.0
    return counts.fillna({"price": missing, "price_squares": missing})


def renewals_between(subscriptions: ibis.Table, *, earlier: date, later: date, period: Period) -> int:
    """Renewals made after one day and by another, of the subscriptions that were active on the first."""
    rows = _with_ends(subscriptions).filter(lambda table: table.started_at <= ibis.literal(earlier))
    rows = rows.filter(rows.ended_at.isnull() | (rows.ended_at > ibis.literal(earlier)))
    before = _completed(rows.started_at, ibis.literal(earlier), period)
    after = _renewals(rows, later, period)
    # BigQuery takes no names of more than 300 letters, and Ibis calls a sum by all that it is made of.
    return int((after - before).sum().name("renewals").to_pyarrow().as_py() or 0)


def lifetimes_of(counts: pd.DataFrame) -> Lifetimes:
    """Rows of `subscription_lifetimes`, all plans together, as the model takes them."""
    totals = counts.groupby("renewals")[["ended", "active"]].sum()
    return Lifetimes(
        renewals=totals.index.to_numpy(dtype=float),
        ended=totals.ended.to_numpy(dtype=float),
        active=totals.active.to_numpy(dtype=float),
    )


def _rows(subscriptions: ibis.Table, as_of: date, period: Period) -> ibis.Table:
    dated = _with_ends(subscriptions)
    _refuse_ends_before_starts(dated)
    known = dated.filter(dated.started_at <= ibis.literal(as_of))
    known = known.mutate(ended_at=(known.ended_at <= ibis.literal(as_of)).ifelse(known.ended_at, ibis.null("date")))
    plan = known.plan.cast("string").fill_null("(no plan)") if "plan" in known.columns else ibis.literal("all plans")
    price = known.price.cast("float64") if "price" in known.columns else ibis.null("float64")
    return known.select("started_at", "ended_at", plan=plan, price=price, renewals=_renewals(known, as_of, period))


def _with_ends(subscriptions: ibis.Table) -> ibis.Table:
    ended = subscriptions.ended_at.cast("date") if "ended_at" in subscriptions.columns else ibis.null("date")
    return subscriptions.mutate(started_at=subscriptions.started_at.cast("date"), ended_at=ended)


def _refuse_ends_before_starts(dated: ibis.Table) -> None:
    wrong = dated.filter(dated.ended_at < dated.started_at)
    number = int(wrong.count().to_pyarrow().as_py())
    if number:
        first = wrong.order_by("subscription_id").limit(1).to_pandas().iloc[0]
        raise DataError(
            f"subscriptions.ended_at is before started_at in {number:,} rows (first: subscription {first.subscription_id}, "
            f"{pd.Timestamp(first.started_at).date()} to {pd.Timestamp(first.ended_at).date()}); correct them, or leave them out "
            "with a filter in the table's mapping"
        )


def _renewals(rows: ibis.Table, as_of: date, period: Period) -> ibis.Value:
    """Renewals made by a day: one at the end of each completed period, but for the end that was not renewed."""
    day = ibis.literal(as_of)
    ended = rows.ended_at.notnull() & (rows.ended_at <= day)
    last_paid = ibis.greatest(rows.ended_at - ibis.interval(days=1), rows.started_at)
    return ended.ifelse(_completed(rows.started_at, last_paid, period), _completed(rows.started_at, day, period))


def _completed(start: ibis.Value, end: ibis.Value, period: Period) -> ibis.Value:
    """Whole periods from one day to another; months by the calendar, on a month's last day where it lacks the day of the start."""
    if period == "week":
        return (end.delta(start, unit="day") / 7).floor().cast("int64")
    last_of_month = (end + ibis.interval(days=1)).day() == 1
    not_yet = ((end.day() < start.day()) & ~last_of_month).ifelse(1, 0)
    months = 12 * (end.year() - start.year()) + end.month() - start.month() - not_yet
    return (months if period == "month" else (months / 12).floor()).cast("int64")
