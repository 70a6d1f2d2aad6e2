"""`[planning]`: between which limits plans may move, what is already decided, and what has never been tried."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from workbench.config.base import Section
from workbench.config.capacity import Capacity
from workbench.config.contingency import DEFAULT_SCENARIOS, Reserve, Scenario, Triggers
from workbench.config.levers import PlannedLever
from workbench.config.opinion import BusinessPrior

type Amount = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]
type Factor = Annotated[float, Field(gt=0, allow_inf_nan=False, strict=True)]
type Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, strict=True)]


def _shape(value: Any) -> str:
    return "by_name" if isinstance(value, dict) else "rows" if isinstance(value, list | tuple) else "one"


type Change = Annotated[
    Annotated[Factor, Tag("one")] | Annotated[dict[str, Factor], Tag("by_name")], Discriminator(_shape)
]


class Window(Section):
    """Days from `start` to `end`, both included."""

    start: date
    end: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"end ({self.end}) is before start ({self.start})")
        return self


class PriceWindow(Window):
    """What media cost for a time, as a multiple of today's price.

    Attributes:
        factor: 1.2 buys a sixth less exposure for the same money.
        market: One market, or empty for all.
    """

    factor: Factor
    market: str = ""


class Period(Window):
    """Money for a part of the horizon, such as a month; a week counts by its days.

    Attributes:
        budget: Most that may be spent, unset for no limit.
        floor: Least that must be spent.
    """

    budget: Amount | None = None
    floor: Amount = 0.0

    @model_validator(mode="after")
    def _floor_below_budget(self) -> Self:
        if self.budget is not None and self.floor > self.budget:
            raise ValueError(f"floor ({self.floor}) is above budget ({self.budget})")
        return self


class Group(Section):
    """Limits on several channels together, over the horizon.

    Attributes:
        channels: Empty for the channels whose `group` has the same name.
        share_lower: Least share of the money that is spent.
        share_upper: Largest share of it.
        lower: Least amount.
        upper: Largest amount, unset for no limit.
    """

    channels: tuple[str, ...] = ()
    share_lower: Share = 0.0
    share_upper: Share = 1.0
    lower: Amount = 0.0
    upper: Amount | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.share_lower > self.share_upper:
            raise ValueError(f"share_lower ({self.share_lower}) is above share_upper ({self.share_upper})")
        if self.upper is not None and self.lower > self.upper:
            raise ValueError(f"lower ({self.lower}) is above upper ({self.upper})")
        return self


class AllOrNothing(Section):
    """The least spend at which a channel is worth switching on; below it, it gets nothing.

    Attributes:
        spend: Currency.
        per: In each `week` or over the whole `horizon`.
        by: Of all markets together, or of each `market`.
    """

    spend: Factor
    per: Literal["week", "horizon"] = "week"
    by: Literal["all", "market"] = "all"


class Untried(Section):
    """A channel that the media mix has never seen.

    Attributes:
        roas: What it may return at the test budget, as a 90% range.
        test_budget: Most that a plan may put into it over the horizon, in currency.
        like: A channel of the media mix, whose carry-over, curve and split over markets it is given.
    """

    roas: BusinessPrior
    test_budget: Factor
    like: str


class Planning(Section):
    """Limits that hold for every plan.

    Attributes:
        max_change: Largest relative change of a channel's spend against the reference period, one for all or by channel
            (others 0.5).
        market_change: Likewise of a channel in one market; unset for the same as `max_change`.
        weekly_change: Largest step of a channel from one week of the plan to the next, as a share of its mean week in the
            reference period; unset for no limit.
        reference: What changes are measured against: the `recent` weeks, as many as the horizon has, or the same weeks of
            `last_year`. A channel that is silent in recent weeks may always rise from what it spent a year ago.
        minimum: Least weekly spend of a channel, all markets, by channel.
        maximum: Most weekly spend of a channel, all markets, by channel.
        all_or_nothing: By channel, the least spend that makes sense at all.
        groups: Limits on several channels together, by name.
        periods: Budgets of parts of the horizon.
        price: What media cost against today, by channel: a factor, or windows of time.
        beyond_observed: What happens where a week gets more than ever acted before: say so (`warn`), `penalise` it when plans
            are judged, or `forbid` it.
        doubt: Share of the return that spend beyond experience is docked under `penalise`.
        margin: Share of revenue that is profit before media; the profit of a plan counts with it.
        untried: Channels that the media mix has never seen, by name.
        levers: Controls of the media mix that a plan may move, by name.
        capacity: What teams can take a week, by team.
        scenarios: Worlds other than expected, for which plans are made ahead.
        triggers: When the plan is to be changed.
        reserve: Money held back for an opportunity.
    """

    max_change: Change = 0.5
    market_change: Change | None = None
    weekly_change: Change | None = None
    reference: Literal["recent", "last_year"] = "recent"
    minimum: dict[str, Amount] = Field(default_factory=dict)
    maximum: dict[str, Amount] = Field(default_factory=dict)
    all_or_nothing: dict[str, AllOrNothing] = Field(default_factory=dict)
    groups: dict[str, Group] = Field(default_factory=dict)
    periods: tuple[Period, ...] = ()
    price: dict[
        str,
        Annotated[
            Annotated[Factor, Tag("one")] | Annotated[tuple[PriceWindow, ...], Tag("rows")], Discriminator(_shape)
        ],
    ] = Field(default_factory=dict)
    beyond_observed: Literal["warn", "penalise", "forbid"] = "warn"
    doubt: Share = 0.5
    margin: Annotated[float, Field(gt=0, le=1, strict=True)] = 1.0
    untried: dict[str, Untried] = Field(default_factory=dict)
    levers: dict[str, PlannedLever] = Field(default_factory=dict)
    capacity: dict[str, Capacity] = Field(default_factory=dict)
    scenarios: dict[str, Scenario] = Field(default_factory=DEFAULT_SCENARIOS.copy)
    triggers: Triggers = Triggers()
    reserve: Reserve = Reserve()

    @model_validator(mode="after")
    def _minimum_below_maximum(self) -> Self:
        for channel, least in self.minimum.items():
            if least > (most := self.maximum.get(channel, least)):
                raise ValueError(f"minimum.{channel} ({least}) is above maximum.{channel} ({most})")
        return self

    def named_channels(self) -> Iterator[tuple[str, str]]:
        """Every channel that a limit names, with the key that names it."""
        by_key: dict[str, Mapping[str, object]] = {
            name: value
            for name in (
                "max_change",
                "market_change",
                "weekly_change",
                "minimum",
                "maximum",
                "all_or_nothing",
                "price",
            )
            if isinstance(value := getattr(self, name), Mapping)
        }
        for key, channels in by_key.items():
            yield from ((channel, key) for channel in channels)
        for name, group in self.groups.items():
            yield from ((channel, f"groups.{name}.channels") for channel in group.channels)


DEFAULT_CHANGE = 0.5


def change_of(change: float | Mapping[str, float], channel: str, default: float = DEFAULT_CHANGE) -> float:
    """The change limit of one channel."""
    return change.get(channel, default) if isinstance(change, Mapping) else change
