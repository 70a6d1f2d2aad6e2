"""The result of a segmentation, and what other systems read of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from workbench.result import Result
from workbench.segments.rules import Cutoffs


@dataclass(frozen=True, kw_only=True)
class SegmentationResult(Result):
    """Segments, who is in them, and what they are worth.

    Attributes:
        segments: One row a segment; see `rules.describe_segments`, with value_lower and value_upper (currency).
        memberships: One row a customer: customer_id, segment, expected_purchases and expected_value (currency, discounted
            profit) over the horizon, probability_alive (NaN where the model can't tell), frequency, days_since_last.
        calibration: Expected against actual holdout purchases; see `calibration.Calibration.table`. Empty without a holdout.
        models: One row a model of purchases that competed; see `models.selection.Choice.table`.
        cutoffs: Where segments begin; hand them to the next run.
        currency: ISO 4217 code.
        time_unit: Unit of the horizon and of alpha.
        horizon: Length of the value horizon in `time_unit`.
    """

    analysis: ClassVar[str] = "segmentation"

    segments: pd.DataFrame
    memberships: pd.DataFrame
    calibration: pd.DataFrame
    models: pd.DataFrame
    cutoffs: Cutoffs
    currency: str
    time_unit: str
    horizon: int


def segments_handoff(result: SegmentationResult) -> pd.DataFrame:
    """One row a customer for campaign tools: customer_id, segment, action."""
    actions = result.segments.set_index("segment").action
    members = result.memberships
    return members[["customer_id", "segment"]].assign(action=members.segment.map(actions).astype("str"))
