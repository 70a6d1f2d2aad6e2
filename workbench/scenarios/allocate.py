"""Split a budget over channels: global starts from the certificate's own optima, then exchanges of money between pairs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.scenarios.certificate import Bound, grid_plan, upper_bound
from workbench.scenarios.curves import ChannelCurves
from workbench.scenarios.limits import Limits, refuse_infeasible
from workbench.scenarios.objective import EXPECTED_VALUE, RiskDial

LARGEST_STEP, SMALL_STEP, FINEST_STEP = 1 / 4, 2e-6, 1e-9
TRIES = 8
CLOSE_ENOUGH = 1e-3


@dataclass(frozen=True)
class Effort:
    """How hard to look; it moves the time taken and the tightness of the bound, never its truth.

    Attributes:
        cells: Resolution of the dynamic programme, at quadratic cost.
        starts: How many of the starting plans are improved, the most valuable first.
        rounds: How often the bound of a risk-adjusted value is reweighted.
    """

    cells: int = 1000
    starts: int = 8
    rounds: int = 25


THOROUGH = Effort()
BRISK = Effort(cells=250, starts=2, rounds=1)


@dataclass(frozen=True, kw_only=True)
class Allocation:
    """A plan and the proof of how good it is.

    Attributes:
        spend: Currency over the horizon, shape (C,).
        value: What the plan is judged by, in currency.
        bound: No plan within the same limits is judged higher.
        unspent: What is left of the budget.
    """

    spend: np.ndarray
    value: float
    bound: float
    unspent: float

    @property
    def gap(self) -> float:
        """Share of the bound that the plan may fall short of, at least 0."""
        return max(0.0, (self.bound - self.value) / abs(self.bound)) if self.bound else 0.0


def allocate(
    curves: ChannelCurves,
    limits: Limits,
    budget: float,
    *,
    dial: RiskDial = EXPECTED_VALUE,
    starts: Iterable[np.ndarray] = (),
    effort: Effort = THOROUGH,
) -> Allocation:
    """The best plan that costs at most `budget`, with an upper bound on any plan's value.

    Money stays unspent where no channel may take more, or where more would lose value.

    Args:
        curves: Value of each channel.
        limits: Least and most spend of each channel.
        budget: Currency over the horizon.
        dial: What a plan is judged by.
        starts: More plans to start from, shape (C,) each, such as the last answer; fitted into the limits.
        effort: How hard to look.

    Raises:
        SpecError: If the budget isn't a positive amount.
        InfeasiblePlan: If no plan within the limits is that cheap.
    """
    refuse_infeasible(limits, budget)
    judged = curves.expected() if dial.risk == 0 else curves
    bounds: Sequence[Bound] = upper_bound(curves.expected(), limits, budget, cells=effort.cells)
    whole_cells = grid_plan(curves.expected(), limits, budget, cells=effort.cells)
    given = [within(limits, budget, start) for start in starts]
    candidates = [whole_cells, *(bound.spend for bound in bounds), *given]
    spend = _best(judged, limits, budget, dial, candidates, effort)
    if dial.risk > 0:
        bounds = _reweighted_bounds(curves, limits, budget, dial, spend, effort)
        spend = _best(judged, limits, budget, dial, [spend, *(bound.spend for bound in bounds)], effort)
    return Allocation(
        spend=spend,
        value=dial.value(judged.total(spend)),
        bound=min(bound.value for bound in bounds),
        unspent=max(0.0, budget - float(spend.sum())),
    )


def within(limits: Limits, budget: float, spend: np.ndarray) -> np.ndarray:
    """The plan nearest in spirit to `spend` that keeps limits and budget: clipped, then scaled above the lower limits."""
    clipped = np.clip(spend, limits.lower, limits.upper)
    above, free = clipped - limits.lower, budget - limits.lower.sum()
    return limits.lower + above * (min(1.0, max(free, 0.0) / above.sum()) if above.sum() > 0 else 0.0)


def exchange(
    curves: ChannelCurves,
    limits: Limits,
    budget: float,
    dial: RiskDial,
    start: np.ndarray,
    *,
    largest: float = LARGEST_STEP,
    finest: float = SMALL_STEP,
) -> np.ndarray:
    """Move money between pairs of channels, or to and from the unspent rest, while that raises the judged value.

    The steps are halved from `largest` to `finest`, shares of the budget.
    """
    spend = np.append(start, budget - start.sum())
    step = budget * largest
    while step > finest * budget:
        moved = _transfer(curves, limits, dial, spend, step)
        if moved is None:
            step /= 2
        else:
            spend = moved
    return spend[:-1]


def _best(
    curves: ChannelCurves, limits: Limits, budget: float, dial: RiskDial, starts: Iterable[np.ndarray], effort: Effort
) -> np.ndarray:
    def judged(spend: np.ndarray) -> float:
        return dial.value(curves.total(spend))

    promising = sorted(starts, key=judged, reverse=True)[: effort.starts]
    best = max((exchange(curves, limits, budget, dial, start) for start in promising), key=judged)
    return exchange(curves, limits, budget, dial, best, largest=SMALL_STEP, finest=FINEST_STEP)


def _transfer(
    curves: ChannelCurves, limits: Limits, dial: RiskDial, spend: np.ndarray, step: float
) -> np.ndarray | None:
    """The plan after the most promising transfer of `step` that helps, None if none does; the last entry is unspent."""
    here = curves.at(spend[:-1])
    outcome = here.sum(axis=0)
    gain = np.vstack([curves.at(spend[:-1] + step) - here, np.zeros_like(outcome)])
    loss = np.vstack([curves.at(spend[:-1] - step) - here, np.zeros_like(outcome)])
    weights, value = dial.weights(outcome), dial.value(outcome)
    # By these weights a transfer's promise is never below what it delivers: hopeless pairs need no second look.
    promise = (loss @ weights)[:, None] + (gain @ weights)[None, :]
    promise[spend - step < np.append(limits.lower, 0.0)] = -np.inf
    promise[:, spend + step > np.append(limits.upper, np.inf)] = -np.inf
    np.fill_diagonal(promise, -np.inf)
    least = 1e-12 * max(abs(value), 1.0)
    for pair in np.argsort(promise, axis=None)[::-1][:TRIES]:
        giver, taker = np.unravel_index(pair, promise.shape)
        if not promise[giver, taker] > least:
            return None
        if dial.value(outcome + loss[giver] + gain[taker]) > value + least:
            moved = spend.copy()
            moved[giver] -= step
            moved[taker] += step
            return moved
    return None


def _reweighted_bounds(
    curves: ChannelCurves, limits: Limits, budget: float, dial: RiskDial, spend: np.ndarray, effort: Effort
) -> Sequence[Bound]:
    """Bounds on the judged value, the two smallest first.

    Under any fixed weights of the draws the judged value is at most a weighted mean, and that separates by channel.
    The weights answer the plan that the last bound suggested, averaged over rounds (fictitious play), which tightens
    the bound.
    """
    value = dial.value(curves.total(spend))
    weights = dial.weights(curves.total(spend))
    found: list[Bound] = []
    for played in range(1, effort.rounds + 1):
        tightest, other = upper_bound(curves.weighted(weights), limits, budget, cells=effort.cells)
        found += [tightest, other]
        least = min(bound.value for bound in found)
        if least - value <= CLOSE_ENOUGH * abs(least):
            break
        answer = dial.weights(curves.total(tightest.spend))
        weights = weights + (answer - weights) / (played + 1)
    return sorted(found, key=lambda bound: bound.value)[:2]
