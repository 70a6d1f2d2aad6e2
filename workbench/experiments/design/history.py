"""What a test like the planned one would have measured without any treatment, as a table of units in the engine.

Either customers in their orders of the last weeks, or the control of a test that ran before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

import ibis

from workbench.config import UserExperiment
from workbench.customers.consent import permitted, records_consent
from workbench.data.digests import text_hash
from workbench.data.kept import kept
from workbench.errors import DataError, SpecError
from workbench.experiments.design.arrivals import Arrivals, arrivals_of
from workbench.experiments.users.assignment import daily_units
from workbench.experiments.users.units import select_units

HISTORY = "history"
ARMS = ("even", "odd")
BUCKETS = 8192
WEEKS_OF_NEW_CUSTOMERS = 13
MEASURED = ("revenue", "orders", "converted", "margin")

type Entry = Literal["at_once", "with_next_order"]


@dataclass(frozen=True, kw_only=True)
class HistoryQuestion:
    """Which customers' history stands for the coming test.

    Attributes:
        weeks: Weeks for which each customer's outcome counts.
        before_weeks: Weeks before the test that covariates are taken from.
        entry: All known customers on the first day, as by e-mail; or each with the next order, as on a site.
        enrolment_weeks: Weeks in which customers enter with an order; they lie before the last `weeks`.
        active_weeks: Only customers who ordered within so many weeks before the test; 0 for all.
        seed: Of the hash that puts customers into buckets.
    """

    weeks: int = 4
    before_weeks: int = 13
    entry: Entry = "at_once"
    enrolment_weeks: int = 8
    active_weeks: int = 0
    seed: int = 1


@dataclass(frozen=True, kw_only=True)
class History:
    """Units of history.

    Attributes:
        units: Shaped as canonical `units` of one experiment named `HISTORY`, in two arms that differ by chance alone, with the
            column `bucket`, a hash of the unit from 0 to below `BUCKETS`.
        arrivals: How fast such units come.
        outcome_weeks: Weeks for which outcomes were counted.
        source: Part of a sentence: whose history it is.
        arms: The arms of the earlier test, its control first; empty for orders.
        unreachable: Customers left out as they agreed to no marketing.
    """

    units: ibis.Table
    arrivals: Arrivals
    outcome_weeks: int
    source: str
    arms: tuple[str, ...] = ()
    unreachable: int = 0


def history_of(tables: Mapping[str, ibis.Table], name: str, spec: UserExperiment, question: HistoryQuestion) -> History:
    """The history that the tables hold: the test's own units where it ran before, else customers' orders.

    Raises:
        SpecError: If the tables hold neither.
        DataError: If the orders are too few or too young.
    """
    if "units" in tables:
        return past_test(tables["units"], name, spec, question)
    if "transactions" in tables:
        return past_orders(tables["transactions"], tables.get("customers"), question)
    raise SpecError(
        "a test is planned on history, and there is none; map transactions, or name a declared experiment that has run"
    )


def past_test(rows: ibis.Table, name: str, spec: UserExperiment, question: HistoryQuestion) -> History:
    """The control of an earlier test, and the pace at which units of all its arms came."""
    chosen = select_units(rows, name, spec)
    variants = chosen.select(variant=chosen.variant.cast("string")).distinct().order_by("variant").to_pyarrow()
    arms = tuple(variants["variant"].to_pylist())
    if spec.control not in arms:
        raise SpecError(f"experiment {name} has no units of its control {spec.control}, on which the next is planned")
    daily: dict[date, int] = {}
    for days in daily_units(chosen).values():
        daily = {day: daily.get(day, 0) + days.get(day, 0) for day in (*daily, *days)}
    arrivals = arrivals_of(daily) if daily else Arrivals(at_once=int(chosen.count().execute()))
    weeks = question.weeks
    if daily and spec.end is not None and spec.end > max(daily):
        weeks = max(1, round((spec.end - max(daily)).days / 7))
    return History(
        units=_in_two_arms(chosen.filter(chosen.variant.cast("string") == spec.control), question.seed),
        arrivals=arrivals,
        outcome_weeks=weeks,
        source=f"the control of {name}",
        arms=(spec.control, *(arm for arm in arms if arm != spec.control)),
    )


def past_orders(orders: ibis.Table, customers: ibis.Table | None, question: HistoryQuestion) -> History:
    """Customers of the last weeks as if they had been in a test without treatment."""
    last_day = orders.aggregate(day=orders.ordered_at.max().cast("date")).to_pyarrow()["day"][0].as_py()
    if last_day is None:
        raise DataError("transactions hold no orders, so there is no history to plan on; load them first")
    end = datetime.combine(last_day, datetime.min.time()) + timedelta(days=1)
    by_order = question.entry == "with_next_order"
    enrolled = question.enrolment_weeks if by_order else 0
    start = end - timedelta(weeks=question.weeks + enrolled)
    known, unreachable = (orders.select("customer_id"), 0) if by_order else _known(orders, customers, start, question)
    entries = (
        _entering(orders, start, enrolled) if by_order else known.distinct().mutate(entered_at=ibis.literal(start))
    )
    units = kept(_outcomes(entries, orders, question, by_order))
    if units.count().execute() == 0:
        raise DataError(
            f"no customer was known {question.weeks} weeks before the last order ({last_day}); plan fewer weeks, or load older orders"
        )
    return History(
        units=_in_two_arms(units, question.seed),
        arrivals=_order_arrivals(units, orders, end, by_order),
        outcome_weeks=question.weeks,
        source=f"customers' orders up to {last_day}",
        unreachable=unreachable,
    )


def _known(
    orders: ibis.Table, customers: ibis.Table | None, start: datetime, question: HistoryQuestion
) -> tuple[ibis.Table, int]:
    """Customers known before the test who may be written to, and how many may not."""
    earlier = orders.filter(orders.ordered_at < start)
    if question.active_weeks:
        earlier = earlier.filter(earlier.ordered_at >= start - timedelta(weeks=question.active_weeks))
    known = earlier.select("customer_id").distinct()
    if customers is None:
        return known, 0
    if "acquired_at" in customers.columns and not question.active_weeks:
        registered = customers.filter(customers.acquired_at < start).select("customer_id")
        known = known.union(registered, distinct=True)
    if not records_consent(customers, "marketing"):
        return known, 0
    reachable = permitted(known, customers, "marketing")
    return reachable, int(known.count().execute() - reachable.count().execute())


def _entering(orders: ibis.Table, start: datetime, weeks: int) -> ibis.Table:
    """Each customer's first order of the weeks of enrolment."""
    within = orders.filter((orders.ordered_at >= start) & (orders.ordered_at < start + timedelta(weeks=weeks)))
    return within.group_by("customer_id").aggregate(entered_at=within.ordered_at.min())


