"""What a planning run found; all that the planner's app needs lies in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import pandas as pd
import xarray as xr

from workbench.config.planning import Planning
from workbench.mmm import ResponseModel
from workbench.result import Result
from workbench.scenarios.capacity.saved import from_dataset
from workbench.scenarios.capacity.value import CapacityValue
from workbench.scenarios.problem.cells import Labels
from workbench.scenarios.problem.doubt import docked
from workbench.scenarios.problem.value import MediaValue
from workbench.scenarios.response import ResponseValue
from workbench.scenarios.response.blocks import blocks_of
from workbench.scenarios.solve.quick import Ahead
from workbench.scenarios.wording import FORCED


@dataclass(frozen=True, kw_only=True)
class ScenarioResult(Result):
    """A plan, what it is compared with, and what it was made from.

    Attributes:
        currency: ISO 4217 code.
        mode: What was asked for; see `scenarios.request`.
        budget: Currency over the horizon that the plan may cost.
        horizon_weeks: Weeks that the plan covers.
        risk: Position of the risk dial, 0 (mean) to 1 (bad outcomes only).
        forced: Whether the plan was made although the media mix can't be trusted.
        margin: Share of revenue that is profit before media.
        planning: The limits and levers that the plan was made under, each group with its channels.
        labels: How reports call each channel and lever, by its name.
        market_labels: The same of markets.
        plan: One row a channel: `channel`, `current_spend`, `planned_spend`, `change` (currency),
            `relative_change` (NaN where nothing was spent), `observed` (most ever spent in as many weeks),
            `current_revenue`, `revenue`, `revenue_lower`, `revenue_upper`, `marginal_return`, `marginal_return_lower`,
            `marginal_return_upper` (revenue per unit of the next spend), `binding` (the limit that holds it, in words, or
            empty), `beyond_observed` (more than `observed`), `range_lower`, `range_upper` (spend between which plans are all
            but as good).
        plan_weekly: One row a week, market and channel: `week`, `market`, `channel`, `spend`, `committed` (currency),
            `beyond_observed` (a week's spend above what ever acted in one), `forced`.
        levers: One row a control that the plan may move: `lever` (a channel of the other tables, whose spend is what moving it costs),
            `control`, `direction`, `weeks` (in which it is moved), `otherwise` and `value` (mean over where it is moved, else over all),
            `units` (moved in all), `spend`, `revenue`, `revenue_lower`, `revenue_upper`, `marginal_return`,
            `marginal_return_lower`, `marginal_return_upper`, `helps` (probability that moving it brings anything), `beyond_observed`.
        levers_weekly: One row a week, market and lever that is moved there: `week`, `market`, `lever`, `control`, `otherwise` (what it is
            expected to be if nobody moves it), `value` (to set), `spend`, `beyond_observed`.
        limits: One row a limit that binds: `limit`, `reason`, `kind`, `worth` (judged value of one more unit of currency).
        comparison: One row a plan (`current` spend, the `current mix` at the same spend, the `uniform` split over media, the `plan`):
            `plan`, `spend`, `revenue`, `revenue_lower`, `revenue_upper`, `net_revenue` (revenue less spend), `breaks` (the limits that it
            breaks, in words, or empty).
        frontier: One row a budget: `budget`, `spend`, `revenue`, `revenue_lower`, `revenue_upper`, `net_revenue`,
            `current_mix_revenue`, `bound` (no plan with that budget is judged higher).
        curves: One row a channel and amount: `channel`, `spend`, `revenue`, `revenue_lower`, `revenue_upper`, where the
            channel's plan grows or shrinks in all weeks and markets alike.
        nudges: One row a small change of what the plan rests on: `nudge`, `moved` (currency that would go elsewhere),
            `share` (of the budget), `giver`, `taker`, `gain` (share of the value that moving would bring).
        world: Draws of the response and plans found ahead; see `scenarios.world`.
    """

    analysis: ClassVar[str] = "scenario_planning"

    currency: str
    mode: str
    budget: float
    horizon_weeks: int
    risk: float
    forced: bool
    margin: float
    planning: Planning
    labels: dict[str, str]
    market_labels: dict[str, str]
    plan: pd.DataFrame
    plan_weekly: pd.DataFrame
    levers: pd.DataFrame
    levers_weekly: pd.DataFrame
    limits: pd.DataFrame
    comparison: pd.DataFrame
    frontier: pd.DataFrame
    curves: pd.DataFrame
    nudges: pd.DataFrame
    world: xr.Dataset

    @property
    def stamp(self) -> str:
        return FORCED if self.forced else ""

    def label(self, channel: str) -> str:
        """How reports call a channel or a lever."""
        return self.called.channel(channel)

    @property
    def called(self) -> Labels:
        """How reports call channels, levers, markets and teams."""
        teams = (
            zip(self.world["team"].values, self.world["team_label"].values, strict=True) if "team" in self.world else ()
        )
        return Labels(channels=self.labels, markets=self.market_labels, teams=dict(teams))

    @cached_property
    def media(self) -> ResponseValue:
        """What media cause in the weeks of the plan."""
        response = ResponseModel.from_dataset(self.world)
        nothing = np.zeros_like(self.reference)
        blocks = blocks_of(response, self.world["price_factor"].to_numpy(), self.world["after"].to_numpy())
        return ResponseValue(blocks, nothing, nothing)

    @cached_property
    def capacity(self) -> CapacityValue | None:
        """What teams make of what media cause; None where none was configured."""
        return from_dataset(self.world, self.media) if "demand" in self.world else None

    @cached_property
    def judged(self) -> MediaValue:
        """What plans are judged by: what teams make of it, spend beyond experience docked where that was asked for."""
        value = self.media if self.capacity is None else self.capacity
        parts = (self.world[name].to_numpy() for name in ("observed", "price_factor", "doubt"))
        return docked(value, *parts)

    @cached_property
    def ahead(self) -> Ahead:
        return Ahead.from_dataset(self.world)

    def held(self, budget: float, risk: float) -> tuple[str, ...]:
        """For each channel, the limit that holds it in all plans of which the one for this budget and caution is mixed; else empty."""
        reasons = self.world["held"].to_numpy()
        mixed = np.stack([reasons[row, column] for row, column, _ in self.ahead.parts(budget, risk)])
        return tuple(str(own[0]) if (own == own[0]).all() else "" for own in mixed.T)

    @property
    def reference(self) -> np.ndarray:
        """Spend of the reference period, shape (H, M, C)."""
        return np.asarray(self.world["reference"].to_numpy())

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(str(name) for name in self.world["channel"].to_numpy())

    @property
    def spend(self) -> np.ndarray:
        """The plan, shape (H, M, C)."""
        return self.plan_weekly["spend"].to_numpy().reshape(self.reference.shape)
