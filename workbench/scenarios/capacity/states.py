"""What media are worth under capacity in other states of the world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from workbench.mmm import ResponseModel
from workbench.scenarios.capacity.value import CapacityValue
from workbench.scenarios.contingency.changed_value import value_in_state
from workbench.scenarios.contingency.states import State
from workbench.scenarios.problem import Cells, Limits


def capacity_in_states(
    value: CapacityValue, response: ResponseModel, cells: Cells, limits: Limits
) -> Callable[[State], CapacityValue]:
    """The value of a plan in a state in which media, what comes without them and teams differ as the state says."""
    weeks = value.demand.shape[1]

    def value_of(state: State) -> CapacityValue:
        return replace(
            value,
            media=value_in_state(response, cells, limits, state),
            demand=value.demand * state.baseline_of(weeks)[:, None],
            teams=tuple(
                team.scaled(state.capacity.get(team.section or team.name, 1.0), state.from_week) for team in value.teams
            ),
        )

    return value_of
