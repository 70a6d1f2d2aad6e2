"""Plans made ahead for every state of the world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.errors import InfeasiblePlan
from workbench.scenarios.contingency.states import State
from workbench.scenarios.contingency.worlds import Worlds


@dataclass(frozen=True, kw_only=True)
class Presolved:
    """A state with its plan, ready to be followed when the state comes.

    Attributes:
        state: The world.
        spend: The plan, shape (H, M, C); the present plan where limits allow no other.
        worth: What it causes, by draw, shape (D,).
        kept: What the present plan would cause in this world, shape (D,).
        gap: Share of the best possible that the plan may fall short of.
        refusal: Why no plan keeps the limits in this world, or empty.
    """

    state: State
    spend: np.ndarray
    worth: np.ndarray
    kept: np.ndarray
    gap: float
    refusal: str = ""


def presolve(worlds: Worlds, states: Sequence[State], planned: np.ndarray, planned_gap: float) -> tuple[Presolved, ...]:
    """Plan every state, the expected one with the plan itself.

    Args:
        worlds: The planner.
        states: The expected one first.
        planned: The plan, shape (H, M, C).
        planned_gap: Its certificate.
    """
    value = worlds.value(states[0])
    worth = value.worth(planned)
    expected = Presolved(state=states[0], spend=planned, worth=worth, kept=worth, gap=planned_gap)
    return (expected, *(_presolved(worlds, state, planned) for state in states[1:]))


def _presolved(worlds: Worlds, state: State, planned: np.ndarray) -> Presolved:
    value = worlds.value(state)
    kept = value.worth(planned)
    try:
        plan = worlds.replan(state, planned)
    except InfeasiblePlan as refusal:
        return Presolved(state=state, spend=planned, worth=kept, kept=kept, gap=np.nan, refusal=str(refusal))
    return Presolved(state=state, spend=plan.spend, worth=value.worth(plan.spend), kept=kept, gap=plan.gap)
