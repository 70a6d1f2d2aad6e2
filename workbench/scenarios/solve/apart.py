"""A tighter bound channel by channel, where the value is a sum over the channels of markets.

With multipliers μ of the rules' rows A, which price each cell's money at c = Aᵀμ, no plan within the limits is judged higher than

    μ · limits + Σ_n max over x_n of (V_n(x_n) − c_n · x_n),

and each of these maxima, over the weeks of one channel alone, is bounded by cutting that channel's own domain. Parts of channels add
up, where parts of the whole domain would multiply.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Protocol, Self, runtime_checkable

import numpy as np

from workbench.scenarios.objective import VOLUME
from workbench.scenarios.problem.rows import Limits
from workbench.scenarios.problem.value import MediaValue, Tangent
from workbench.scenarios.solve.ascent import Summit
from workbench.scenarios.solve.branch import Task, cut_domain
from workbench.scenarios.solve.solution import Plan
from workbench.scenarios.solve.stages import Problem, Proof

# All prices are moved by this share to where the channels together would spend what there is, less and less.
MOVE, MOVES = 0.12, 4
# What is left open in all channels together, as a share of what the gap may be.
OPEN = 0.25


@runtime_checkable
class Separable(MediaValue, Protocol):
    """A value that is a sum of values of the channels in each market."""

    def apart(self) -> list[MediaValue]:
        """Of each channel in a market alone, its spend of shape (H, 1, 1), in the order of the cells of one week."""
        ...


@dataclass(frozen=True, eq=False)
class Priced:
    """What one channel is worth under fixed weights of the draws, less what its money costs; each draw says the same.

    Attributes:
        value: Of the channel.
        weights: Of the draws, shape (D,).
        margin: Share of the value that counts.
        price: Of each cell, shape (H, 1, 1).
    """

    value: MediaValue
    weights: np.ndarray
    margin: float
    price: np.ndarray

    @property
    def draws(self) -> int:
        return self.value.draws

    def worth(self, spend: np.ndarray) -> np.ndarray:
        net = self.margin * float(self.weights @ self.value.worth(spend)) - float(np.vdot(self.price, spend))
        return np.full(self.draws, net)

    def gradient(self, spend: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray]:
        height, slope = self.value.gradient(spend, self.weights)
        return self.margin * height - float(np.vdot(self.price, spend)), self.margin * slope - self.price

    def tangent(self, spend: np.ndarray, weights: np.ndarray) -> Tangent:
        tangent = self.value.tangent(spend, self.weights)
        return Tangent(constant=self.margin * tangent.constant, slope=self.margin * tangent.slope - self.price)

    def within(self, limits: Limits) -> Self:
        return replace(self, value=self.value.within(limits))

    def thinned(self, draws: int) -> Self:
        """All draws alike: only climbs look at few of them."""
        few = self.value.thinned(draws)
        return replace(self, value=few, weights=np.full(few.draws, 1.0 / few.draws))


@dataclass(frozen=True, eq=False)
class Alone:
    """One channel in one market at its prices.

    Attributes:
        value: Less what its money costs.
        limits: Of its cells; without rules.
        plan: The best that was found, with its quick bound.
    """

    value: Priced
    limits: Limits
    plan: Plan


class Solver(Protocol):
    """`solve`, which asks for this bound itself."""

    def __call__(self, value: MediaValue, limits: Limits, *, starts: list[np.ndarray]) -> Plan: ...


def bound_apart(problem: Problem, values: list[MediaValue], best: Summit, proof: Proof, solve: Solver) -> float:
    """What no plan is judged higher than, channel by channel.

    Args:
        problem: Without switches, its value a sum over channels.
        values: Of each channel in a market alone.
        best: The best plan known.
        proof: Its weights of the draws are kept, and its multipliers are where prices start.
        solve: Finds the plan of one channel.
    """
    found, scale, move, direction = math.inf, 1.0, MOVE, 0.0
    for _ in range(MOVES):
        bound, beyond = _at_prices(problem, values, best, proof, scale, solve)
        found = min(found, bound)
        if found - best.value <= problem.effort.close * abs(found) or beyond == 0:
            break
        move = move if direction * beyond >= 0 else move / 2
        direction = beyond
        scale *= 1 + math.copysign(move, beyond)
    return found


def _at_prices(
    problem: Problem, values: list[MediaValue], best: Summit, proof: Proof, scale: float, solve: Solver
) -> tuple[float, float]:
    """The bound at the proof's multipliers times `scale`, and what the channels would spend beyond the limits, at these prices."""
    limits, objective = problem.limits, problem.objective
    multipliers = scale * proof.multipliers
    sides = np.where(multipliers > 0, limits.row_upper, limits.row_lower)
    multipliers = np.where(np.isfinite(sides), multipliers, 0.0)
    held = np.where(multipliers != 0, sides, 0.0)
    price = (limits.rows.T @ multipliers + objective.cost).reshape(limits.shape)
    alone = []
    for n, value in enumerate(values):
        m, c = divmod(n, limits.shape[2])
        cells = np.s_[:, m : m + 1, c : c + 1]
        own = Limits(lower=limits.lower[cells], upper=limits.upper[cells])
        priced = Priced(value, proof.weights, objective.margin, price[cells])
        plan = solve(priced, own, starts=[best.spend.reshape(limits.shape)[cells]])
        alone.append(Alone(priced, own, plan))
    apart = float(multipliers @ held)
    spend = np.concatenate([each.plan.spend for each in alone], axis=2).reshape(limits.shape)
    beyond = float(multipliers @ (limits.rows @ spend.ravel() - held))
    target = best.value / (1 - problem.effort.close) if best.value > 0 else best.value
    spare = max(target - apart - sum(each.plan.judged for each in alone), OPEN * abs(target - best.value))
    return apart + sum(_cut(each, spare / len(alone), problem) for each in alone), beyond


def _cut(alone: Alone, spare: float, problem: Problem) -> float:
    plan, draws = alone.plan, alone.value.draws
    if plan.bound <= plan.judged + spare:
        return plan.bound
    few = alone.value.thinned(problem.effort.search_draws)
    task = Task(
        objective=VOLUME,
        weights=np.full(draws, 1.0 / draws),
        search_weights=np.full(few.draws, 1.0 / few.draws),
        search_draws=few.draws,
    )
    cut = cut_domain(
        alone.value,
        alone.limits,
        task,
        start=plan.spend,
        height=plan.judged,
        enough=plan.judged + spare,
        cuts=problem.effort.cuts,
    )
    return min(plan.bound, cut.bound)
