"""What a score is and how far to believe it; no row of a person lies in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

import pandas as pd

from workbench.propensity.drift import FrozenColumn
from workbench.result import Result


@dataclass(frozen=True, kw_only=True)
class Card:
    """The facts of a model card that no table holds.

    Attributes:
        score: Its name in the configuration.
        label: What reports call it.
        kind: `conversion`, `churn` or `lead`.
        noun: What a case is, in the plural.
        horizon_days: How long after scoring the outcome may come.
        as_of: The day of scoring.
        model: The model that was chosen.
        calibrator: How its log odds become probabilities.
        version: Names this model in hand-offs.
        trained_from: First case.
        trained_to: Last case.
        test_from: First case of the test.
        cases: That the handed-on model learnt from.
        outcomes: Among them.
        test_cases: That it was judged on.
        test_outcomes: Among them.
        unknown_then: Earlier cases in neither part, since their outcome wasn't known when the test began.
        scored: How many were scored.
        selected: How many of them to act on.
        cut: Least probability of the selected, NaN where nobody is.
        rule: What set the cut.
        value: Currency that an outcome brings, NaN where unknown.
        value_declared: Whether the configuration says so.
        cost: Currency that acting on one costs.
        rehearsal: Whether past cases were scored, for want of open ones.
        recalibrated: Whether the probabilities handed on were learnt on the latest block, since older ones failed.
        by_chance: Whether the test is of the same moment as what was learnt from, since all cases are.
    """

    score: str
    label: str
    kind: str
    noun: str
    horizon_days: int
    as_of: date
    model: str
    calibrator: str
    version: str
    trained_from: date
    trained_to: date
    test_from: date
    cases: int
    outcomes: int
    test_cases: int
    test_outcomes: int
    unknown_then: int
    scored: int
    selected: int
    cut: float
    rule: str
    value: float
    value_declared: bool
    cost: float
    rehearsal: bool
    recalibrated: bool
    by_chance: bool = False

    @property
    def unseen(self) -> str:
        """What cases of the test are, in a word."""
        return "held-back" if self.by_chance else "later"


@dataclass(frozen=True, kw_only=True)
class PropensityResult(Result):
    """A score, judged on later cases than it learnt from.

    Attributes:
        card: Facts of the model card.
        models: One row a model and metric: model, metric, estimate, lower, upper, chosen.
        tenths: See `metrics.tenths`.
        profit: See `worth.profit_curve`.
        importance: See `reasons.importance`.
        features: One row a column that is learnt from: column, kind, detail.
        exclusions: One row a column that isn't: column, reason.
        leakage: See `leakage.Leakage.table`.
        blocks: One row a block of time: start, end, part (`learnt` or `test`), rows, rate, expected, auc, auc_lower, auc_upper.
        fairness: See `FairnessAudit.table`, with the attribute; empty where none is declared.
        statements: What the fairness audit says.
        drift: See `drift.drift`; empty without an earlier run.
        frozen: How each column and the score are spread; hand them to the next run.
        currency: ISO 4217 code.
    """

    analysis: ClassVar[str] = "propensity"

    card: Card
    models: pd.DataFrame
    tenths: pd.DataFrame
    profit: pd.DataFrame
    importance: pd.DataFrame
    features: pd.DataFrame
    exclusions: pd.DataFrame
    leakage: pd.DataFrame
    blocks: pd.DataFrame
    fairness: pd.DataFrame
    statements: tuple[str, ...]
    drift: pd.DataFrame
    frozen: dict[str, FrozenColumn]
    currency: str
