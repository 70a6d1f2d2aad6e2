"""What teams can take a week: `[planning.capacity]`."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from workbench.config.base import Section

type Queue = Literal["freshest", "first_come", "lost"]
type Amount = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]
type Positive = Annotated[float, Field(gt=0, allow_inf_nan=False, strict=True)]


class Capacity(Section):
    """A team that must handle what marketing brings, such as sales, fulfilment or service.

    Attributes:
        per_kpi: Units of the team's work that one unit of the KPI brings, such as orders per euro of revenue.
        unit: What it handles, in the plural.
        markets: Those that it serves; empty for all. A market is served by one team at most.
        weekly: Units that it can take in a week for which the table `capacity` has no row.
        queue: What happens to units beyond that: they are `lost`, or they wait and the `freshest` or those that came
            first (`first_come`) go first.
        half_life_days: Days of waiting after which half of what waits is no longer worth anything; unset for no decay.
        step: Units that one more of `step_name` handles in a week.
        step_name: What capacity grows by, such as `rep`.
        step_cost: Currency that it costs for a week.
        label: How reports call the team; empty for its name.
    """

    per_kpi: Positive
    unit: str = Field(default="units", min_length=1)
    markets: tuple[str, ...] = ()
    weekly: Amount | None = None
    queue: Queue = "freshest"
    half_life_days: Positive | None = None
    step: Positive = 1.0
    step_name: str = Field(default="unit", min_length=1)
    step_cost: Amount = 0.0
    label: str = ""

    @model_validator(mode="after")
    def _nothing_waits_when_lost(self) -> Self:
        if self.queue == "lost" and self.half_life_days is not None:
            raise ValueError('half_life_days is for units that wait; leave it out where queue = "lost"')
        return self
