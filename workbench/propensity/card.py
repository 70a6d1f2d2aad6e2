"""The facts of a model card, and what each column that the model reads has become."""

from __future__ import annotations

import hashlib
from datetime import date

import numpy as np
import pandas as pd

from workbench.config.customers import Score
from workbench.propensity.batches import Scored
from workbench.propensity.encoding import EncodedColumn, LevelColumn, NumberColumn
from workbench.propensity.evidence import Evidence
from workbench.propensity.model import ScoreModel
from workbench.propensity.result import Card
from workbench.propensity.rows import Population
from workbench.propensity.worth import Cut, Worth
from workbench.wording import count, number

TITLES = {"conversion": "Who will order next", "churn": "Who is about to leave", "lead": "Which leads will be won"}


def write_card(
    population: Population,
    name: str,
    spec: Score,
    evidence: Evidence,
    model: ScoreModel,
    scored: Scored,
    cut: Cut,
    worth: Worth,
    *,
    recalibrated: bool,
) -> Card:
    """Facts of one run."""
    rows, test, split = evidence.rows, evidence.test, evidence.split
    learnt = rows.at(split.train) if population.rehearsal or recalibrated else rows
    return Card(
        score=name,
        label=spec.label or TITLES[spec.kind],
        kind=spec.kind,
        noun=population.noun,
        horizon_days=spec.horizon_days,
        as_of=population.as_of,
        model=model.learner.name,
        calibrator=model.calibrator.name,
        version=model_version(model, population.as_of),
        trained_from=_day(learnt.time[0]),
        trained_to=_day(learnt.time[-1]),
        test_from=_day(split.starts),
        cases=len(learnt),
        outcomes=int(learnt.outcome.sum()),
        test_cases=len(test),
        test_outcomes=int(test.outcome.sum()),
        unknown_then=split.unknown_then,
        scored=len(scored.probability),
        selected=cut.selected,
        cut=cut.probability if cut.selected else np.nan,
        rule=cut.rule,
        value=worth.value,
        value_declared=worth.declared,
        cost=spec.cost,
        rehearsal=population.rehearsal,
        recalibrated=recalibrated,
        by_chance=split.by_chance,
    )


def model_version(model: ScoreModel, as_of: date) -> str:
    """The day of scoring and a fingerprint of what the model says of typical cases nearby: the same model, the same name."""
    steps = np.vstack([model.typical, model.typical + np.diag(1 + np.abs(model.typical))])
    said = np.round(model.calibrator.probability(model.learner.log_odds(steps)), 6)
    return f"{as_of.isoformat()}-{hashlib.sha256(said.tobytes()).hexdigest()[:8]}"


def describe_columns(model: ScoreModel) -> pd.DataFrame:
    """What the model reads: column, kind, detail."""
    rows = [(column.name, *_described(column)) for column in model.encoder.columns]
    return pd.DataFrame(rows, columns=["column", "kind", "detail"]).astype("str")


def _described(column: EncodedColumn) -> tuple[str, str]:
    if isinstance(column, NumberColumn):
        missing = "; missing ones are marked" if column.flags_missing else ""
        return "number", f"{number(column.low)} to {number(column.high)}, what lies beyond counts as these{missing}"
    if isinstance(column, LevelColumn):
        return "category", f"{_levels(len(column.levels))}; rarer ones count as one more"
    return (
        "many levels",
        f"{_levels(len(column.levels))}, each as its past rate of the outcome; rarer ones count as one more",
    )


def _levels(levels: int) -> str:
    return f"{count(levels)} level{'s' if levels != 1 else ''}"


def _day(moment: np.datetime64) -> date:
    return pd.Timestamp(moment).date()
