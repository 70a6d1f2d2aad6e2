"""`[goals]` and `[kpis]`: what the company wants to reach, measured how."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from workbench.config.base import Section

type Amount = Annotated[float, Field(allow_inf_nan=False, strict=True)]


class Kpi(Section):
    """How a measure comes of what the tables and runs know.

    Attributes:
        formula: Of quantities and other KPIs, by `+ - * / ( )`.
        label: How reports call it.
        unit: A currency's code, `%` (of fractions), a noun, or empty for a pure number.
        owner: Who answers for how it is measured.
        higher_is_better: Direction of improvement.
    """

    formula: str
    label: str = ""
    unit: str = ""
    owner: str = ""
    higher_is_better: bool = True


class Goal(Section):
    """What is to be reached; what it lacks is said by the linter, so that one vague goal stops no other analysis.

    Attributes:
        kpi: A built-in KPI or one of `[kpis]`.
        label: How reports call the goal.
        target: In the KPI's unit, over the days from `start` to `by`.
        baseline: What it was before, over as many days; unset for what the tables hold.
        start: First day that counts.
        by: Last day that counts.
        owner: The one person or role that answers for it.
        market: One market, or empty for all.
        probability: How likely it should be to be reached under the model.
    """

    kpi: str = ""
    label: str = ""
    target: Amount | None = None
    baseline: Amount | None = None
    start: date | None = None
    by: date | None = None
    owner: str = ""
    market: str = ""
    probability: Annotated[float, Field(gt=0, lt=1, strict=True)] = 0.8

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if self.start is not None and self.by is not None and self.by <= self.start:
            raise ValueError(f"by ({self.by}) is not after start ({self.start})")
        return self
