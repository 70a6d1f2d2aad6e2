"""Experiment readouts: what a test showed, and what to do about it."""

from workbench.experiments.design import Campaign, DesignResult, Goal, HistoryQuestion, Plans, design_experiment
from workbench.experiments.geo.readout import read_out_geo
from workbench.experiments.lift_record import lift_record
from workbench.experiments.readout import read_out, reading_day
from workbench.experiments.registry.record import ExperimentRecord, record_of
from workbench.experiments.registry.review import LearningReview, review_learnings
from workbench.experiments.result import ExperimentResult
from workbench.experiments.users.readout import read_out_users

__all__ = [
    "Campaign",
    "DesignResult",
    "ExperimentRecord",
    "ExperimentResult",
    "Goal",
    "HistoryQuestion",
    "LearningReview",
    "Plans",
    "design_experiment",
    "lift_record",
    "read_out",
    "read_out_geo",
    "read_out_users",
    "reading_day",
    "record_of",
    "review_learnings",
]