def _outcomes(entries: ibis.Table, orders: ibis.Table, question: HistoryQuestion, by_order: bool) -> ibis.Table:
    """Each unit's orders after its entry, and before it; an order by which it enters belongs to the revenue after."""
    dated = entries.left_join(orders, entries.customer_id == orders.customer_id)
    at, entered = dated.ordered_at, dated.entered_at
    after = (at >= entered) & (at < entered + ibis.interval(days=7 * question.weeks))
    before = (at < entered) & (at >= entered - ibis.interval(days=7 * question.before_weeks))
    again = after & (at > entered) if by_order else after
    measures: dict[str, ibis.Value] = {}
    for suffix, window, another in (("", after, again), ("_before", before, before)):
        bought = dated.revenue > 0
        measures |= {
            f"revenue{suffix}": dated.revenue.sum(where=window).fill_null(0.0).cast("float64"),
            f"orders{suffix}": dated.count(where=window & bought),
            f"converted{suffix}": ibis.ifelse(dated.count(where=another & bought) > 0, 1, 0),
        }
        if "margin" in orders.columns:
            measures[f"margin{suffix}"] = dated.margin.sum(where=window).fill_null(0.0).cast("float64")
    grouped = dated.group_by(unit_id=dated.customer_id, assigned_at=dated.entered_at)
    return grouped.aggregate(**measures).mutate(experiment_id=ibis.literal(HISTORY))


def _order_arrivals(units: ibis.Table, orders: ibis.Table, end: datetime, by_order: bool) -> Arrivals:
    if by_order:
        counted = units.group_by(day=units.assigned_at.cast("date")).aggregate(units=units.count())
        return arrivals_of({row["day"]: row["units"] for row in counted.to_pyarrow().to_pylist()})
    first = orders.group_by("customer_id").aggregate(at=orders.ordered_at.min())
    new = first.filter(first["at"] >= end - timedelta(weeks=WEEKS_OF_NEW_CUSTOMERS)).count().execute()
    return Arrivals(at_once=int(units.count().execute()), pace=float(new) / WEEKS_OF_NEW_CUSTOMERS)


def _in_two_arms(units: ibis.Table, seed: int) -> ibis.Table:
    hashed = text_hash(ibis.literal(f"{seed}:") + units.unit_id.cast("string"), units.get_backend().name)
    # Some engines' hashes are negative in half of all cases.
    bucket = ((hashed % BUCKETS) + BUCKETS) % BUCKETS
    return units.mutate(
        experiment_id=ibis.literal(HISTORY),
        bucket=bucket.cast("int64"),
        variant=ibis.ifelse(bucket % 2 == 0, ARMS[0], ARMS[1]),
    )
