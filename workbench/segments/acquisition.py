"""What a new customer is worth by where it came from, and what it cost: values pooled over groups, beside media spend."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import pandas as pd

from workbench.config.customers import Segmentation
from workbench.customers.order_counts import OrderCounts
from workbench.errors import SpecError
from workbench.result import Check
from workbench.segments.pooling import Pooled, pool_groups
from workbench.segments.pooling.acquisition_cost import CHANNEL, COLUMNS, acquisition_costs, unmatched
from workbench.segments.pooling.lifetime_value import NewCustomer
from workbench.segments.pooling.pool import COVARIATE_COLUMNS, GROUP_COLUMNS, SPREAD_COLUMNS
from workbench.segments.summaries import units_per_year
from workbench.segments.valuation import Fitted
from workbench.segments.value import discounted_horizon
from workbench.wording import interval, money, number

LARGEST_RHAT = 1.05
MOST_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class Acquisition:
    """What was learnt of new customers; empty tables where customers can't be told apart.

    Attributes:
        groups: See `pooling.Pooled.groups`.
        channels: See `pooling.acquisition_cost.acquisition_costs`.
        covariates: See `pooling.Pooled.covariates`.
        spreads: See `pooling.Pooled.spreads`.
        finding: A sentence for page one, empty where channels can't be compared.
    """

    groups: pd.DataFrame
    channels: pd.DataFrame
    covariates: pd.DataFrame
    spreads: pd.DataFrame
    checks: tuple[Check, ...]
    finding: str


def value_of_acquisition(
    fitted: Fitted,
    summaries: ibis.Table,
    transactions: ibis.Table,
    customers: ibis.Table | None,
    media: ibis.Table | None,
    counts: OrderCounts,
    config: Segmentation,
    currency: str,
    *,
    seed: int,
) -> Acquisition:
    """Pool groups and covariates, and join what each acquisition channel cost.

    Args:
        transactions: Canonical table, before any exclusion: spend bought all customers.
    """
    new = NewCustomer(
        model=fitted.model,
        horizon=discounted_horizon(config.horizon, config.annual_discount_rate, units_per_year(config.time_unit)),
        profit_share=counts.profit_share,
        correction=fitted.correction.factor,
    )
    try:
        pooled = pool_groups(summaries, customers, config, fitted.purchases, new, seed=seed)
    except SpecError as error:
        return _nothing(Check(name="groups_pooled", passed=False, detail=f"New customers are not compared: {error}."))
    if pooled is None:
        return _nothing(_without_columns(config))
    channels = pd.DataFrame(columns=list(COLUMNS))
    if customers is not None and (pooled.groups["group"] == CHANNEL).any():
        channels = acquisition_costs(pooled.groups, transactions, customers, media)
    return Acquisition(
        groups=pooled.groups,
        channels=channels,
        covariates=pooled.covariates,
        spreads=pooled.spreads,
        checks=_checks(pooled, channels, media),
        finding=_finding(channels, config, currency, dropout_known=fitted.dropout_known),
    )


def _without_columns(config: Segmentation) -> Check:
    asked = ", ".join((*config.groups, *config.covariates))
    detail = (
        f"New customers are not compared by {asked}: no such column is mapped; map it in the table customers."
        if asked
        else "New customers are not compared: segmentation.groups names no column."
    )
    return Check(name="groups_pooled", passed=None, detail=detail)


def _nothing(why: Check) -> Acquisition:
    return Acquisition(
        groups=pd.DataFrame(columns=list(GROUP_COLUMNS)),
        channels=pd.DataFrame(columns=list(COLUMNS)),
        covariates=pd.DataFrame(columns=list(COVARIATE_COLUMNS)),
        spreads=pd.DataFrame(columns=list(SPREAD_COLUMNS)),
        checks=(why,),
        finding="",
    )


def _checks(pooled: Pooled, channels: pd.DataFrame, media: ibis.Table | None) -> tuple[Check, ...]:
    good = pooled.rhat <= LARGEST_RHAT
    told = "" if good else "; values by group are not to be used: run again with another seed, or with fewer groups"
    checks = [
        Check(
            name="groups_pooled",
            passed=good,
            value=pooled.rhat,
            threshold=LARGEST_RHAT,
            detail=f"Two independent calculations of the values by group {'agree' if good else 'disagree'} "
            f"(R-hat {number(pooled.rhat, 3)}, at most {LARGEST_RHAT}){told}.",
        )
    ]
    if pooled.exact:
        detail = (
            f"Of {_some(pooled.exact)} the likelihood isn't as normal as the quick calculation takes it to be, so values by group were "
            "drawn from the likelihood itself there."
        )
        checks.append(Check(name="groups_exact", passed=None, value=float(len(pooled.exact)), detail=detail))
    if pooled.missing:
        detail = f"Not recorded, so not compared: {', '.join(pooled.missing)}; map such columns in the table customers."
        checks.append(Check(name="groups_missing", passed=None, detail=detail))
    if len(channels):
        detail = (
            "The channel of a customer is the one that got the credit for the first order, and spend also sells to customers who came "
            "another way: value by cost compares channels as they are recorded, it doesn't say what more spend would bring. The media "
            "mix and experiments do."
        )
        checks.append(Check(name="attribution", passed=None, detail=detail))
        checks += _spend_checks(channels, media)
    return tuple(checks)


def _spend_checks(channels: pd.DataFrame, media: ibis.Table | None) -> list[Check]:
    """Names that only one of both tables knows."""
    free, unseen = unmatched(channels, media)
    told = []
    if free and media is not None:
        told.append(f"No spend is recorded for {_some(tuple(free))}, so value by cost isn't told there.")
    if unseen:
        told.append(
            f"Media has spend on {_some(tuple(unseen))} and no customer came from there: if customers call it otherwise, give both the "
            "same name in the mapping."
        )
    return [Check(name="spend_matched", passed=False if unseen else None, detail=" ".join(told))] if told else []


def _some(names: tuple[str, ...]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _finding(channels: pd.DataFrame, config: Segmentation, currency: str, *, dropout_known: bool) -> str:
    """The most and the least valuable of the channels that can be compared with their cost, else of all."""
    paid = channels[channels.cac.notna()]
    shown = paid if len(paid) > 1 else channels
    if len(shown) < 2:
        return ""
    best, worst = shown.iloc[0], shown.iloc[-1]
    limit = "" if dropout_known else ", at most,"
    text = (
        f"A new customer from {best.channel} is expected to bring{limit} {money(best.ltv, currency)} "
        f"({interval(best.lower, best.upper, currency)}) within {config.horizon} {config.time_unit}s, one from {worst.channel} "
        f"{money(worst.ltv, currency)} ({interval(worst.lower, worst.upper, currency)})"
    )
    if len(paid) < 2:
        return f"{text}; channels are as recorded at the first order, not proven causes."
    by_return = paid.sort_values("ltv_to_cac", ascending=False)
    first, last = by_return.iloc[0], by_return.iloc[-1]
    return (
        f"{text}. For what it cost to acquire, {first.channel} brings {number(first.ltv_to_cac, 2)} times as much back and {last.channel} "
        f"{number(last.ltv_to_cac, 2)} times; channels are as recorded at the first order, not proven causes."
    )
