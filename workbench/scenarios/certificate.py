"""Upper bounds on what any plan can be worth, valid without concavity: how a plan proves how good it is.

S-shaped curves make allocation NP-hard, so a solver's word that it found the best is worth nothing. These bounds
don't look at the solver: the smaller one stands beside the plan.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.scenarios.curves import ChannelCurves
from workbench.scenarios.limits import Limits

BISECTIONS = 60


@dataclass(frozen=True)
class Bound:
    """An upper bound and the plan that suggested it.

    Attributes:
        value: No feasible plan is worth more than this.
        spend: A feasible plan near the bound's own optimum, shape (C,): a good place to start from.
    """

    value: float
    spend: np.ndarray


def upper_bound(curves: ChannelCurves, limits: Limits, budget: float, *, cells: int) -> tuple[Bound, Bound]:
    """Both bounds of curves with a single draw, the smaller one first."""
    bounds = (dual_bound(curves, limits, budget), grid_bound(curves, limits, budget, cells=cells))
    return bounds if bounds[0].value <= bounds[1].value else (bounds[1], bounds[0])


def dual_bound(curves: ChannelCurves, limits: Limits, budget: float) -> Bound:
    """The Lagrangian bound: the least over prices λ ≥ 0 of `λ·budget + Σ max (value - λ·spend)`.

    Exact for concave curves. Every λ gives a valid bound, so that stopping the bisection early costs tightness only.
    """
    points = np.clip(curves.spend, limits.lower[:, None], limits.upper[:, None])
    values = _values_at(curves, points)
    rows = np.arange(len(points))

    def respond(price: float) -> tuple[float, np.ndarray]:
        surplus = values - price * points
        best = surplus.argmax(axis=1)
        return price * budget + float(surplus[rows, best].sum()), points[rows, best]

    bound, wanted = respond(0.0)
    if wanted.sum() <= budget:
        return Bound(bound, wanted)
    low, high, spend = 0.0, _steepest(points, values) + 1.0, limits.lower
    for _ in range(BISECTIONS):
        price = (low + high) / 2
        value, wanted = respond(price)
        bound = min(bound, value)
        if wanted.sum() <= budget:
            high, spend = price, wanted
        else:
            low = price
    return Bound(bound, spend)


def grid_bound(curves: ChannelCurves, limits: Limits, budget: float, *, cells: int) -> Bound:
    """The bound of an exact dynamic programme over cells of spend of width δ = free budget / `cells`.

    A cell costs its lower end and is worth the most that any point of it is worth, hence V*(B) ≤ V_cells(B), which
    is the V_grid(B + C·δ) of monotone curves. The lower ends are themselves a feasible plan.
    """
    if _spoken_for(limits, budget):
        return Bound(float(_values_at(curves, limits.lower[:, None]).sum()), limits.lower)
    starts, ends = _cells(limits, budget, cells)
    # A running maximum over the nodes lies above the curve, and its largest value in a cell is at the cell's end.
    above = ChannelCurves(**{**vars(curves), "value": np.maximum.accumulate(curves.value, axis=1)})
    most, taken = _programme(np.where(starts <= limits.upper[:, None], _values_at(above, ends), -np.inf))
    return Bound(most, np.minimum(starts[np.arange(len(starts)), taken], limits.upper))


def grid_plan(curves: ChannelCurves, limits: Limits, budget: float, *, cells: int) -> np.ndarray:
    """The best plan whose spend above the lower limits is in whole cells, shape (C,).

    The plan of `grid_bound` is best for what its cells promise; where two plans are all but equal, this one is on the
    right side more often.
    """
    if _spoken_for(limits, budget):
        return limits.lower
    starts, _ = _cells(limits, budget, cells)
    _, taken = _programme(np.where(starts <= limits.upper[:, None], _values_at(curves, starts), -np.inf))
    return starts[np.arange(len(starts)), taken]


def _spoken_for(limits: Limits, budget: float) -> bool:
    """Whether the lower limits take the whole budget."""
    return budget - float(limits.lower.sum()) <= 1e-9 * max(budget, 1.0)


def _cells(limits: Limits, budget: float, cells: int) -> tuple[np.ndarray, np.ndarray]:
    """First and last spend of each channel's cells, shape (C, cells + 1) each; the last stops at the upper limit."""
    width = (budget - float(limits.lower.sum())) / cells
    starts = limits.lower[:, None] + width * np.arange(cells + 1)
    return starts, np.minimum(starts + width, limits.upper[:, None])


def _programme(worth: np.ndarray) -> tuple[float, np.ndarray]:
    """The most that `cells` cells are worth, and how many each channel takes, shape (C,); `worth` is (C, cells + 1)."""
    best = np.zeros(worth.shape[1])
    choices = []
    for row in worth:
        best, choice = _max_plus(best, row)
        choices.append(choice)
    return float(best[-1]), _trace_back(choices, worth.shape[1] - 1)


def _values_at(curves: ChannelCurves, points: np.ndarray) -> np.ndarray:
    """Values of single-draw curves at several points a channel, shape (C, P)."""
    return np.stack(
        [
            np.interp(row, nodes, values)
            for row, nodes, values in zip(points, curves.spend, curves.value[:, :, 0], strict=True)
        ]
    )


def _steepest(points: np.ndarray, values: np.ndarray) -> float:
    run, rise = np.diff(points, axis=1), np.diff(values, axis=1)
    return float(np.max(np.divide(rise, run, out=np.zeros_like(rise), where=run > 0), initial=0.0))


def _max_plus(best: np.ndarray, row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each number of cells b the most of `best[b - k] + row[k]`, and its k."""
    size = len(best)
    reach = int(np.isfinite(row).sum())
    padded = np.concatenate([np.full(reach - 1, -np.inf), best])
    windows = np.lib.stride_tricks.sliding_window_view(padded, reach)
    candidates = windows + row[:reach][::-1]
    chosen = candidates.argmax(axis=1)
    return candidates[np.arange(size), chosen], reach - 1 - chosen


def _trace_back(choices: list[np.ndarray], cells: int) -> np.ndarray:
    taken, left = np.zeros(len(choices), dtype=int), cells
    for channel in range(len(choices) - 1, -1, -1):
        taken[channel] = choices[channel][left]
        left -= taken[channel]
    return taken
