"""What a planning run found; all that the planner's app needs lies in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import pandas as pd
import xarray as xr

from workbench.result import Result
from workbench.scenarios.curves import ChannelCurves
from workbench.scenarios.horizon import Horizon
from workbench.scenarios.limits import Limits


@dataclass(frozen=True, kw_only=True)
class ScenarioResult(Result):
    """A plan, what it is compared with, and the curves that it was made from.

    Attributes:
        currency: ISO 4217 code.
        budget: Currency over the horizon.
        horizon_weeks: Weeks that the plan covers.
        risk: Position of the risk dial, 0 (mean) to 1 (bad outcomes only).
        plan: One row a channel: `channel`, `current_spend`, `planned_spend`, `change` (currency),
            `relative_change` (NaN where nothing was spent), `lower_limit`, `upper_limit`, `current_revenue`, `revenue`,
            `revenue_lower`, `revenue_upper`, `marginal_return`, `marginal_return_lower`, `marginal_return_upper`
            (revenue per unit of the next spend), `binding` (the limit that holds it, in words, or empty),
            `beyond_observed` (more than was ever spent in as many weeks).
        comparison: One row a plan (`current` spend, the `current mix` at the budget, the `uniform` split, the `plan`):
            `plan`, `spend`, `revenue`, `revenue_lower`, `revenue_upper`, `net_revenue` (revenue less spend).
        frontier: One row a budget: `budget`, `spend`, `revenue`, `revenue_lower`, `revenue_upper`, `net_revenue`,
            `current_mix_revenue`.
        curves: `ChannelCurves` with the limits and the horizon: `spend`, `value`, `current`, `observed`, `lower`,
            `upper`, `lower_reason`, `upper_reason`, `market_share`, `year_ago`, and the coordinates `channel`, `market`, `week`.
    """

    analysis: ClassVar[str] = "scenario_planning"

    currency: str
    budget: float
    horizon_weeks: int
    risk: float
    plan: pd.DataFrame
    comparison: pd.DataFrame
    frontier: pd.DataFrame
    curves: xr.Dataset

    @cached_property
    def channel_curves(self) -> ChannelCurves:
        return ChannelCurves.from_dataset(self.curves)

    @cached_property
    def limits(self) -> Limits:
        return Limits(
            channels=self.channel_curves.channels,
            lower=self.curves["lower"].to_numpy(),
            upper=self.curves["upper"].to_numpy(),
            lower_reason=tuple(str(reason) for reason in self.curves["lower_reason"].to_numpy()),
            upper_reason=tuple(str(reason) for reason in self.curves["upper_reason"].to_numpy()),
        )

    @cached_property
    def horizon(self) -> Horizon:
        return Horizon(
            weeks=pd.DatetimeIndex(self.curves["week"].to_numpy()),
            channels=self.channel_curves.channels,
            markets=tuple(str(name) for name in self.curves["market"].to_numpy()),
            reference=self.channel_curves.current,
            market_share=self.curves["market_share"].to_numpy(),
            observed=self.channel_curves.observed,
            year_ago=self.curves["year_ago"].to_numpy(),
        )


def planning_dataset(curves: ChannelCurves, limits: Limits, horizon: Horizon) -> xr.Dataset:
    """Everything that answering another budget or risk takes, in one dataset."""
    return (
        curves.to_dataset()
        .assign(
            lower=("channel", limits.lower),
            upper=("channel", limits.upper),
            lower_reason=("channel", np.array(limits.lower_reason, dtype=object)),
            upper_reason=("channel", np.array(limits.upper_reason, dtype=object)),
            market_share=(("market", "channel"), horizon.market_share),
            year_ago=("channel", horizon.year_ago),
        )
        .assign_coords(market=np.array(horizon.markets, dtype=object), week=horizon.weeks)
    )
