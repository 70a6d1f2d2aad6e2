"""What a pack reads of each analysis: some of the fields that its runs saved, so that no draws of a posterior are loaded."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

import pandas as pd

from workbench.experiments.design.result import UserPlan
from workbench.next_action.result import Facts
from workbench.result import LATER, Result
from workbench.scenarios.wording import FORCED


@dataclass(frozen=True, kw_only=True)
class SavedCustomers(Result):
    """Of `segments.SegmentationResult`."""

    analysis: ClassVar[str] = "segmentation"

    segments: pd.DataFrame
    valued_at: date
    currency: str
    time_unit: str
    horizon: int


@dataclass(frozen=True, kw_only=True)
class SavedMediaMix(Result):
    """Of `mmm.MediaMixResult`."""

    analysis: ClassVar[str] = "media_mix"

    currency: str
    lift_effects: pd.DataFrame = field(default_factory=pd.DataFrame, metadata=LATER)
    labels: dict[str, str] = field(default_factory=dict)

    def label(self, channel: str) -> str:
        """How reports call a channel."""
        return self.labels.get(channel) or channel


@dataclass(frozen=True, kw_only=True)
class SavedPlan(Result):
    """Of `scenarios.PreparedPlan`."""

    analysis: ClassVar[str] = "scenario_planning"

    currency: str
    budget: float
    horizon_weeks: int
    forced: bool
    margin: float
    labels: dict[str, str]
    market_labels: dict[str, str] = field(default_factory=dict, metadata=LATER)
    plan: pd.DataFrame
    plan_weekly: pd.DataFrame
    comparison: pd.DataFrame
    scenarios: pd.DataFrame = field(default_factory=pd.DataFrame, metadata=LATER)
    scenario_draws: pd.DataFrame = field(default_factory=pd.DataFrame, metadata=LATER)

    @property
    def stamp(self) -> str:
        return FORCED if self.forced else ""

    @property
    def first_week(self) -> date:
        return pd.Timestamp(self.plan_weekly["week"].min()).date()

    def label(self, channel: str) -> str:
        """How reports call a channel or a lever."""
        return self.labels.get(channel) or channel


@dataclass(frozen=True, kw_only=True)
class SavedContacts(Result):
    """Of `next_action.NextActionResult`."""

    analysis: ClassVar[str] = "next_best_action"

    facts: Facts
    actions: pd.DataFrame
    currency: str


@dataclass(frozen=True, kw_only=True)
class SavedScore(Result):
    """Of `propensity.PropensityResult`."""

    analysis: ClassVar[str] = "propensity"

    currency: str


@dataclass(frozen=True, kw_only=True)
class SavedReadout(Result):
    """Of `experiments.ExperimentResult`."""

    analysis: ClassVar[str] = "experiment_readout"

    experiment_id: str
    kind: str
    currency: str
    verdict: str
    would_change: str


@dataclass(frozen=True, kw_only=True)
class SavedDesign(Result):
    """Of `experiments.DesignResult`."""

    analysis: ClassVar[str] = "experiment_design"

    kind: str
    experiment_id: str
    currency: str
    plan: UserPlan | None
    markets: pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class SavedReview(Result):
    """Of `experiments.LearningReview`."""

    analysis: ClassVar[str] = "learning_review"

    currency: str
