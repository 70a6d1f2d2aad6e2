"""All that is made of the customers while they are in the engine: segments, what moved, groups, micro-segments."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import pandas as pd
import pyarrow as pa

from workbench.config.customers import Segmentation
from workbench.customers.orders import Population
from workbench.segments.clusters.explore import Clusters, explore_clusters
from workbench.segments.micro.explore import Micro, explore_micro
from workbench.segments.movement.compare import Movement, compare, with_trend
from workbench.segments.movement.previous import Previous
from workbench.segments.naming import (
    draw_dots,
    members_of,
    name_customers,
    sampled_customers,
    segment_table,
    valued_customers,
)
from workbench.segments.periods import Periods
from workbench.segments.profile import profile
from workbench.segments.rfm import RFMCutoffs
from workbench.segments.rule_books import RULE_BOOKS
from workbench.segments.summaries import units_per_year
from workbench.segments.valuation import Fitted, Totals, prospects_of, value_of_groups
from workbench.segments.value import discounted_horizon
from workbench.segments.value_activity import Cutoffs


@dataclass(frozen=True, kw_only=True)
class Series:
    """How a run follows on earlier ones.

    Attributes:
        previous: The last run, None where there is none.
        refreeze: Whether cut-offs are made anew, although there are earlier ones.
        cutoffs: Cut-offs that go before all others.
    """

    previous: Previous | None = None
    refreeze: bool = False
    cutoffs: Cutoffs | RFMCutoffs | None = None

    @property
    def frozen(self) -> Cutoffs | RFMCutoffs | None:
        """Cut-offs to keep, None where they are to be made."""
        if self.cutoffs or self.refreeze or self.previous is None:
            return self.cutoffs
        return self.previous.result.cutoffs


@dataclass(frozen=True, kw_only=True)
class Portrait:
    """What left the engine: aggregates, and the members' rows for hand-offs."""

    totals: Totals
    segments: pd.DataFrame
    profile: pd.DataFrame
    members: pa.Table
    dots: pd.DataFrame
    cutoffs: Cutoffs | RFMCutoffs
    movement: Movement
    clusters: Clusters
    micro: Micro

    @property
    def notes(self) -> dict[str, str]:
        """What a reader is told of parts, by part."""
        told = {"movement": self.movement.note, "clusters": self.clusters.note, **self.micro.notes}
        return {part: note for part, note in told.items() if note}


def portray(
    fitted: Fitted,
    summaries: ibis.Table,
    population: Population,
    periods: Periods,
    customers: ibis.Table | None,
    touchpoints: ibis.Table | None,
    config: Segmentation,
    series: Series,
    currency: str,
    *,
    smallest_group: int,
    seed: int,
) -> Portrait:
    """Value customers, name their segments, and look at them from all sides, in the engine."""
    book, previous = RULE_BOOKS[config.rules], series.previous
    horizon = discounted_horizon(config.horizon, config.annual_discount_rate, units_per_year(config.time_unit))
    prospects = prospects_of(fitted, horizon)
    with valued_customers(fitted, prospects, summaries, horizon, population, config, seed=seed) as valued:
        cutoffs = series.frozen or book.make(valued, periods.valued_at, fitted.dropout_known)
        named = name_customers(valued, cutoffs, config)
        with sampled_customers(named, int(fitted.triples.customers.sum())) as sample:
            share = population.counts.profit_share
            totals = value_of_groups(fitted, prospects, named, horizon, share, book.names, seed)
            return Portrait(
                totals=totals,
                segments=with_trend(segment_table(named, totals, cutoffs, config, currency), previous),
                profile=profile(named, customers, book.names, smallest_group=smallest_group),
                members=members_of(named),
                dots=draw_dots(sample),
                cutoffs=cutoffs,
                movement=compare(named, sample, previous, customers, book.names, config, refreeze=series.refreeze),
                clusters=explore_clusters(
                    sample, config, currency, before=previous.result.clusters if previous else None, seed=seed
                ),
                micro=explore_micro(
                    named,
                    population.orders,
                    touchpoints,
                    book.names,
                    valued_at=periods.valued_at,
                    smallest_group=smallest_group,
                ),
            )
