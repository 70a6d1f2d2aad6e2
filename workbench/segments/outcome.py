"""The result of a segmentation, and what other systems read of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.result import LATER, Result
from workbench.segments.movement.ageing import AgedBins
from workbench.segments.rfm import RFMCutoffs
from workbench.segments.value_activity import Cutoffs


@dataclass(frozen=True, kw_only=True)
class SegmentationResult(Result):
    """Segments and what they are worth; nothing in it tells of one customer whose id is known.

    Attributes:
        segments: One row a segment; see `rules.describe_segments`, with value_lower and value_upper (currency, of what is expected),
            realised_lower and realised_upper (of what may come, chance of customers included; NaN where it has no bounds), and
            customers_before, value_before and trend (growth in customers as a share), NaN without an earlier run.
        calibration: Expected against actual holdout purchases; see `calibration.Calibration.table`. Empty without a holdout.
        models: One row a model of purchases that competed; see `models.selection.Choice.table`.
        groups: What a new customer of each level of a group is worth over the horizon; see `pooling.Pooled.groups`. Empty where customers
            can't be told apart.
        channels: The same by acquisition channel beside its cost; see `pooling.acquisition_cost`. Empty without such a column.
        covariates: How much more often customers of a level buy; see `pooling.Pooled.covariates`.
        spreads: How differently levels of a group behave, before and after the orders; see `pooling.Pooled.spreads`.
        subscriptions: What running subscriptions will bring, by plan; see `subscriptions.SubscriptionValues`. Empty without the table.
        retention: Their observed and expected retention; see `subscriptions.SubscriptionValues`. Empty without the table.
        dots: At most 4,000 repeat customers, drawn at random and without ids: segment, probability_alive, value_if_active (currency).
            Empty where the orders can't tell who is active.
        migration: Customers by segment in the last run and now; see `movement.migration`. Empty without an earlier run.
        flows: What the moves did to the value; see `movement.flows`. Empty without an earlier run.
        drift: One row a feature or score; see `movement.stability.drift`. Empty without an earlier run.
        bins: Bins and shares of each feature and score, in all and by age, of the day when they were frozen; hand them to the next run.
        clusters: Groups that customers form by themselves; see `clusters.explore.Clusters`. Empty where none are stable.
        cluster_stability: How reliably each number of groups comes out; see `clusters.stability.judge_candidates`.
        engagement: Which channels reach a segment's customers; see `micro.lift.lift_by_segment`.
        affinity: Which categories they choose, likewise.
        micro: Micro-segments; see `micro.groups.micro_segments`.
        profile: What a segment's customers have in common; see `profile.profile`. Empty in results of earlier versions.
        cutoffs: Where segments begin; hand them to the next run.
        frozen_by: Run that made the cut-offs; empty if this one did.
        last_run: Run that this one is compared with; empty if none.
        valued_at: Last day of the data.
        currency: ISO 4217 code.
        time_unit: Unit of the horizon and of alpha.
        horizon: Length of the value horizon in `time_unit`.
        notes: How a part of the report was made, or why it is empty, by part: movement, clusters, engagement, affinity, micro.
    """

    analysis: ClassVar[str] = "segmentation"

    segments: pd.DataFrame
    calibration: pd.DataFrame
    models: pd.DataFrame
    groups: pd.DataFrame
    channels: pd.DataFrame
    covariates: pd.DataFrame
    spreads: pd.DataFrame
    subscriptions: pd.DataFrame
    retention: pd.DataFrame
    dots: pd.DataFrame
    migration: pd.DataFrame
    flows: pd.DataFrame
    drift: pd.DataFrame
    bins: dict[str, AgedBins]
    clusters: pd.DataFrame
    cluster_stability: pd.DataFrame
    engagement: pd.DataFrame
    affinity: pd.DataFrame
    micro: pd.DataFrame
    cutoffs: Cutoffs | RFMCutoffs
    frozen_by: str
    last_run: str
    valued_at: date
    currency: str
    time_unit: str
    horizon: int
    notes: dict[str, str]
    profile: pd.DataFrame = field(default_factory=pd.DataFrame, metadata=LATER)


@dataclass(frozen=True, kw_only=True)
class CustomerSegments:
    """A segmentation, and who is in which segment: rows of customers go to hand-offs, never into the result.

    Attributes:
        members: One row a customer, ordered by id: customer_id, segment, holdout, expected_value, value_lower, value_upper (currency,
            discounted profit over the horizon, with the interval of this expectation), probability_alive (NULL where the model can't
            tell), expected_purchases (over the horizon), probability_of_purchase (of any in it), purchases_at_least, purchases_at_most
            (where what this customer will really buy lies; see `prospects.LIKELY`), frequency (repeat purchase days), days_since_last.
    """

    result: SegmentationResult
    members: pa.Table


HANDED_ON = (
    "customer_id",
    "segment",
    "holdout",
    "expected_value",
    "value_lower",
    "value_upper",
    "probability_alive",
    "expected_purchases",
    "probability_of_purchase",
    "purchases_at_least",
    "purchases_at_most",
)


def segments_handoff(found: CustomerSegments) -> pa.Table:
    """One row a customer for campaign tools: customer_id, segment, action, owner, holdout (leave this customer alone)."""
    described = found.result.segments
    segment = _named(found)
    position = pc.index_in(segment.dictionary, value_set=pa.array(described.segment, pa.string()))
    texts = {name: pa.array(described[name], pa.string()).take(position) for name in ("action", "owner")}
    told = {name: _looked_up(text, segment.indices) for name, text in texts.items()}
    return pa.table(
        {"customer_id": found.members["customer_id"], "segment": segment} | told | {"holdout": found.members["holdout"]}
    )


def values_handoff(found: CustomerSegments) -> pa.Table:
    """One row a customer with its value over the horizon, the interval of this expectation, and what it will buy by chance."""
    members = found.members.select(HANDED_ON)
    return members.set_column(HANDED_ON.index("segment"), "segment", _named(found))


def _named(found: CustomerSegments) -> pa.DictionaryArray:
    """Segments' names, each of them once."""
    return pc.dictionary_encode(found.members["segment"].combine_chunks())


def _looked_up(texts: pa.Array, positions: pa.Array) -> pa.DictionaryArray:
    """The texts at these positions, each different one once."""
    encoded = pc.dictionary_encode(texts)
    return pa.DictionaryArray.from_arrays(encoded.indices.take(positions), encoded.dictionary)
