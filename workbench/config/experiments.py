"""The experiments that a company declares: on users, on geographies, on creatives."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Discriminator, Field, PositiveFloat, PositiveInt, Tag, model_validator

from workbench.config.base import Section
from workbench.config.metrics import Metric


class Remembered(Section):
    """What the registry keeps of every experiment beside its numbers.

    Attributes:
        hypothesis: What the test was to show.
        owner: Who decides.
        audience: Who or what was tested, in words by which tests are found, such as `new customers`.
        assumption: The belief about customers or media that the test puts to the proof.
        reuse: What can be reused where it holds.
        tags: Words to find it by.
    """

    hypothesis: str = ""
    owner: str = ""
    audience: str = ""
    assumption: str = ""
    reuse: str = ""
    tags: tuple[str, ...] = ()


class UserExperiment(Remembered):
    """A randomised test on users.

    Attributes:
        control: The control's name in `units.variant`.
        variants: All arms that were meant to be, the control among them; empty for those that the data hold.
        ratio: Intended share of each variant, unset for equal shares.
        metrics: What is measured, most important first.
        cost_per_unit: What treating one unit costs, in the workspace's currency.
        costs: The same by variant, where they differ.
        start: First day on which units were assigned.
        end: Planned last day; without it and `planned_units` the test counts as ended.
        planned_units: Planned number of units, all arms together.
        looks: Share of the planned units at which the test was planned to be read, ascending, the last one 1.
        reading: Kind of interval: `always_valid` may be read at any time, `group_sequential` at the planned looks, `fixed` at the
            planned end only; `auto` takes the one that is valid now.
        correction: Of several primary metrics and treatments: `holm` keeps any false claim rare, `benjamini_hochberg` the share of them.
        segments: Columns of `units` by which effects and sample ratios are compared.
        channel: The media channel that was tested; with `spend_change`, the readout becomes a lift record.
        spend_change: Change of the channel's spend between treated and control, in total over the treated units from `start` to `end`.
        lift_metric: The metric that is the KPI of the media mix; empty for the first primary one.
        markets: Media-mix markets that the test's units stand for.
        confidence: Level of the intervals.
    """

    table: ClassVar[Literal["units"]] = "units"

    kind: Literal["users"] = "users"
    control: str
    variants: tuple[str, ...] = ()
    metrics: tuple[Metric, ...] = Field(min_length=1)
    ratio: dict[str, PositiveFloat] | None = None
    cost_per_unit: float = 0.0
    costs: dict[str, float] = Field(default_factory=dict)
    start: date | None = None
    end: date | None = None
    planned_units: PositiveInt | None = None
    looks: tuple[float, ...] = ()
    reading: Literal["auto", "always_valid", "group_sequential", "fixed"] = "auto"
    correction: Literal["holm", "benjamini_hochberg"] = "holm"
    segments: tuple[str, ...] = ()
    channel: str | None = None
    spend_change: float | None = None
    lift_metric: str = ""
    markets: tuple[str, ...] = ()
    confidence: float = Field(default=0.95, gt=0.5, lt=1)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of `units` that it reads beside those that every test has."""
        measured = [name for metric in self.metrics for name in (*metric.columns, *metric.before)]
        return tuple(dict.fromkeys((*measured, *self.segments)))

    def cost(self, variant: str) -> float:
        """What treating one unit with this variant costs."""
        return self.costs.get(variant, self.cost_per_unit)

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        if self.start is not None and self.end is not None and self.start > self.end:
            raise ValueError(f"start ({self.start}) must not be after end ({self.end})")
        return self

    @model_validator(mode="after")
    def _control_is_a_variant(self) -> Self:
        if self.variants and self.control not in self.variants:
            raise ValueError(f"variants ({', '.join(self.variants)}) lack the control {self.control}; add it")
        return self

    @model_validator(mode="after")
    def _metrics_have_names_of_their_own(self) -> Self:
        names = [metric.name for metric in self.metrics]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(
                f"metrics name {twice} twice; to measure a column in two ways, map it to a second name in [tables.units]"
            )
        return self

    @model_validator(mode="after")
    def _looks_ascend_to_one(self) -> Self:
        if self.looks and (list(self.looks) != sorted(set(self.looks)) or self.looks[0] <= 0 or self.looks[-1] != 1):
            raise ValueError("looks are shares of the planned units, ascending from above 0 to 1, such as [0.5, 1.0]")
        if self.reading == "group_sequential" and (not self.looks or self.planned_units is None):
            raise ValueError("reading = 'group_sequential' needs looks and planned_units; add them")
        return self


