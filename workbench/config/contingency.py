"""What may come other than planned, what is watched, and how much is held back: `[planning.scenarios]` and its neighbours."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, FiniteFloat, field_validator, model_validator

from workbench.config.base import Section

type Factor = Annotated[FiniteFloat, Field(ge=0)]
type Price = Annotated[FiniteFloat, Field(gt=0)]
type Watch = Literal["revenue", "markets", "demand"]


class Scenario(Section):
    """A changed world for which a plan is made ahead.

    Attributes:
        kind: `under` for results below plan, `over` for results above it or found money, `opportunity` for a chance that
            wants money at once, such as a rival who leaves the market.
        probability: Chance that it comes in the horizon; sizes the reserve for an opportunity.
        response: Factor on what media cause: one for all channels, or by channel.
        baseline: Factor on what comes without media.
        price: Factor on the price of media, by channel.
        capacity: Factor on what a team can take, by team.
        budget: Change of the budget, in currency over the horizon.
        budget_share: The same as a share of the budget.
        from_week: Week of the plan in which the world changes; the first is 1.
    """

    kind: Literal["under", "over", "opportunity"]
    probability: float = Field(default=0.1, gt=0, lt=1)
    response: Factor | dict[str, Factor] = 1.0
    baseline: Factor = 1.0
    price: dict[str, Price] = Field(default_factory=dict)
    capacity: dict[str, Factor] = Field(default_factory=dict)
    budget: FiniteFloat = 0.0
    budget_share: float = Field(default=0.0, gt=-1, le=10)
    from_week: int = Field(default=1, ge=1)

    @model_validator(mode="after")
    def _one_change_of_the_budget(self) -> Self:
        if self.budget and self.budget_share:
            raise ValueError("budget and budget_share change the budget twice; keep one of them")
        return self

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        changed = self.model_dump(exclude={"kind", "probability", "from_week"})
        if changed == {name: Scenario.model_fields[name].get_default(call_default_factory=True) for name in changed}:
            raise ValueError(
                "nothing differs from the plan; set response, baseline, price, capacity, budget or budget_share"
            )
        return self


DEFAULT_SCENARIOS = {
    "half_the_results": Scenario(kind="under", probability=0.1, response=0.5, baseline=0.5, budget_share=-0.2),
    "found_money": Scenario(kind="over", probability=0.1, budget_share=0.2),
    "rival_leaves": Scenario(kind="opportunity", probability=0.1, response=1.3, budget_share=0.1, from_week=5),
}


class Triggers(Section):
    """When a plan is to be changed.

    Attributes:
        false_alarms: Chance a quarter that anything is triggered although plan and model are right, all triggers together.
        watch: `revenue` of all markets, `markets` each on its own, `demand` on each team with a capacity.
        lead_weeks: Weeks from an alarm until spend can change.
    """

    false_alarms: float = Field(default=0.1, ge=0.005, le=0.5)
    watch: tuple[Watch, ...] = Field(default=("revenue", "markets"), min_length=1)
    lead_weeks: int = Field(default=1, ge=0)

    @field_validator("watch")
    @classmethod
    def _each_once(cls, watch: tuple[Watch, ...]) -> tuple[Watch, ...]:
        if len(set(watch)) < len(watch):
            raise ValueError(f"watch names {next(name for name in watch if watch.count(name) > 1)} twice")
        return watch


class Reserve(Section):
    """Money held back for an opportunity.

    Attributes:
        share_upper: Most of the budget that may be held back.
    """

    share_upper: float = Field(default=0.1, ge=0, lt=1)
