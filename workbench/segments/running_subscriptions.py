"""Subscriptions beside orders: valued where a table of them is mapped, of customers who may be analysed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import pandas as pd

from workbench.config.customers import Segmentation
from workbench.customers.consent import permitted
from workbench.errors import FitError
from workbench.result import Check
from workbench.segments.subscriptions import value_subscriptions
from workbench.wording import count, interval, money


@dataclass(frozen=True, kw_only=True)
class RunningSubscriptions:
    """What is to come of subscriptions; empty where none are mapped, or too few ended to tell.

    Attributes:
        table: See `subscriptions.SubscriptionValues.table`.
        retention: See `subscriptions.SubscriptionValues.retention`.
        note: Why it is empty, where it is.
        finding: A sentence for page one, empty without prices.
    """

    table: pd.DataFrame
    retention: pd.DataFrame
    checks: tuple[Check, ...]
    note: str
    finding: str


def running_subscriptions(
    subscriptions: ibis.Table | None,
    customers: ibis.Table | None,
    config: Segmentation,
    *,
    as_of: date,
    currency: str,
    seed: int,
) -> RunningSubscriptions:
    """Value what runs on a day.

    Raises:
        DataError: If no subscription had started by then, or one ended before it started.
    """
    if subscriptions is None:
        return _nothing("")
    allowed = permitted(subscriptions, customers, "profiling") if config.require_consent else subscriptions
    try:
        valued = value_subscriptions(
            allowed,
            config.subscriptions,
            as_of=as_of,
            annual_discount_rate=config.annual_discount_rate,
            margin=config.margin,
            seed=seed,
        )
    except FitError as error:
        return _nothing(f"Subscriptions are not valued: {error}.")
    return RunningSubscriptions(
        table=valued.table,
        retention=valued.retention,
        checks=valued.checks,
        note="",
        finding=_finding(valued.table, config, currency),
    )


def _nothing(note: str) -> RunningSubscriptions:
    return RunningSubscriptions(table=pd.DataFrame(), retention=pd.DataFrame(), checks=(), note=note, finding="")


def _finding(table: pd.DataFrame, config: Segmentation, currency: str) -> str:
    """The plan with the most to come: totals of plans don't add up to a total's interval."""
    valued = table[table.value.notna() & (table.active > 0)]
    if valued.empty:
        return ""
    row = valued.sort_values("value").iloc[-1]
    spec = config.subscriptions
    return (
        f"{count(float(row.active))} running subscriptions of the plan {row.plan} are expected to bring {money(float(row.value), currency)} "
        f"({interval(float(row.value_lower), float(row.value_upper), currency)}) over the next {spec.horizon} {spec.period}s."
    )
