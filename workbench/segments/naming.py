"""Customers by segment, named inside the engine, and what of them leaves it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import ibis
import pandas as pd
import pyarrow as pa

from workbench.config.customers import Segmentation
from workbench.customers.holdout import PLACES, hash_position, within_share
from workbench.customers.orders import Population
from workbench.segments.materialise import materialised
from workbench.segments.micro.groups import DAYS_AHEAD
from workbench.segments.outcome import HANDED_ON
from workbench.segments.prospects import Prospects
from workbench.segments.rule_books import RULE_BOOKS
from workbench.segments.rules import describe_segments
from workbench.segments.summaries import DAYS
from workbench.segments.valuation import Fitted, Totals, value_of_customers
from workbench.segments.value import Horizon

SALT = "segmentation"
SAMPLE, DOTS = 50_000, 4000
MEMBERS = (*HANDED_ON, "frequency", "days_since_last")
INTERVALS = ("value_lower", "value_upper", "realised_lower", "realised_upper")


@contextmanager
def valued_customers(
    fitted: Fitted,
    prospects: Prospects,
    summaries: ibis.Table,
    horizon: Horizon,
    population: Population,
    config: Segmentation,
    *,
    seed: int,
) -> Iterator[ibis.Table]:
    """One row a customer with its value, days_since_last and `place` on the line of hashes, computed once in the engine."""
    soon = DAYS_AHEAD / DAYS[config.time_unit]
    valued = value_of_customers(fitted, prospects, summaries, horizon, population, soon=soon, seed=seed)
    placed = valued.mutate(
        place=hash_position(valued.customer_id, salt=SALT), days_since_last=valued.age_days - valued.recency_days
    )
    with materialised(placed) as table:
        yield table


def name_customers(valued: ibis.Table, cutoffs: object, config: Segmentation) -> ibis.Table:
    """Customers with their `segment` and `holdout` (left alone, at random): little enough to be made whenever it is read."""
    named = RULE_BOOKS[config.rules].assign(valued, cutoffs)
    return named.mutate(holdout=within_share(named.place, config.holdout_share))


@contextmanager
def sampled_customers(segmented: ibis.Table, customers: int) -> Iterator[ibis.Table]:
    """At most `SAMPLE` customers at random, the same ones each time: those whose place is furthest from the holdout's.

    Args:
        customers: How many there are.
    """
    far = segmented.filter(segmented.place >= _sample_begins(customers))
    furthest = far.order_by(far.place.desc(), "customer_id").limit(SAMPLE)
    with materialised(furthest) as table:
        yield table


def _sample_begins(customers: int) -> int:
    """A place beyond which hashes leave more than `SAMPLE` customers, by ten standard errors: nobody else need be sorted."""
    share = (SAMPLE + 10 * math.sqrt(SAMPLE)) / max(customers, 1)
    return math.floor(max(1 - share, 0.0) * PLACES)


def segment_table(
    segmented: ibis.Table, totals: Totals, cutoffs: object, config: Segmentation, currency: str
) -> pd.DataFrame:
    """One row a segment; see `rules.describe_segments`, with `INTERVALS`."""
    described = describe_segments(segmented, RULE_BOOKS[config.rules], cutoffs, currency, config.owners)
    bounds = totals.of(list(described.segment))
    return described.assign(**{name: bounds[name].to_numpy() for name in INTERVALS})


def members_of(segmented: ibis.Table) -> pa.Table:
    """One row a customer, as Arrow; see `outcome.CustomerSegments`."""
    return segmented.select(*MEMBERS).order_by("customer_id").to_pyarrow()


def draw_dots(sample: ibis.Table) -> pd.DataFrame:
    """Some repeat customers for a picture, whose ids stay behind."""
    known = sample.filter((sample.frequency > 0) & (sample.probability_alive > 1e-6))
    drawn = known.order_by(known.place.desc(), "customer_id").limit(DOTS)
    return drawn.select("segment", "probability_alive", "value_if_active").to_pandas().astype({"segment": "str"})
