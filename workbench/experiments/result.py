"""What one experiment showed, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import pandas as pd

from workbench.result import LATER, Result

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
    "se": "float64",
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
    "cell": "str",
    "date": "datetime64[ns]",
    "treated": "float64",
    "synthetic": "float64",
    "effect": "float64",
    "tested": "bool",
}
WEIGHT_COLUMNS = {"cell": "str", "market": "str", "weight": "float64"}
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

SEGMENT_COLUMNS = {
    "variant": "str",
    "metric": "str",
    "segment": "str",
    "value": "str",
    "units": "int64",
    "raw": "float64",
    "raw_se": "float64",
    "absolute": "float64",
    "absolute_lower": "float64",
    "absolute_upper": "float64",
    "p_adjusted": "float64",
    "unit": "str",
}
POSTERIOR_COLUMNS = {
    "variant": "str",
    "metric": "str",
    "measured": "float64",
    "relative": "float64",
    "relative_lower": "float64",
    "relative_upper": "float64",
    "probability_better": "float64",
    "expected_loss": "float64",
    "gain_per_unit": "float64",
    "probability_pays": "float64",
    "expected_loss_per_unit": "float64",
    "prior_mean": "float64",
    "prior_sd": "float64",
    "past_tests": "int64",
}
COURSE_COLUMNS = {
    "variant": "str",
    "metric": "str",
    "role": "str",
    "date": "datetime64[ns]",
    "units": "int64",
    "absolute": "float64",
    "absolute_lower": "float64",
    "absolute_upper": "float64",
    "relative": "float64",
    "relative_lower": "float64",
    "relative_upper": "float64",
    "unit": "str",
    "level": "float64",
    "enough": "bool",
}
PLACEBO_COLUMNS = {
    "cell": "str",
    "kind": "str",
    "name": "str",
    "estimate": "float64",
    "p_value": "float64",
    "tested": "bool",
}
CELL_COLUMNS = {
    "cell": "str",
    "markets": "str",
    "verdict": "str",
    "lift": "float64",
    "lift_lower": "float64",
    "lift_upper": "float64",
    "p_value": "float64",
    "value": "float64",
    "value_lower": "float64",
    "value_upper": "float64",
    "spend_change": "float64",
    "iroas": "float64",
    "iroas_lower": "float64",
    "iroas_upper": "float64",
}
PART_COLUMNS = {
    "term": "str",
    "factor": "str",
    "part": "str",
    "segment": "str",
    "units": "int64",
    "effect": "float64",
    "effect_lower": "float64",
    "effect_upper": "float64",
    "probability_best": "float64",
    "unit": "str",
    "level": "float64",
}
ALLOCATION_COLUMNS = {
    "experiment_id": "str",
    "segment": "str",
    "creative": "str",
    "units": "int64",
    "share": "float64",
    "probability_best": "float64",
    "measured": "float64",
    "expected": "float64",
    "expected_lower": "float64",
    "expected_upper": "float64",
    "unit": "str",
    "level": "float64",
}


def typed_frame(rows: list[dict[str, object]], columns: dict[str, str]) -> pd.DataFrame:
    """A frame with exactly these columns and types, also where there are no rows."""
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)


def _empty(columns: dict[str, str]) -> Callable[[], pd.DataFrame]:
    return lambda: typed_frame([], columns)


@dataclass(frozen=True, kw_only=True)
class ExperimentResult(Result):
    """The readout of one experiment; frames of the other kind of test are empty.

    Attributes:
        experiment_id: The experiment's name in `workbench.toml`.
        kind: A randomised test on users, a change of spend in some markets, or a randomised test of creatives.
        currency: ISO 4217 code of all money.
        verdict: What to do; `keep running` is for tests that are read before their planned end.
        decided_by: The gate that settled the verdict.
        would_change: One sentence: what would change the verdict.
        decisions: One row per treatment, the one that stands for the test first: `DECISION_COLUMNS`.
        effects: One row per treatment and metric, `EFFECT_COLUMNS`; relative effects and variance reductions are fractions.
        arms: One row per variant, control first: `ARM_COLUMNS`.
        segments: Users: effects by segment, shrunken towards the whole, beside the raw ones: `SEGMENT_COLUMNS`.
        posterior: Users: the effect after what past tests teach, `POSTERIOR_COLUMNS`; expected loss is what shipping would lose, relative;
            the three in money, after cost, are NaN unless this metric is all that earns.
        course: Users: what a reading on each day would have said, with intervals that hold on all days at once, `COURSE_COLUMNS`; `units`
            are those of all arms so far, `profit` is a metric too, and `enough` tells whether outcomes sufficed for an interval.
        series: Geo: KPI per treated market and period, of each cell: `SERIES_COLUMNS`.
        weights: Geo: donor markets with a weight other than zero, largest first, of each cell: `WEIGHT_COLUMNS`.
        placebos: Geo: relative effects where and when there was none, the real test beside them: `PLACEBO_COLUMNS`.
        cells: Geo: one row per group of treated markets, `CELL_COLUMNS`; a test of one group is one cell under its own name.
        parts: Creatives: effects of parts, of pairs beyond their parts, of parts in a segment beyond the others: `PART_COLUMNS`.
        allocation: Creatives: share of the next period by segment, the best expectation first: `ALLOCATION_COLUMNS` and a column a factor.
        lift: The canonical lift record, `LIFT_COLUMNS`; empty without a channel and its change of spend.
    """

    analysis: ClassVar[str] = "experiment_readout"

    experiment_id: str
    kind: Literal["users", "geo", "creative"]
    currency: str
    verdict: Verdict
    decided_by: str
    would_change: str
    decisions: pd.DataFrame
    effects: pd.DataFrame = field(default_factory=_empty(EFFECT_COLUMNS))
    arms: pd.DataFrame = field(default_factory=_empty(ARM_COLUMNS))
    segments: pd.DataFrame = field(default_factory=_empty(SEGMENT_COLUMNS))
    posterior: pd.DataFrame = field(default_factory=_empty(POSTERIOR_COLUMNS))
    course: pd.DataFrame = field(default_factory=_empty(COURSE_COLUMNS), metadata=LATER)
    series: pd.DataFrame = field(default_factory=_empty(SERIES_COLUMNS))
    weights: pd.DataFrame = field(default_factory=_empty(WEIGHT_COLUMNS))
    placebos: pd.DataFrame = field(default_factory=_empty(PLACEBO_COLUMNS))
    cells: pd.DataFrame = field(default_factory=_empty(CELL_COLUMNS))
    parts: pd.DataFrame = field(default_factory=_empty(PART_COLUMNS))
    allocation: pd.DataFrame = field(default_factory=_empty(ALLOCATION_COLUMNS))
    lift: pd.DataFrame = field(default_factory=_empty(LIFT_COLUMNS))
