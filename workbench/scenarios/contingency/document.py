"""`contingency.json`: plans made ahead, orders, reserve and triggers, as other systems read them.

The published JSON Schema, `docs/contingency.schema.json`, is made of these classes.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

VERSION = 2

type Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
type Number = Annotated[float, Field(allow_inf_nan=False)]
type Share = Annotated[float, Field(ge=0, le=1)]


class Part(BaseModel):
    """Part of the document: no other keys, no missing numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Interval(Part):
    """A number with its 90% interval."""

    estimate: Number
    lower: Number
    upper: Number


class Spend(Part):
    """Money of one channel or lever in one market, by week of the plan."""

    market: str
    channel: str
    weekly: tuple[Amount, ...]
    units: tuple[Amount, ...] | None = Field(
        description="Of a lever: how far its control is moved from where it would be otherwise, by week; null for media"
    )


class World(Part):
    """What differs from the plan's world, from its first week on; factors that aren't named are 1, "*" is every channel."""

    response: dict[str, Amount]
    baseline: Amount
    price: dict[str, Amount]
    capacity: dict[str, Amount]


class ScenarioPlan(Part):
    """A world with the plan that was made for it."""

    name: str
    kind: Literal["expected", "under", "over", "opportunity"]
    probability: Share
    hash: str
    from_week: Annotated[int, Field(ge=1)]
    budget: Amount
    world: World
    revenue: Interval
    gain: Interval = Field(description="Above keeping the present plan in the same world, less what it costs more")
    certificate: Share | None = Field(description="Largest share of the best possible that the plan may fall short of")
    refusal: str = Field(description="Why limits allow no other plan in this world, or empty")
    spend: tuple[Spend, ...]


class Move(Part):
    """Money that one step takes from or adds to a channel or lever in a market."""

    market: str
    channel: str
    amount: Amount
    weekly: tuple[Amount, ...] = Field(description="The same by week of the plan")
    units: tuple[Amount, ...] | None = Field(
        description="Of a lever: how much less or more its control is moved, by week; null for media"
    )


class Step(Part):
    """One step of an order; steps are followed from the first, as far as needed."""

    step: Annotated[int, Field(ge=1)]
    budget: Amount = Field(description="Spend of the whole plan after the step")
    value: Interval = Field(description="Revenue lost by a cut, gained by an addition")
    moves: tuple[Move, ...]


class HeldBack(Part):
    """Money held back for an opportunity."""

    amount: Amount
    amount_lower: Amount
    amount_upper: Amount
    gain: Number = Field(description="Revenue above holding nothing back, expected over all quarters")
    gain_error: Amount
    called: Share = Field(description="Chance that an opportunity comes")
    quarters: Annotated[int, Field(ge=0)]
    search_error: Amount = Field(description="Revenue that the search for plans leaves open; a gain must exceed it")


class Trigger(Part):
    """Bounds of a quantity's sum since the first week, read after one of the weeks."""

    watch: str
    unit: str
    week: Annotated[int, Field(ge=1)]
    ends: date
    planned: Number
    lower: Number
    upper: Number
    below: str = Field(description="What to do below the lower bound")
    above: str = Field(description="What to do above the upper bound")


class FalseAlarms(Part):
    """How often any trigger sounds in a quarter although plan and model are right."""

    per_quarter: Share
    simulated: Share
    error: Amount
    quarters: Annotated[int, Field(ge=1)]


class Detected(Part):
    """How often and when triggers sound in a world."""

    scenario: str
    caught: Share
    median_week: Amount | None


class Capacity(Part):
    """What a team can take in a week, and what one step more of it is worth."""

    team: str
    week: date
    units: Amount
    step_worth: Number | None


class Lever(Part):
    """A control that plans move, which stands among the channels with what moving it costs."""

    name: str
    control: str
    direction: Literal["up", "down"]
    unit: str = Field(description="Of the control; empty for a pure number")
    cost: dict[str, Amount] = Field(description="Currency that one unit costs a week, by market")


class Contingencies(Part):
    """What to do when things come other than planned."""

    version: Literal[2]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    forced: bool = Field(description="Made of a media mix that failed a check and was used all the same")
    model_hash: str
    limits_hash: str
    data: dict[str, str] = Field(description="Fingerprint of each input")
    weeks: tuple[date, ...] = Field(description="First day of each week of the plan")
    scenarios: tuple[ScenarioPlan, ...] = Field(description="The plan itself first")
    cut_order: tuple[Step, ...]
    reinvest_order: tuple[Step, ...]
    reserve: HeldBack
    triggers: tuple[Trigger, ...]
    false_alarms: FalseAlarms
    detected: tuple[Detected, ...]
    capacity: tuple[Capacity, ...] = ()
    levers: tuple[Lever, ...] = ()
