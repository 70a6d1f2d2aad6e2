"""Read out a test of creatives."""

from __future__ import annotations

from collections.abc import Iterator

import ibis
import numpy as np
import pandas as pd

from workbench.config import CreativeExperiment
from workbench.experiments.creative.allocation import Allocation, allocate, next_period_profit
from workbench.experiments.creative.cells import Cells, measure_cells
from workbench.experiments.creative.checks import creative_checks
from workbench.experiments.creative.decision import Choice, choose
from workbench.experiments.creative.effects import PartEffect, part_effects
from workbench.experiments.creative.findings import creative_findings
from workbench.experiments.creative.frames import (
    allocation_frame,
    arms_frame,
    decisions_frame,
    effects_frame,
    parts_frame,
)
from workbench.experiments.creative.posterior import Posterior, settled_posterior
from workbench.experiments.creative.sentences import bounds, metric_unit
from workbench.experiments.result import ExperimentResult
from workbench.result import Estimate, Provenance, estimates_frame
from workbench.wording import named

PROPOSED = "proposed shares"


def read_out_creative(
    units: ibis.Table,
    experiment_id: str,
    spec: CreativeExperiment,
    *,
    provenance: Provenance,
    currency: str,
    seed: int,
) -> ExperimentResult:
    """Read out one test of creatives: what each part does, the best creative by segment, the next period's shares.

    Args:
        units: The canonical `units` table; only sums by creative and segment leave its engine.
        experiment_id: Which experiment of the table.
        spec: Its factors, metric and segment.
        provenance: Where the units came from.
        currency: ISO 4217 code.
        seed: Of the posterior's draws.

    Raises:
        SpecError: If the experiment or a column isn't in the table, or its metric can't be compared by creative.
        DataError: If units repeat, or parts, segments or outcomes are missing or out of range.
    """
    better = spec.metric.higher_is_better
    cells = measure_cells(units, experiment_id, spec)
    posterior = settled_posterior(cells, seed=seed)
    allocation = allocate(cells, posterior, floor=spec.exploration_floor, higher_is_better=better)
    effects = part_effects(cells, posterior, higher_is_better=better)
    checks = creative_checks(cells, posterior, spec)
    choices = choose(cells, posterior, allocation, checks, spec)
    unit = metric_unit(spec.metric, currency)
    return ExperimentResult(
        title=f"Experiment readout: {named(experiment_id)}",
        estimates=estimates_frame(_estimates(cells, posterior, allocation, effects, spec, currency)),
        checks=checks,
        findings=creative_findings(cells, posterior, allocation, choices, effects, spec, currency),
        provenance=provenance,
        experiment_id=experiment_id,
        kind="creative",
        currency=currency,
        verdict=choices[0].verdict,
        decided_by=choices[0].decided_by,
        would_change=choices[0].would_change,
        decisions=decisions_frame(choices),
        effects=effects_frame(cells, posterior, allocation, choices, spec, unit),
        arms=arms_frame(cells),
        parts=parts_frame(effects, spec.confidence, unit),
        allocation=_proposed(cells, posterior, allocation, choices, experiment_id, spec, unit),
    )


def _proposed(
    cells: Cells,
    posterior: Posterior,
    allocation: Allocation,
    choices: tuple[Choice, ...],
    experiment_id: str,
    spec: CreativeExperiment,
    unit: str,
) -> pd.DataFrame:
    """Nothing is handed on from a test that can't be believed."""
    frame = allocation_frame(cells, posterior, allocation, experiment_id, spec.confidence, unit)
    return frame.iloc[:0] if choices[0].verdict == "invalid" else frame


def _estimates(
    cells: Cells,
    posterior: Posterior,
    allocation: Allocation,
    effects: tuple[PartEffect, ...],
    spec: CreativeExperiment,
    currency: str,
) -> Iterator[Estimate]:
    unit, confidence = metric_unit(spec.metric, currency), spec.confidence
    profit = next_period_profit(cells, allocation, spec.metric)
    if profit is not None:
        yield _estimate("profit", PROPOSED, profit, currency, confidence)
    yield _estimate("gain_per_unit", PROPOSED, allocation.gain, unit, confidence)
    yield _estimate(
        "gain_per_unit", "best by segment" if spec.segment else "best", allocation.gain_of_best, unit, confidence
    )
    if spec.segment:
        yield _estimate("gain_per_unit", "one for all", allocation.gain_of_one, unit, confidence)
    for s, segment in enumerate(cells.segments):
        best = int(allocation.best[s])
        yield _estimate(
            "best_creative", f"{segment}: {cells.names[best]}", posterior.values[:, best, s], unit, confidence
        )
    for effect in effects:
        if effect.term == "part":
            yield _estimate("part_effect", f"{effect.factor}: {effect.part}", effect.draws, unit, confidence)


def _estimate(quantity: str, entity: str, draws: np.ndarray, unit: str, confidence: float) -> Estimate:
    lower, upper = bounds(draws, confidence)
    return Estimate(
        quantity=quantity,
        entity=entity,
        estimate=float(draws.mean()),
        lower=lower,
        upper=upper,
        unit=unit,
        level=confidence,
    )
