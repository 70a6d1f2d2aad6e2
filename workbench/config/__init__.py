"""`workbench.toml` and the experiments' own files: what a workspace is, as typed, frozen models."""

from workbench.config.analyses import (
    BusinessPrior,
    Channel,
    Market,
    MediaMix,
    Planning,
)
from workbench.config.customers import Action, Governance, NextBestAction, Score, Segmentation, Subscriptions
from workbench.config.experiment_files import experiment_files
from workbench.config.experiments import CreativeExperiment, Experiment, GeoExperiment, UserExperiment
from workbench.config.goals import Goal, Kpi
from workbench.config.load import CONFIG_FILE, find_config, load_config
from workbench.config.metrics import Metric
from workbench.config.notify import Happening, Notify
from workbench.config.schedule import Schedule
from workbench.config.source import SourceConfig
from workbench.config.tables import Column, CsvOptions, TableMapping
from workbench.config.workspace import WorkspaceConfig, WorkspaceSection

__all__ = [
    "CONFIG_FILE",
    "Action",
    "BusinessPrior",
    "Channel",
    "Column",
    "CreativeExperiment",
    "CsvOptions",
    "Experiment",
    "GeoExperiment",
    "Goal",
    "Governance",
    "Happening",
    "Kpi",
    "Market",
    "MediaMix",
    "Metric",
    "NextBestAction",
    "Notify",
    "Planning",
    "Schedule",
    "Score",
    "Segmentation",
    "SourceConfig",
    "Subscriptions",
    "TableMapping",
    "UserExperiment",
    "WorkspaceConfig",
    "WorkspaceSection",
    "experiment_files",
    "find_config",
    "load_config",
]
