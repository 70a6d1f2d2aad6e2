"""From cases to a score: search for leakage, let two models compete, judge on later cases, choose whom to act on."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import pandas as pd
import pyarrow as pa

from workbench.config.customers import Governance, Score
from workbench.customers.fairness import FairnessAudit
from workbench.propensity import checks
from workbench.propensity.batches import Scored, handoff_batches, score_people
from workbench.propensity.card import describe_columns, write_card
from workbench.propensity.competition import models_table
from workbench.propensity.drift import drift, drift_checks, freeze
from workbench.propensity.estimates import write_estimates
from workbench.propensity.evidence import Evidence, weigh
from workbench.propensity.fair import audit_score, fairness_table
from workbench.propensity.findings import no_profit, write_findings
from workbench.propensity.line import Line, draw_line
from workbench.propensity.metrics import Judged, tenths
from workbench.propensity.model import ScoreModel
from workbench.propensity.reasons import explained_columns, importance
from workbench.propensity.result import Card, PropensityResult
from workbench.propensity.rows import Population
from workbench.propensity.stability import blocks_table, final_model
from workbench.propensity.worth import Cut, Worth, expected_profit, profit_curve, worth_of
from workbench.result import Check, Provenance


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A score, and everyone who was scored with it.

    Attributes:
        result: What reports show.
        model: What was handed on.
        scored: Everyone's probability and reasons.
        cut: Whom to act on.
        worth: Of an outcome.
    """

    result: PropensityResult
    model: ScoreModel
    scored: Scored
    cut: Cut
    worth: Worth

    def batches(self) -> pa.RecordBatchReader:
        """`scores.csv`, a batch at a time: one row for everyone who was scored; see `batches.HANDOFF`."""
        card = self.result.card
        return handoff_batches(
            self.scored, self.cut, self.worth, score=card.score, version=card.version, as_of=card.as_of
        )


def train_scores(
    population: Population,
    name: str,
    spec: Score,
    *,
    currency: str,
    provenance: Provenance,
    seed: int,
    governance: Governance | None = None,
    previous: PropensityResult | None = None,
) -> Trained:
    """Train, judge and apply one score.

    Args:
        population: Cases to learn from, and who is to be scored.
        name: Of the score in the configuration.
        spec: Its section.
        currency: ISO 4217 code.
        provenance: Where the cases come from.
        seed: Of folds, boosting and bootstrap.
        governance: Rules of the fairness audit.
        previous: Of the same score, to compare the spread of columns and probabilities with.

    Raises:
        SpecError: If the cases don't span enough time, or no column is left to learn from.
    """
    evidence = weigh(population, spec, seed)
    winner = evidence.competition.winner
    model, recalibrated = final_model(winner, evidence.rows, evidence.split, evidence.calibrated, seed)
    if population.rehearsal:
        model, recalibrated = winner.model, False
    ranked = importance(winner.model, evidence.test, seed)
    scored = score_people(model, _who(population, evidence), explained_columns(model, ranked))
    worth = worth_of(evidence.rows, spec)
    line = draw_line(scored.probability, winner.judged, worth, spec, seed)
    cut = line.cut
    card = write_card(population, name, spec, evidence, model, scored, cut, worth, recalibrated=recalibrated)
    profit = _profit(scored, line, winner.judged, worth, spec, seed)
    lifts, audits = tenths(winner.judged, seed), audit_score(winner.judged, evidence.test, card, spec, governance, seed)
    models = models_table(evidence.competition, seed)
    moved = drift(previous.frozen if previous else {}, scored.watched, scored.probability)
    result = PropensityResult(
        title=card.label,
        estimates=write_estimates(models, lifts, card, profit, line.tested, worth, currency),
        checks=(
            *_checks(population, evidence, models, card, line, audits, currency),
            *_drift_checks(moved, previous),
        ),
        findings=write_findings(card, profit, line, lifts, ranked, evidence.leakage, evidence.calibrated, currency),
        provenance=provenance,
        card=card,
        models=models,
        tenths=lifts,
        profit=profit_curve(winner.judged, worth, spec.cost, seed),
        importance=ranked,
        features=describe_columns(model),
        exclusions=_exclusions(population, evidence),
        leakage=evidence.leakage.table,
        blocks=blocks_table(winner, evidence.rows.at(evidence.split.train), evidence.test),
        fairness=fairness_table(audits),
        statements=tuple(sentence for audit in audits for sentence in audit.statements),
        drift=moved,
        frozen=freeze(scored.watched, scored.probability),
        currency=currency,
    )
    return Trained(result=result, model=model, scored=scored, cut=cut, worth=worth)


def _drift_checks(moved: pd.DataFrame, previous: PropensityResult | None) -> tuple[Check, ...]:
    return drift_checks(moved, f"{previous.card.as_of:%-d %B %Y}") if previous else ()


def _who(population: Population, evidence: Evidence) -> ibis.Table:
    """Who is to be scored; in a rehearsal, the cases of the test."""
    if not population.rehearsal:
        return population.open
    if evidence.split.by_chance and population.past is not None:
        tested = pd.DataFrame({"id": population.past.iloc[evidence.split.test]})
        return population.open.semi_join(ibis.memtable(tested, schema={"id": "string"}), "id")
    return population.open.filter(population.open.scored_at >= pd.Timestamp(evidence.split.starts).to_pydatetime())


def _profit(
    scored: Scored, line: Line, judged: Judged, worth: Worth, spec: Score, seed: int
) -> tuple[float, float, float] | None:
    """By the probabilities, or, where the line doesn't go by them, as much for each as for each of the later cases."""
    if not worth.known:
        return None
    if not line.cut.selected:
        return no_profit()
    if line.contradicted and line.tested:
        came, cases = line.tested.of_all, len(scored.probability)
        return cases * came.estimate, cases * came.lower, cases * came.upper
    return expected_profit(scored.probability, scored.selection(line.cut), judged, worth, spec.cost, seed)


def _checks(
    population: Population,
    evidence: Evidence,
    models: pd.DataFrame,
    card: Card,
    line: Line,
    audits: tuple[FairnessAudit, ...],
    currency: str,
) -> tuple[Check, ...]:
    key = f"scores.{card.score}"
    exclusions = _exclusions(population, evidence)
    return (
        checks.leakage_check(evidence.leakage, key),
        checks.skill_check(models, card),
        checks.calibration_check(evidence.calibrated, card),
        checks.ranking_check(evidence.ranking, card),
        *([checks.one_moment_check(card)] if card.by_chance else []),
        *checks.line_checks(line, card, currency),
        checks.selection_check(card, key),
        *population.checks,
        *([checks.exclusions_check(exclusions)] if len(exclusions) else []),
        *([checks.rehearsal_check(card)] if card.rehearsal else []),
        *(audit.check for audit in audits),
    )


def _exclusions(population: Population, evidence: Evidence) -> pd.DataFrame:
    found = [(name, "leakage: filled in after the outcome") for name in evidence.leakage.columns]
    found += [(name, "the same for all cases of a time, so it can't rank them") for name in evidence.time_markers]
    later = pd.DataFrame(found, columns=["column", "reason"])
    return pd.concat([population.exclusions.astype("str"), later.astype("str")], ignore_index=True)
