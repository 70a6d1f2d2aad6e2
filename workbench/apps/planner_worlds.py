"""Plans that were prepared for other worlds, valued in their world."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.apps.planner_answer import Shown
from workbench.scenarios.answer import Worth, interval_of, same_mix
from workbench.scenarios.capacity.states import capacity_in_states
from workbench.scenarios.contingency.changed_value import value_in_state
from workbench.scenarios.contingency.states import in_words
from workbench.scenarios.objective import RiskDial
from workbench.scenarios.otherwise import OtherGround, Otherwise
from workbench.scenarios.prepared import PreparedPlan


def shown_in_world(result: PreparedPlan, ground: OtherGround, name: str) -> Shown:
    """The plan prepared for a world, and what it is worth there.

    Args:
        result: The saved plan.
        ground: What it was made on.
        name: One of its worlds.
    """
    state = next(state for state in result.states if state.name == name)
    where = (ground.problem.response, ground.problem.cells, ground.problem.limits)
    media = value_in_state(*where, state)
    capacity = None if ground.capacity is None else capacity_in_states(ground.capacity, *where)(state)
    rows = result.scenario_plans[result.scenario_plans["scenario"] == name]
    spend = rows["spend"].to_numpy().reshape(result.reference.shape)
    value = media if capacity is None else capacity
    outcomes = value.worth(spend)
    gain = outcomes - value.worth(same_mix(result.reference, float(spend.sum())))
    judged = RiskDial(result.risk).value(outcomes)
    gap = float(result.scenarios.loc[result.scenarios["scenario"] == name, "gap"].iloc[0])
    answered = Worth(
        budget=state.budget,
        spend=spend,
        judged=judged,
        bound=judged / (1.0 - gap) if gap < 1 else np.inf,
        revenue=interval_of(outcomes),
        gain=interval_of(gain),
        probability_of_gain=float(np.mean(gain > 0)),
    )
    return Shown(
        answered=answered,
        held=("",) * len(result.channels),
        risk=result.risk,
        asked=Otherwise(horizon_weeks=result.horizon_weeks),
        weeks=pd.DatetimeIndex(result.world["plan_week"].to_numpy()),
        reference=result.reference,
        media=media,
        capacity=capacity,
        outcomes=outcomes,
        saved=value.worth(result.spend),
        world=in_words(name),
    )