class GeoExperiment(Remembered):
    """A test that changes a channel's spend in some markets.

    Attributes:
        treated: Markets of `geo` whose spend was changed.
        cells: Several groups of treated markets by name, each read against the markets of none; instead of `treated`.
        augment: Whether a ridge regression corrects what the synthetic control leaves of the time before (augmented).
        markets: Media-mix markets that the treated geographies make up; empty for the treated names themselves.
        start: First day of the change.
        end: Last day of the change.
        channel: The channel that was changed; with it, the readout becomes a lift record.
        spend_change: Change of spend in total over treated markets and days, in the workspace's currency.
        spend_changes: The same by cell.
        value_per_kpi: Currency per unit of the KPI, 1 where it is revenue.
        confidence: Level of the interval.
    """

    table: ClassVar[Literal["geo"]] = "geo"

    kind: Literal["geo"]
    treated: tuple[str, ...] = ()
    cells: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    augment: bool = False
    markets: tuple[str, ...] = ()
    start: date
    end: date
    channel: str | None = None
    spend_change: float | None = None
    spend_changes: dict[str, float] = Field(default_factory=dict)
    value_per_kpi: float = 1.0
    confidence: float = Field(default=0.9, gt=0.5, lt=1)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of `geo` that it reads beside those that every test has: none."""
        return ()

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.start > self.end:
            raise ValueError(f"start ({self.start}) must not be after end ({self.end})")
        return self

    @model_validator(mode="after")
    def _kpi_is_worth_something(self) -> Self:
        if not self.value_per_kpi:
            raise ValueError(
                "value_per_kpi is 0, so no effect could be worth anything; leave it out where the KPI is revenue"
            )
        return self

    @model_validator(mode="after")
    def _someone_is_treated(self) -> Self:
        if bool(self.treated) == bool(self.cells):
            raise ValueError("name the treated markets once, as treated or as cells")
        return self

    @model_validator(mode="after")
    def _spend_is_of_cells(self) -> Self:
        unknown = [cell for cell in self.spend_changes if cell not in self.cells]
        if unknown:
            raise ValueError(
                f"spend_changes names {', '.join(unknown)}, which is no cell; the cells are {', '.join(self.cells) or 'none'}"
            )
        return self


class CreativeExperiment(Remembered):
    """A randomised test of creatives that are put together from parts, such as headline × image × call to action.

    Attributes:
        factors: Columns of `units` that hold the parts, most important first.
        metric: What decides between creatives.
        segment: Column of `units` for whose values the best creative may differ.
        exploration_floor: Least share of the next period that any creative keeps, as a part of an equal share.
        equal_shares: Whether every creative was to be shown equally often; false after an allocation that favoured some.
        confidence: Level of the intervals.
    """

    table: ClassVar[Literal["units"]] = "units"

    kind: Literal["creative"]
    factors: tuple[str, ...] = Field(min_length=1)
    metric: Metric
    segment: str = ""
    exploration_floor: float = Field(default=0.1, ge=0, le=1)
    equal_shares: bool = True
    confidence: float = Field(default=0.9, gt=0.5, lt=1)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of `units` that it reads beside those that every test has."""
        segment = (self.segment,) if self.segment else ()
        return tuple(dict.fromkeys((*self.factors, *self.metric.columns, *self.metric.before, *segment)))


def _kind(declared: Any) -> str:
    return str(declared.get("kind", "users")) if isinstance(declared, dict) else str(declared.kind)


type Experiment = Annotated[
    Annotated[UserExperiment, Tag("users")]
    | Annotated[GeoExperiment, Tag("geo")]
    | Annotated[CreativeExperiment, Tag("creative")],
    Discriminator(_kind),
]
