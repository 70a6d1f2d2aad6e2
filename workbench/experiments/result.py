"""What one experiment showed, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import pandas as pd

from workbench.result import Result

type Verdict = Literal["ship", "stop", "keep running", "inconclusive", "invalid"]

EFFECT_COLUMNS = {
    "variant": "str",
    "metric": "str",
    "role": "str",
    "control": "float64",
    "treatment": "float64",
    "absolute": "float64",
    "absolute_lower": "float64",
    "absolute_upper": "float64",
    "relative": "float64",
    "relative_lower": "float64",
    "relative_upper": "float64",
    "p_value": "float64",
    "p_adjusted": "float64",
    "method": "str",
    "variance_reduction": "float64",
    "unit": "str",
    "level": "float64",
}
ARM_COLUMNS = {"variant": "str", "units": "int64", "expected_share": "float64"}
DECISION_COLUMNS = {"variant": "str", "verdict": "str", "decided_by": "str", "reason": "str", "would_change": "str"}
SERIES_COLUMNS = {
    "date": "datetime64[ns]",
    "treated": "float64",
    "synthetic": "float64",
    "effect": "float64",
    "tested": "bool",
}
WEIGHT_COLUMNS = {"market": "str", "weight": "float64"}
LIFT_COLUMNS = {
    "experiment_id": "str",
    "channel": "str",
    "markets": "str",
    "start": "datetime64[ns]",
    "end": "datetime64[ns]",
    "spend_change": "float64",
    "lift": "float64",
    "lift_se": "float64",
    "weight": "float64",
}


@dataclass(frozen=True, kw_only=True)
class ExperimentResult(Result):
    """The readout of one experiment; frames of the other kind of test are empty.

    Attributes:
        experiment_id: The experiment's name in `workbench.toml`.
        kind: A randomised test on users, or a change of spend in some markets.
        currency: ISO 4217 code of all money.
        verdict: What to do; `keep running` is for tests that are read before their planned end.
        decided_by: The gate that settled the verdict.
        would_change: One sentence: what would change the verdict.
        decisions: One row per treatment, the one that stands for the test first: `DECISION_COLUMNS`.
        effects: One row per treatment and metric, `EFFECT_COLUMNS`; relative effects and variance reductions are fractions.
        arms: One row per variant, control first: `ARM_COLUMNS`.
        series: KPI per treated market and period, `SERIES_COLUMNS`.
        weights: Donor markets with a weight above zero, largest first: `WEIGHT_COLUMNS`.
        lift: The canonical lift record, `LIFT_COLUMNS`; empty without a channel and its change of spend.
    """

    analysis: ClassVar[str] = "experiment_readout"

    experiment_id: str
    kind: Literal["users", "geo"]
    currency: str
    verdict: Verdict
    decided_by: str
    would_change: str
    decisions: pd.DataFrame
    effects: pd.DataFrame
    arms: pd.DataFrame
    series: pd.DataFrame
    weights: pd.DataFrame
    lift: pd.DataFrame


def typed_frame(rows: list[dict[str, object]], columns: dict[str, str]) -> pd.DataFrame:
    """A frame with exactly these columns and types, also where there are no rows."""
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)
