"""`[planning.levers]`: controls of the media mix, such as price and promotion, that a plan may move."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, field_validator

from workbench.config.base import Section

type Cost = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]


def _shape(value: Any) -> str:
    return "by_market" if isinstance(value, dict) else "one"


class PlannedLever(Section):
    """A control that a plan may move one way, week by week and market by market, for money.

    Attributes:
        control: Its name in the table `controls`.
        cost: Currency that one unit costs a week in a market, one for all or by market: for a price cut or a promotion the margin
            that is given up. It counts as spend.
        direction: Whether a plan may raise it (`up`) or lower it (`down`).
        limit: The furthest value that it may take, unset for the furthest that each market ever had.
        most: Units that the moves of all weeks may add up to in each market, unset for no limit.
        whole: Whether a week moves it all the way to its limit or not at all.
        by: Whether each `market` decides on a whole move, or `all` markets move together.
        label: How reports call it; empty for the control's name.
        unit: Of the control, such as `points` or `EUR`, for hand-offs; empty for a pure number.
    """

    control: str
    cost: Annotated[Annotated[Cost, Tag("one")] | Annotated[dict[str, Cost], Tag("by_market")], Discriminator(_shape)]
    direction: Literal["up", "down"] = "up"
    limit: Annotated[float, Field(allow_inf_nan=False, strict=True)] | None = None
    most: Annotated[float, Field(gt=0, allow_inf_nan=False, strict=True)] | None = None
    whole: bool = False
    by: Literal["market", "all"] = "market"
    label: str = ""
    unit: str = ""

    @field_validator("cost")
    @classmethod
    def _costs_something(cls, cost: float | dict[str, float]) -> float | dict[str, float]:
        if not (cost if isinstance(cost, float) else cost and all(cost.values())):
            raise ValueError(
                "a lever that costs nothing would always be moved as far as it may; state what a unit costs a week, "
                "for a price cut the margin that is given up"
            )
        return cost

    def cost_in(self, market: str) -> float | None:
        """What one unit costs a week in a market, None where nothing says it."""
        return self.cost.get(market) if isinstance(self.cost, dict) else self.cost
