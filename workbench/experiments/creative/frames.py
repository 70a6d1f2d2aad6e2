"""The tables of a readout of creatives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from workbench.config import CreativeExperiment
from workbench.experiments.creative.allocation import Allocation
from workbench.experiments.creative.cells import Cells
from workbench.experiments.creative.decision import Choice
from workbench.experiments.creative.effects import PartEffect
from workbench.experiments.creative.posterior import Posterior
from workbench.experiments.creative.sentences import bounds
from workbench.experiments.result import (
    ALLOCATION_COLUMNS,
    ARM_COLUMNS,
    DECISION_COLUMNS,
    EFFECT_COLUMNS,
    PART_COLUMNS,
    typed_frame,
)


def decisions_frame(choices: Iterable[Choice]) -> pd.DataFrame:
    return typed_frame([vars(choice) for choice in choices], DECISION_COLUMNS)


def arms_frame(cells: Cells) -> pd.DataFrame:
    share = 1 / len(cells.creatives)
    rows = zip(cells.names, cells.units.sum(axis=1), strict=True)
    return typed_frame(
        [{"variant": name, "units": units, "expected_share": share} for name, units in rows], ARM_COLUMNS
    )


def effects_frame(
    cells: Cells,
    posterior: Posterior,
    allocation: Allocation,
    choices: Sequence[Choice],
    spec: CreativeExperiment,
    unit: str,
) -> pd.DataFrame:
    """The chosen creative of each segment, and on the whole, against the average creative."""
    value, index = posterior.values, np.arange(len(cells.segments))
    best, average = value[:, allocation.best, index], value.mean(axis=1)
    pairs = [(best[:, s], average[:, s]) for s in index]
    if len(pairs) > 1:
        pairs = [(best @ cells.segment_shares, average @ cells.segment_shares), *pairs]
    rows = [
        _effect(choice.variant, treatment, control, spec, unit)
        for choice, (treatment, control) in zip(choices, pairs, strict=False)
    ]
    return typed_frame(rows, EFFECT_COLUMNS)


def parts_frame(effects: Iterable[PartEffect], confidence: float, unit: str) -> pd.DataFrame:
    rows = []
    for effect in effects:
        lower, upper = effect.interval(confidence)
        described = {name: value for name, value in vars(effect).items() if name in PART_COLUMNS}
        rows.append(
            described
            | {"effect": effect.mean, "effect_lower": lower, "effect_upper": upper, "unit": unit, "level": confidence}
        )
    return typed_frame(rows, PART_COLUMNS)


def allocation_frame(
    cells: Cells, posterior: Posterior, allocation: Allocation, experiment_id: str, confidence: float, unit: str
) -> pd.DataFrame:
    """One row per segment and creative, the best expectation first within each segment; factors follow the creative."""
    lower, upper = np.quantile(posterior.values, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0)
    expected = posterior.values.mean(axis=0)
    rows: list[dict[str, object]] = [
        {
            "experiment_id": experiment_id,
            "segment": segment,
            "creative": cells.names[c],
            "units": cells.units[c, s],
            "share": allocation.share[c, s],
            "probability_best": allocation.probability_best[c, s],
            "measured": cells.mean[c, s],
            "expected": expected[c, s],
            "expected_lower": lower[c, s],
            "expected_upper": upper[c, s],
            "unit": unit,
            "level": confidence,
            **dict(zip(cells.factors, cells.creatives[c], strict=True)),
        }
        for s, segment in enumerate(cells.segments)
        for c in np.argsort(-allocation.share[:, s], kind="stable")
    ]
    first = ("experiment_id", "segment", "creative")
    ordered = [*first, *cells.factors, *(name for name in ALLOCATION_COLUMNS if name not in first)]
    return typed_frame(rows, {name: ALLOCATION_COLUMNS.get(name, "str") for name in ordered})


def _effect(
    variant: str, treatment: np.ndarray, control: np.ndarray, spec: CreativeExperiment, unit: str
) -> dict[str, object]:
    relative = treatment / control - 1
    (lower, upper), (relative_lower, relative_upper) = (
        bounds(treatment - control, spec.confidence),
        bounds(relative, spec.confidence),
    )
    return {
        "variant": variant,
        "metric": spec.metric.name,
        "role": "primary",
        "control": float(control.mean()),
        "treatment": float(treatment.mean()),
        "absolute": float((treatment - control).mean()),
        "absolute_lower": lower,
        "absolute_upper": upper,
        "se": float((treatment - control).std()),
        "relative": float(relative.mean()),
        "relative_lower": relative_lower,
        "relative_upper": relative_upper,
        "p_value": np.nan,
        "p_adjusted": np.nan,
        "method": "partial pooling of parts",
        "variance_reduction": np.nan,
        "unit": unit,
        "level": spec.confidence,
    }
