"""What the search climbs on: the judged value of a plan, and the concave function above it under fixed weights of draws."""

from __future__ import annotations

import numpy as np

from workbench.scenarios.objective import Objective
from workbench.scenarios.problem.value import MediaValue, Tangent
from workbench.scenarios.solve.ascent import Slope, Summit


def judged(value: MediaValue, objective: Objective, spend: np.ndarray) -> float:
    return objective.value(value.worth(spend), spend)


def weights_at(value: MediaValue, objective: Objective, spend: np.ndarray) -> np.ndarray:
    """The weights of draws under which the judged value of this plan is a weighted mean, shape (D,)."""
    if objective.dial.risk == 0:
        return np.full(value.draws, 1.0 / value.draws)
    return objective.dial.weights(value.worth(spend))


def judged_slope(value: MediaValue, objective: Objective, shape: tuple[int, ...]) -> Slope:
    """The judged value and its gradient, by a plan's cells in one."""

    def at(cells: np.ndarray) -> tuple[float, np.ndarray]:
        spend = cells.reshape(shape)
        reached, slope = value.gradient(spend, weights_at(value, objective, spend))
        return (
            objective.margin * reached - objective.cost * float(cells.sum()),
            objective.margin * slope.ravel() - objective.cost,
        )

    return at


def envelope_slope(value: MediaValue, objective: Objective, weights: np.ndarray, shape: tuple[int, ...]) -> Slope:
    """The concave function above the judged value, and its gradient, likewise."""

    def at(cells: np.ndarray) -> tuple[float, np.ndarray]:
        tangent = tangent_at(value, objective, weights, cells.reshape(shape))
        return tangent.at(cells.reshape(shape)), tangent.slope.ravel()

    return at


def tangent_at(value: MediaValue, objective: Objective, weights: np.ndarray, spend: np.ndarray) -> Tangent:
    """A plane above the judged value of every plan: no weights of the dial judge higher than it does with its own."""
    tangent = value.tangent(spend, weights)
    return Tangent(
        constant=objective.margin * tangent.constant,
        slope=objective.margin * tangent.slope - objective.cost,
        parts=None if tangent.parts is None else objective.margin * tangent.parts,
    )


def tangent_of(top: Summit, shape: tuple[int, ...]) -> Tangent:
    """The tangent at the end of a climb on the concave function, which the climb has seen already."""
    return Tangent(constant=top.value - float(top.slope @ top.spend), slope=top.slope.reshape(shape))
