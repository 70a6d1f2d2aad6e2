"""The whole configuration of a workspace as one model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from workbench.config.analyses import Channel, Market, MediaMix, Planning
from workbench.config.base import Section
from workbench.config.customers import Governance, NextBestAction, Score, Segmentation
from workbench.config.experiments import Experiment
from workbench.config.goals import Goal, Kpi
from workbench.config.notify import Notify, refuse_bad_channels
from workbench.config.publishing import Publish
from workbench.config.report import ReportStyle
from workbench.config.runs import Runs
from workbench.config.schedule import Schedule, refuse_bad_references
from workbench.config.source import SourceConfig
from workbench.config.tables import TableMapping
from workbench.config.time_zone import TimeZone

type TableName = Literal[
    "transactions",
    "customers",
    "erasures",
    "touchpoints",
    "contacts",
    "leads",
    "subscriptions",
    "media",
    "kpi",
    "controls",
    "lift",
    "units",
    "geo",
    "capacity",
    "commitments",
    "deliveries",
    "later_media",
    "later_kpi",
    "later_controls",
]
type Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class WorkspaceSection(Section):
    """`[workspace]`.

    Attributes:
        name: The company or brand, as reports print it.
        currency: ISO 4217 code.
        week_start: Weekday on which a week begins.
        time_zone: Zone in which a moment with an offset falls on its day, such as `Europe/Berlin`.
        reports: Folder of runs and reports, relative to the workspace.
    """

    name: str
    currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$")
    week_start: Weekday = "monday"
    time_zone: TimeZone = ""
    reports: str = "reports"


class WorkspaceConfig(Section):
    """`workbench.toml` and the experiments' own files, validated."""

    workspace: WorkspaceSection
    source: SourceConfig = SourceConfig()
    tables: dict[TableName, TableMapping] = Field(default_factory=dict)
    channels: dict[str, Channel] = Field(default_factory=dict)
    markets: dict[str, Market] = Field(default_factory=dict)
    media_mix: MediaMix = MediaMix()
    experiments: dict[str, Experiment] = Field(default_factory=dict)
    segmentation: Segmentation = Segmentation()
    scores: dict[str, Score] = Field(default_factory=dict)
    next_best_action: NextBestAction = NextBestAction()
    governance: Governance = Governance()
    planning: Planning = Planning()
    kpis: dict[str, Kpi] = Field(default_factory=dict)
    goals: dict[str, Goal] = Field(default_factory=dict)
    publish: Publish = Publish()
    report: ReportStyle = ReportStyle()
    schedule: tuple[Schedule, ...] = ()
    notify: tuple[Notify, ...] = ()
    runs: Runs = Runs()

    @model_validator(mode="after")
    def _schedules_fit(self) -> WorkspaceConfig:
        refuse_bad_references(self.schedule, [str(table) for table in self.tables])
        refuse_bad_channels(self.notify, self.schedule)
        return self
