"""What a coming test takes, and what it could find."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

import pandas as pd

from workbench.experiments.geo.design import POWER_COLUMNS
from workbench.experiments.result import typed_frame
from workbench.result import Result

METRIC_COLUMNS = {
    "metric": "str",
    "role": "str",
    "kind": "str",
    "unit": "str",
    "level": "float64",
    "sd": "float64",
    "variance_reduction": "float64",
    "target": "float64",
    "units_needed": "float64",
    "weeks_needed": "float64",
    "smallest": "float64",
    "power": "float64",
}
CURVE_COLUMNS = {"metric": "str", "units": "float64", "weeks": "float64", "smallest": "float64"}
READING_COLUMNS = {
    "reading": "str",
    "planned": "bool",
    "units_needed": "float64",
    "inflation": "float64",
    "expected_units": "float64",
}
REPLAY_COLUMNS = {
    "metric": "str",
    "reading": "str",
    "splits": "int64",
    "claims": "int64",
    "rate": "float64",
    "lower": "float64",
    "upper": "float64",
    "level": "float64",
}
COST_COLUMNS = {"effect": "float64", "units": "float64", "weeks": "float64", "cost": "float64", "gain": "float64"}
MARKET_COLUMNS = {
    "rank": "int64",
    "markets": "str",
    "weeks": "float64",
    "share": "float64",
    "minimum_lift": "float64",
    "minimum_effect": "float64",
    "budget": "float64",
    "power": "float64",
    "false_positive_rate": "float64",
}


@dataclass(frozen=True, kw_only=True)
class UserPlan:
    """One test on users.

    Attributes:
        metric: The metric that decides.
        effect: The smallest change of it that is worth finding, as a fraction.
        power: Probability with which it is to be found.
        needed: Units of all arms that find it, and clear the guardrails.
        decided_by: The metric that needs them.
        available: Units that come in time.
        units: Units of the plan: as many as are needed, at most those that come in time.
        treated: How many of them are treated.
        smallest: The smallest change that the plan finds with `power`.
        enrolment_weeks: Weeks until the units have come.
        outcome_weeks: Weeks for which each unit's outcome counts.
        cost: What treating them costs, in currency.
        gain: What the effect would earn with the treated units in the test; NaN where the metric has no value.
        break_even: Change of the metric that pays for the treatment; NaN where nothing has a value or nothing costs.
        inflation: Units needed because the test is read as planned, as a multiple of a single reading.
        expected_share: Share of the units after which it ends on average if the effect is there.
        half_units: Units that find half of `effect` and clear the guardrails.
        half_weeks: Weeks that they take, outcomes included; infinite where they never come.
        half_cost: What treating them costs.
    """

    metric: str
    effect: float
    power: float
    needed: float
    decided_by: str
    available: float
    units: float
    treated: float
    smallest: float
    enrolment_weeks: float
    outcome_weeks: int
    cost: float
    gain: float
    break_even: float
    inflation: float
    expected_share: float
    half_units: float
    half_weeks: float
    half_cost: float

    @property
    def weeks(self) -> float:
        """From the first unit's entry to the last one's outcome."""
        return self.enrolment_weeks + self.outcome_weeks

    @property
    def enough(self) -> bool:
        return self.needed <= self.available

    @property
    def only_guardrail_lacks_units(self) -> bool:
        """Whether the units that come in time find the effect, and are too few to show that a guardrail is kept."""
        return not self.enough and self.decided_by != self.metric and self.smallest <= self.effect


@dataclass(frozen=True, kw_only=True)
class DesignResult(Result):
    """A planned test.

    Attributes:
        kind: Users or geo.
        experiment_id: The declared test that it is planned like; empty for none.
        currency: ISO 4217 code of all money.
        plan: A test on users; None for one on markets.
        metrics: Each metric of a test on users, `METRIC_COLUMNS`; `target` is the effect to find, for a guardrail the margin to
            keep; `smallest` what the plan finds or keeps.
        curve: What more and fewer units find, `CURVE_COLUMNS`.
        readings: What each way of reading the test takes, `READING_COLUMNS`.
        replay: Tests without treatment on history, `REPLAY_COLUMNS`.
        costs: What smaller and larger effects take, `COST_COLUMNS`.
        markets: Designs of a test on markets, the best first, `MARKET_COLUMNS`.
        lifts: The power of each at several lifts, `POWER_COLUMNS`.
    """

    analysis: ClassVar[str] = "experiment_design"

    kind: Literal["users", "geo"]
    experiment_id: str
    currency: str
    plan: UserPlan | None = None
    metrics: pd.DataFrame = field(default_factory=lambda: typed_frame([], METRIC_COLUMNS))
    curve: pd.DataFrame = field(default_factory=lambda: typed_frame([], CURVE_COLUMNS))
    readings: pd.DataFrame = field(default_factory=lambda: typed_frame([], READING_COLUMNS))
    replay: pd.DataFrame = field(default_factory=lambda: typed_frame([], REPLAY_COLUMNS))
    costs: pd.DataFrame = field(default_factory=lambda: typed_frame([], COST_COLUMNS))
    markets: pd.DataFrame = field(default_factory=lambda: typed_frame([], MARKET_COLUMNS))
    lifts: pd.DataFrame = field(default_factory=lambda: typed_frame([], POWER_COLUMNS))
