"""What goals are judged by: the declared ones, how they are measured, and what is known so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from workbench.config.goals import Goal
from workbench.scenarios.goals.kpis import KpiRegistry
from workbench.scenarios.goals.weekly_paths import WeeklyPaths


@dataclass(frozen=True, kw_only=True)
class GoalInputs:
    """All that is known of a company's goals before anything is foreseen.

    Attributes:
        goals: `[goals]` of the workspace.
        registry: How KPIs are measured.
        measured: By goal, its KPI's quantities, scalar or by draw: over the goal's own days once these are over, else over as many days
            before it starts, or before what is known ends.
        constants: Quantities that don't change with the weeks, such as `margin`, or what runs have measured, such as `ltv`; scalar or by draw.
        rates: By goal, quantities that come with revenue, per unit of it in the goal's days: draws of shape (N,); see `rates_ahead`.
        past: Weeks that are over, None where no table holds weeks.
        first_open: First day of which nothing is known yet.
        markets: Names that goals may speak of.
        market_labels: How reports call them, those that have another name there.
    """

    goals: Mapping[str, Goal]
    registry: KpiRegistry
    measured: Mapping[str, Mapping[str, float | np.ndarray]]
    first_open: date
    constants: Mapping[str, float | np.ndarray] = field(default_factory=dict)
    rates: Mapping[str, Mapping[str, np.ndarray]] = field(default_factory=dict)
    past: WeeklyPaths | None = None
    markets: tuple[str, ...] = ()
    market_labels: Mapping[str, str] = field(default_factory=dict)
