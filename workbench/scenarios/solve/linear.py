"""The most that a linear function of the spend reaches within the limits, with a proof that doesn't rest on a solver.

By weak duality any multipliers of the rows give a valid bound; a solver only says which ones give a small bound. Where
minima are all-or-nothing, the bound is what HiGHS proved (never the best plan that it found).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, linprog, milp

from workbench.errors import InfeasiblePlan
from workbench.scenarios.problem.rows import Limits
from workbench.scenarios.problem.value import Tangent
from workbench.scenarios.solve.ascent import Summit
from workbench.scenarios.solve.projection import relaxed_rows

# A bound this close to what a plan has needs no linear programme, and a mixed-integer one needs no closer look.
CLOSE = 1e-4
# With more cells than this, a linear programme takes longer than it is worth.
MANY_CELLS = 5_000
NOT_PROVED = "no plan within the limits was found in {seconds:.0f} seconds; give the planner more time or fewer limits"
NONE = "no plan keeps all limits at once; relax one of them"


@dataclass(frozen=True)
class LinearAnswer:
    """The most under tangents, and where.

    Attributes:
        bound: No plan within the limits has more.
        spend: A plan within the limits that has nearly so much, shape (H, M, C).
        multipliers: Of the rows of the rules (and of relaxed switches), shape (R,).
        on: Which switches are on, shape (S,).
        shares: Of the tangents in the mixture that the bound rests on, shape (K,); empty where there are switches.
    """

    bound: float
    spend: np.ndarray
    multipliers: np.ndarray
    on: np.ndarray
    shares: np.ndarray


def linear_max(slope: np.ndarray, limits: Limits, *, seconds: float = 10.0) -> LinearAnswer:
    """The most of `slope · spend` within the limits; `slope` of shape (H, M, C).

    Raises:
        InfeasiblePlan: If no plan keeps the limits.
    """
    return most_under([Tangent(constant=0.0, slope=slope)], limits, seconds=seconds)


def most_under(
    tangents: Sequence[Tangent], limits: Limits, *, same_weights: bool = False, seconds: float = 10.0
) -> LinearAnswer:
    """The most that a plan within the limits can have under the least of several tangents.

    Args:
        tangents: Of one value.
        limits: Of the plan.
        same_weights: Whether all were made with the same weights of draws. Then each channel may take the least of its own planes,
            where the tangents hold them, which is far tighter where minima are all-or-nothing.
        seconds: For the solver.

    Raises:
        InfeasiblePlan: If no plan keeps the limits.
    """
    if limits.switches:
        return _mixed(_hull_of(tangents, limits, apart=same_weights), limits, seconds)
    if len(tangents) == 1 and _is_budget(limits):
        return _greedy(tangents[0], limits)
    return _continuous(tangents, limits, seconds)


def dual_bound(tangent: Tangent, limits: Limits, multipliers: np.ndarray) -> float:
    """What no plan exceeds under a tangent, from any multipliers of the rows of `relaxed_rows`, shape (R,)."""
    rows, lower, upper = relaxed_rows(limits)
    # A multiplier may only push from a side that exists.
    kept = np.where(np.isfinite(np.where(multipliers > 0, upper, lower)), multipliers, 0.0)
    held = np.where(kept > 0, upper, np.where(kept < 0, lower, 0.0))
    reduced = tangent.slope.ravel() - rows.T @ kept
    cells = np.maximum(reduced * limits.lower.ravel(), reduced * limits.upper.ravel())
    return tangent.constant + float(kept @ held) + float(cells.sum())


def bound_at(tangent: Tangent, limits: Limits, top: Summit) -> float:
    """What no plan exceeds under the tangent at a summit: by its multipliers, or by a linear programme if that is loose."""
    quick = dual_bound(tangent, limits, top.multipliers)
    if quick - top.value <= CLOSE * abs(quick) or (limits.size > MANY_CELLS and not _is_budget(limits)):
        return quick
    return min(quick, most_under([tangent], limits).bound)


def _is_budget(limits: Limits) -> bool:
    if limits.rows.shape[0] != 1 or limits.row_lower[0] > float(limits.lower.sum()):
        return False
    row = limits.rows
    return row.nnz == limits.size and bool(np.all(row.data == 1.0))


def _greedy(tangent: Tangent, limits: Limits) -> LinearAnswer:
    """Only a budget: money goes where it returns most, and the return of the last cell is the multiplier."""
    slope, low, high = tangent.slope.ravel(), limits.lower.ravel(), limits.upper.ravel()
    free = float(limits.row_upper[0]) - float(low.sum())
    if free < -1e-9 * max(abs(float(limits.row_upper[0])), 1e-300):
        raise InfeasiblePlan(NONE)
    order = np.argsort(-slope, kind="stable")
    room = np.where(slope > 0, high - low, 0.0)[order]
    filled = np.cumsum(room)
    taken = np.clip(max(free, 0.0) - (filled - room), 0.0, room)
    spend = low.copy()
    spend[order] += taken
    last = int(np.searchsorted(filled, free))
    price = max(float(slope[order[last]]), 0.0) if last < len(order) else 0.0
    multipliers = np.array([price])
    bound = dual_bound(tangent, limits, multipliers)
    return LinearAnswer(bound, spend.reshape(limits.shape), multipliers, np.ones(0, dtype=bool), np.ones(1))


def _continuous(tangents: Sequence[Tangent], limits: Limits, seconds: float) -> LinearAnswer:
    """By linear programming; its multipliers are checked by weak duality."""
    size, count = limits.size, len(limits.row_lower)
    rows = limits.rows
    finite_upper, finite_lower = np.isfinite(limits.row_upper), np.isfinite(limits.row_lower)
    unit = max(float(np.abs(tangent.slope).max()) for tangent in tangents) or 1.0
    hull = sparse.csr_array(np.stack([tangent.slope.ravel() for tangent in tangents]) / unit)
    one = sparse.csr_array(np.ones((len(tangents), 1)))
    left = sparse.vstack([rows[finite_upper], -rows[finite_lower], -hull])
    level = sparse.vstack([sparse.csr_array((left.shape[0] - len(tangents), 1)), one])
    right = np.concatenate(
        [limits.row_upper[finite_upper], -limits.row_lower[finite_lower], [t.constant / unit for t in tangents]]
    )
    found = linprog(
        np.append(np.zeros(size), -1.0),
        A_ub=sparse.csr_array(sparse.hstack([left, level])),
        b_ub=right,
        bounds=np.column_stack([np.append(limits.lower.ravel(), -np.inf), np.append(limits.upper.ravel(), np.inf)]),
        method="highs",
        options={"time_limit": seconds},
    )
    _refuse_empty(found, seconds)
    marginal = np.maximum(-found.ineqlin.marginals, 0.0)
    multipliers = np.zeros(count)
    uppers, lowers = int(finite_upper.sum()), int(finite_lower.sum())
    multipliers[finite_upper] += marginal[:uppers] * unit
    multipliers[finite_lower] -= marginal[uppers : uppers + lowers] * unit
    shares = marginal[uppers + lowers :]
    shares = shares / shares.sum() if shares.sum() > 0 else np.full(len(tangents), 1 / len(tangents))
    spend = np.clip(found.x[:size].reshape(limits.shape), limits.lower, limits.upper)
    bound = dual_bound(mixture(tangents, shares), limits, multipliers)
    return LinearAnswer(bound, spend, multipliers, np.ones(0, dtype=bool), shares)


def nearest(spend: np.ndarray, limits: Limits, *, seconds: float = 30.0) -> np.ndarray:
    """The plan within limits without switches that moves the least money, shape (H, M, C).

    Raises:
        InfeasiblePlan: If no plan keeps the limits.
    """
    size = limits.size
    base = np.clip(spend, limits.lower, limits.upper).ravel()
    reached = limits.rows @ base
    found = milp(
        np.ones(2 * size),
        constraints=LinearConstraint(
            sparse.csc_array(sparse.hstack([limits.rows, -limits.rows])),
            limits.row_lower - reached,
            limits.row_upper - reached,
        ),
        bounds=Bounds(0.0, np.concatenate([limits.upper.ravel() - base, base - limits.lower.ravel()])),
        options={"time_limit": seconds},
    )
    _refuse_empty(found, seconds)
    return np.clip(base + found.x[:size] - found.x[size:], limits.lower.ravel(), limits.upper.ravel()).reshape(
        limits.shape
    )


def mixture(tangents: Sequence[Tangent], shares: np.ndarray) -> Tangent:
    """A weighted mean of tangents, which is a tangent too; shares are at least 0 and sum to 1."""
    return Tangent(
        constant=float(sum(share * tangent.constant for share, tangent in zip(shares, tangents, strict=True))),
        slope=np.sum([share * tangent.slope for share, tangent in zip(shares, tangents, strict=True)], axis=0),
    )


@dataclass(frozen=True)
class _Hull:
    """Tangents as rows: `levels @ level - cells @ spend <= right`, the sum of P levels being what they allow.

    Attributes:
        cells: Shape (K, H·M·C).
        levels: Shape (K, P).
        right: Shape (K,).
        unit: By which slopes and constants were divided.
    """

    cells: sparse.csr_array
    levels: sparse.csr_array
    right: np.ndarray
    unit: float


def _hull_of(tangents: Sequence[Tangent], limits: Limits, *, apart: bool) -> _Hull:
    """One level for all, or one for each channel."""
    unit = max(float(np.abs(tangent.slope).max()) for tangent in tangents) or 1.0
    slopes = np.stack([tangent.slope.ravel() for tangent in tangents]) / unit
    parts = [tangent.parts for tangent in tangents if tangent.parts is not None]
    if not apart or len(parts) < len(tangents):
        right = np.array([tangent.constant for tangent in tangents]) / unit
        return _Hull(sparse.csr_array(slopes), sparse.csr_array(np.ones((len(tangents), 1))), right, unit)
    channels = limits.shape[-1]
    of_channel = np.arange(limits.size) % channels
    cells = [sparse.csr_array(slopes * (of_channel == c)) for c in range(channels)]
    levels = sparse.csr_array(np.repeat(np.eye(channels), len(tangents), axis=0))
    return _Hull(sparse.csr_array(sparse.vstack(cells)), levels, np.stack(parts).T.ravel() / unit, unit)


def _mixed(hull: _Hull, limits: Limits, seconds: float) -> LinearAnswer:
    """By mixed-integer programming: cells, one switch each, and the levels that the tangents allow."""
    size, switches = limits.size, len(limits.switches)
    planes, parts = hull.levels.shape
    cells, least, most = _switch_rows(limits)
    blocks = sparse.block_array(
        [
            [limits.rows, None, sparse.csr_array((len(limits.row_lower), parts))],
            [cells, -sparse.diags_array(most), None],
            [cells, -sparse.diags_array(least), None],
            [-hull.cells, None, hull.levels],
        ]
    )
    none, zero, free = np.full(switches, -np.inf), np.zeros(switches), np.full(parts, np.inf)
    found = milp(
        np.concatenate([np.zeros(size + switches), np.full(parts, -1.0)]),
        constraints=LinearConstraint(
            sparse.csc_array(blocks),
            np.concatenate([limits.row_lower, none, zero, np.full(planes, -np.inf)]),
            np.concatenate([limits.row_upper, zero, -none, hull.right]),
        ),
        integrality=np.concatenate([np.zeros(size), np.ones(switches), np.zeros(parts)]),
        bounds=Bounds(
            np.concatenate([limits.lower.ravel(), zero, -free]),
            np.concatenate([limits.upper.ravel(), np.ones(switches), free]),
        ),
        options={"time_limit": seconds, "mip_rel_gap": CLOSE},
    )
    _refuse_empty(found, seconds)
    on = found.x[size : size + switches] > 0.5
    spend = np.clip(found.x[:size].reshape(limits.shape), limits.lower, limits.upper)
    proved = -float(found.mip_dual_bound) * hull.unit
    return LinearAnswer(proved, spend, np.zeros(len(limits.row_lower) + switches), on, np.empty(0))


def _switch_rows(limits: Limits) -> tuple[sparse.csr_array, np.ndarray, np.ndarray]:
    rows, _, _ = relaxed_rows(limits)
    least = np.array([switch.least for switch in limits.switches])
    most = np.array([switch.most for switch in limits.switches])
    return sparse.csr_array(rows[len(limits.row_lower) :]), least, most


def _refuse_empty(found: OptimizeResult, seconds: float) -> None:
    if found.x is None:
        raise InfeasiblePlan(NONE if found.status == 2 else NOT_PROVED.format(seconds=seconds))
    if not math.isfinite(float(found.fun)):
        raise InfeasiblePlan(NONE)
