"""Planning a test: how many users or which markets, how long, at what cost, and what it could find."""

from workbench.experiments.design.geo import Campaign
from workbench.experiments.design.history import HistoryQuestion
from workbench.experiments.design.plan import Plans, design_experiment
from workbench.experiments.design.result import DesignResult
from workbench.experiments.design.sizing import Goal

__all__ = ["Campaign", "DesignResult", "Goal", "HistoryQuestion", "Plans", "design_experiment"]
