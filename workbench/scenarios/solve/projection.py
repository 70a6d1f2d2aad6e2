"""The nearest plan within the limits: projection onto a box and linear rows by Newton's method on the rows' multipliers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import spsolve

from workbench.scenarios.problem.rows import Limits

ITERATIONS, BACKTRACKS = 60, 40
ACCURACY = 1e-11
# Of the dual's terms: smaller gains are lost in their sum.
ROUNDING = 1e-14
RIDGE = 1e-9
# Rows times cells up to which dense arithmetic is faster.
DENSE = 4_000_000


@dataclass(frozen=True, eq=False)
class Polytope:
    """Points with `lower <= point <= upper` and `row_lower <= rows @ point <= row_upper`, n of them in one.

    Attributes:
        lower: Shape (n,).
        upper: Shape (n,).
        rows: Shape (R, n), each of unit length.
        row_lower: Shape (R,).
        row_upper: Shape (R,).
        scale: Currency of one unit of each coordinate, shape (n,): curvature is alike in all of them.
        row_scale: Length of each row before, shape (R,).
    """

    lower: np.ndarray
    upper: np.ndarray
    rows: np.ndarray | sparse.csr_array
    row_lower: np.ndarray
    row_upper: np.ndarray
    scale: np.ndarray
    row_scale: np.ndarray

    def project(self, point: np.ndarray, multipliers: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The nearest point of the set, and the multipliers of the rows that hold it there, shape (R,).

        The multipliers of an earlier projection near by make this one faster.
        """
        clipped = np.clip(point, self.lower, self.upper)
        if self._excess(clipped, np.zeros(len(self.row_lower))).any():
            return self._by_budget(point) if self._is_budget else self._by_newton(point, multipliers)
        return clipped, np.zeros(len(self.row_lower))

    @cached_property
    def _is_budget(self) -> bool:
        return len(self.row_lower) == 1 and not np.any(np.asarray(self.rows.min()) < 0)

    @cached_property
    def _size(self) -> float:
        finite = np.abs(np.concatenate([self.row_lower, self.row_upper, self.upper, self.lower]))
        return float(finite[np.isfinite(finite)].max(initial=1e-300))

    def _excess(self, point: np.ndarray, multipliers: np.ndarray) -> np.ndarray:
        """Gradient of the dual: by how much rows are beyond the side that their multiplier pushes from."""
        reached = self.rows @ point
        above, below = reached - self.row_upper, reached - self.row_lower
        outside = np.where(above > 0, above, np.where(below < 0, below, 0.0))
        excess = np.where(multipliers > 0, above, np.where(multipliers < 0, below, outside))
        return np.where(np.abs(excess) <= ACCURACY * self._size, 0.0, excess)

    def _by_budget(self, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """One row of the same sign, by Newton's method on its multiplier, between bisections."""
        row = np.asarray(self.rows.T @ np.ones(1)).ravel()
        over = float(row @ np.clip(point, self.lower, self.upper)) > self.row_upper[0]
        sign, limit = (1.0, self.row_upper[0]) if over else (-1.0, self.row_lower[0])
        used = row > 0
        low, high = 0.0, float(np.max(np.maximum(point - self.lower, self.upper - point)[used] / row[used]))
        middle = 0.0
        for _ in range(ITERATIONS):
            moved = point - sign * middle * row
            beyond = sign * float(row @ np.clip(moved, self.lower, self.upper) - limit)
            low, high = (middle, high) if beyond > 0 else (low, middle)
            if abs(beyond) <= ACCURACY * self._size:
                break
            free = row[(moved > self.lower) & (moved < self.upper)]
            newton = middle + beyond / max(float(free @ free), 1e-300)
            middle = newton if low < newton < high else 0.5 * (low + high)
        return np.clip(point - sign * middle * row, self.lower, self.upper), np.array([sign * middle])

    def _by_newton(self, point: np.ndarray, multipliers: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        mu = np.zeros(len(self.row_lower)) if multipliers is None else multipliers
        near = self._primal(point, mu)
        for _ in range(ITERATIONS):
            excess = self._excess(near, mu)
            if not excess.any():
                break
            near, mu = self._step(point, near, mu, excess)
        return near, mu

    def _step(
        self, point: np.ndarray, near: np.ndarray, mu: np.ndarray, excess: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Newton's step, halved until the dual gains; where rounding would hide the gain, until the excess falls."""
        equal = self.row_lower == self.row_upper
        side = np.where(mu != 0, np.sign(mu), np.sign(excess))
        direction = self._direction(point, near, mu, excess)
        here, size = self._dual(point, near, mu), 1.0
        hidden = ROUNDING * (abs(here) + self._size * float(np.abs(mu).sum()))
        for _ in range(BACKTRACKS):
            tried = mu + size * direction
            tried = np.where(equal | (tried * side > 0), tried, 0.0)
            near = self._primal(point, tried)
            gain = float(excess @ (tried - mu))
            if gain > hidden:
                good = self._dual(point, near, tried) >= here + 1e-4 * gain
            else:
                good = np.linalg.norm(self._excess(near, tried)) < np.linalg.norm(excess)
            if good:
                break
            size *= 0.5
        return near, tried

    def _primal(self, point: np.ndarray, mu: np.ndarray) -> np.ndarray:
        return np.clip(point - self.rows.T @ mu, self.lower, self.upper)

    def _dual(self, point: np.ndarray, near: np.ndarray, mu: np.ndarray) -> float:
        held = np.where(mu > 0, self.row_upper, np.where(mu < 0, self.row_lower, 0.0))
        moved = near - point
        return 0.5 * float(moved @ moved) + float(mu @ (self.rows @ near)) - float(mu @ held)

    def _direction(self, point: np.ndarray, near: np.ndarray, mu: np.ndarray, excess: np.ndarray) -> np.ndarray:
        """Newton's step on the rows in play; cells at their own limits don't answer."""
        play = np.flatnonzero((mu != 0) | (excess != 0))
        shifted = point - self.rows.T @ mu
        free = np.flatnonzero((shifted > self.lower) & (shifted < self.upper))
        rows = self.rows[play]
        answering = rows[:, free]
        if isinstance(answering, sparse.csr_array):
            hessian = sparse.csc_array(answering @ answering.T + RIDGE * sparse.eye_array(len(play)))
            step = spsolve(hessian, excess[play])
        else:
            step = np.linalg.solve(answering @ answering.T + RIDGE * np.eye(len(play)), excess[play])
        direction = np.zeros_like(mu)
        direction[play] = step
        # Further than this, all cells are at their own limits anyway.
        most = 2 * float(np.max(np.maximum(np.abs(shifted - self.lower), np.abs(self.upper - shifted)))) + 1e-300
        reach = float(np.abs(rows.T @ step).max(initial=0.0))
        return direction * min(1.0, most / max(reach, 1e-300))


def polytope_of(limits: Limits) -> Polytope:
    """The limits as a polytope, its all-or-nothing minima relaxed to what a mixture of all and nothing could reach."""
    scale = np.sqrt(_scale(limits))
    rows, lower, upper = relaxed_rows(limits)
    scaled = sparse.csr_array(rows.multiply(scale[None]))
    length = np.sqrt(np.asarray(scaled.multiply(scaled).sum(axis=1)).ravel())
    length = np.where(length > 0, length, 1.0)
    unit = sparse.csr_array(scaled.multiply(1.0 / length[:, None]))
    return Polytope(
        lower=limits.lower.ravel() / scale,
        upper=limits.upper.ravel() / scale,
        rows=unit.toarray() if unit.shape[0] * unit.shape[1] <= DENSE else unit,
        row_lower=lower / length,
        row_upper=upper / length,
        scale=scale,
        row_scale=length,
    )


def relaxed_rows(limits: Limits) -> tuple[sparse.csr_array, np.ndarray, np.ndarray]:
    """The rows of all rules and their sides, and of all switches that may be off: their cells together at most `most`."""
    rows = [limits.rows]
    for switch in limits.switches:
        at = (np.zeros(len(switch.cells), dtype=int), switch.cells)
        rows.append(sparse.csr_array((np.ones(len(switch.cells)), at), shape=(1, limits.size)))
    none = np.full(len(limits.switches), -np.inf)
    most = np.array([switch.most for switch in limits.switches])
    return (
        sparse.csr_array(sparse.vstack(rows)),
        np.concatenate([limits.row_lower, none]),
        np.concatenate([limits.row_upper, most]),
    )


def _scale(limits: Limits) -> np.ndarray:
    """How far each cell may move, currency: what bends its value goes with the inverse of that."""
    room = np.minimum(limits.upper - limits.lower, limits.budget).ravel()
    return np.maximum(room, 1e-6 * float(room.max(initial=0.0)) or 1.0)
