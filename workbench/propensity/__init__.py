"""Scores: how likely each customer or lead is to do something, how far to believe it, and whom to act on."""

from workbench.propensity.cases import chosen_score, collect_cases, tables_of
from workbench.propensity.result import Card, PropensityResult
from workbench.propensity.rows import Population, TrainingRows
from workbench.propensity.train import Trained, train_scores

__all__ = [
    "Card",
    "Population",
    "PropensityResult",
    "Trained",
    "TrainingRows",
    "chosen_score",
    "collect_cases",
    "tables_of",
    "train_scores",
]
