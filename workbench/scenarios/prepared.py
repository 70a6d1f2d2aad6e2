"""A plan with what was prepared for the case that things come otherwise: the scenario as it is saved."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import pandas as pd

from workbench.scenarios.contingency.contingency import Contingency
from workbench.scenarios.contingency.document import Contingencies
from workbench.scenarios.contingency.handoff import Levers, contingency_document
from workbench.scenarios.handoff import lever_plan_weekly, media_plan_weekly
from workbench.scenarios.result import ScenarioResult


@dataclass(frozen=True, kw_only=True)
class PreparedPlan(ScenarioResult, Contingency):
    """All that is handed on is made of it alone.

    Attributes:
        bids: See `bids.bid_modifiers`.
        team_weeks: See `capacity.team_weeks`; empty where no team is configured.
    """

    bids: pd.DataFrame
    team_weeks: pd.DataFrame

    @classmethod
    def of(cls, result: ScenarioResult, found: Contingency, *, bids: pd.DataFrame, team_weeks: pd.DataFrame) -> Self:
        parts = {f.name: getattr(part, f.name) for part in (result, found) for f in fields(part)}
        return cls(**parts, bids=bids, team_weeks=team_weeks)

    @property
    def scenario_hash(self) -> str:
        """Of the plan itself: it changes with the model, the data, the limits and what was asked."""
        return str(self.scenarios["hash"].iloc[0])

    @property
    def _moved(self) -> Levers:
        """What it may move beside media; a unit costs what is stated, times what the configuration says of prices."""
        stated, price = self.planning.levers, self.world["price_factor"]
        cost = {
            (name, market): (terms.cost_in(market) or 0.0) * price.sel(channel=name, market=market).to_numpy()
            for name, terms in stated.items()
            for market in map(str, self.world["market"].to_numpy())
        }
        return Levers(stated=stated, cost=cost)

    @property
    def handoff(self) -> dict[str, pd.DataFrame | Contingencies]:
        """What other systems are told, by file name."""
        levers = lever_plan_weekly(self).assign(scenario_hash=self.scenario_hash)
        return {
            "media_plan_weekly.csv": media_plan_weekly(self).assign(scenario_hash=self.scenario_hash),
            **({"lever_plan_weekly.csv": levers} if len(self.levers) else {}),
            "bid_modifiers.csv": self.bids,
            "contingency.json": contingency_document(
                self, currency=self.currency, forced=self.forced, capacity=self.team_weeks, levers=self._moved
            ),
        }
