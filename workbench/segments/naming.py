"""Customers by segment: valued and named inside the engine."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import pandas as pd

from workbench.config.customers import Segmentation
from workbench.customers.orders import Population
from workbench.segments.materialise import materialised
from workbench.segments.periods import Periods
from workbench.segments.rules import RULES, Cutoffs, assign_segments, describe_segments, make_cutoffs
from workbench.segments.summaries import units_per_year
from workbench.segments.valuation import Fitted, Totals, value_of_customers, value_of_groups
from workbench.segments.value import discounted_horizon


@dataclass(frozen=True, kw_only=True)
class Named:
    """Customers by segment, and where segments begin."""

    segments: pd.DataFrame
    memberships: pd.DataFrame
    totals: Totals
    cutoffs: Cutoffs


def name_customers(
    fitted: Fitted,
    summaries: ibis.Table,
    population: Population,
    periods: Periods,
    config: Segmentation,
    currency: str,
    seed: int,
    cutoffs: Cutoffs | None,
) -> Named:
    """Value the customers and name their segments, in the engine."""
    horizon = discounted_horizon(config.horizon, config.annual_discount_rate, units_per_year(config.time_unit))
    with materialised(value_of_customers(fitted, summaries, horizon, population, seed=seed)) as valued:
        cutoffs = cutoffs or make_cutoffs(valued, made_on=periods.valued_at, dropout_known=fitted.dropout_known)
        segmented = assign_segments(valued, cutoffs)
        names = [rule.name for rule in RULES]
        totals = value_of_groups(fitted, segmented, horizon, population.counts.profit_share, config, names, seed)
        return Named(
            segments=_with_intervals(describe_segments(segmented, cutoffs, currency), totals),
            memberships=_memberships(segmented),
            totals=totals,
            cutoffs=cutoffs,
        )


def _memberships(segmented: ibis.Table) -> pd.DataFrame:
    columns = ["customer_id", "segment", "expected_purchases", "expected_value", "probability_alive", "frequency"]
    since = segmented.age_days - segmented.recency_days
    frame = segmented.select(*columns, days_since_last=since).order_by("customer_id").to_pandas()
    return frame.astype({"segment": "str", "probability_alive": "float64", "frequency": int, "days_since_last": int})


def _with_intervals(segments: pd.DataFrame, totals: Totals) -> pd.DataFrame:
    bounds = totals.of(list(segments.segment))
    return segments.assign(value_lower=bounds.value_lower.to_numpy(), value_upper=bounds.value_upper.to_numpy())
