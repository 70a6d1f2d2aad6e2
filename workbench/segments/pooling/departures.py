"""What parabolas miss of the cells' log likelihoods, and of which cells that is too much for draws that were made by parabolas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from workbench.segments.models.importance import smoothed_weights
from workbench.segments.models.purchase_model import PurchaseModel
from workbench.segments.pooling.cell_likelihoods import CellLikelihoods, cell_likelihoods
from workbench.segments.pooling.cells import Cells
from workbench.segments.summaries import Triples

# A part of a large cell says how the likelihood bends; how high it is doesn't matter.
MOST_HISTORIES = 2_000
LARGEST_PARETO_K = 0.7
# Pareto's k has no scale: weights that are nearly equal may have any. Then draws by parabolas are as good as exact ones.
LEAST_EFFECTIVE = 0.9


@dataclass(frozen=True, kw_only=True)
class Departures:
    """Log likelihoods less their parabolas, but for a constant.

    Attributes:
        histories: Of each cell, or an even part of them.
        parabolas: Of those histories.
        scale: Customers of a cell for each one in its part, shape (G,).
    """

    model: PurchaseModel
    histories: tuple[Triples, ...]
    parabolas: CellLikelihoods
    scale: np.ndarray

    def of(self, cell: int, point: np.ndarray) -> float:
        """Of one cell at the logarithms of its parameters, shape (P,); the order value has no part in it."""
        at = point[:-1]
        value = self.model.log_likelihood(np.exp(at), self.histories[cell])[0]
        information, linear = self.parabolas.information[cell, :-1, :-1], self.parabolas.linear[cell, :-1]
        return float(self.scale[cell] * (value - linear @ at + at @ information @ at / 2))

    def together(self, cells: Sequence[int], points: np.ndarray) -> float:
        """Of several cells; `points` is of all, shape (G, P)."""
        with np.errstate(all="ignore"):
            return sum(self.of(cell, points[cell]) for cell in cells)


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Importance weights of one cell's draws, its likelihood over its parabola.

    Attributes:
        pareto_k: How heavy their tail is.
        effective: Effective share of the draws, in (0, 1].
    """

    pareto_k: float
    effective: float

    @property
    def misled(self) -> bool:
        """Whether the parabola can't stand for the likelihood."""
        return not (self.pareto_k <= LARGEST_PARETO_K or self.effective >= LEAST_EFFECTIVE)


def departures(model: PurchaseModel, cells: Cells, likelihoods: CellLikelihoods) -> Departures:
    """What the parabolas of `likelihoods` miss."""
    parts = tuple(_part(each) for each in cells.histories)
    scale = np.array(
        [whole.customers.sum() / part.customers.sum() for whole, part in zip(cells.histories, parts, strict=True)]
    )
    parabolas = likelihoods
    if any(len(part) < len(whole) for part, whole in zip(parts, cells.histories, strict=True)):
        parabolas = cell_likelihoods(model, replace(cells, histories=parts), likelihoods.at[:, :-1])
    return Departures(model=model, histories=parts, parabolas=parabolas, scale=scale)


def weigh(departure: Departures, draws: np.ndarray) -> list[Weights]:
    """Weights of each cell's draws, shape (S, G, P).

    References:
        Vehtari et al. (2024), Pareto Smoothed Importance Sampling, JMLR 25.
    """
    return [
        _weights(np.array([departure.together([cell], points) for points in draws])) for cell in range(draws.shape[1])
    ]


def _weights(log_ratios: np.ndarray) -> Weights:
    finite = log_ratios[np.isfinite(log_ratios)]
    if len(finite) < len(log_ratios) / 2:
        return Weights(pareto_k=np.inf, effective=0.0)
    if np.ptp(finite) < 1e-6:
        return Weights(pareto_k=0.0, effective=len(finite) / len(log_ratios))
    weights, pareto_k = smoothed_weights(finite - finite.max())
    effective = weights.sum() ** 2 / (weights @ weights) / len(log_ratios)
    return Weights(pareto_k=pareto_k, effective=float(effective))


def _part(histories: Triples) -> Triples:
    step = -(-len(histories) // MOST_HISTORIES)
    return histories if step <= 1 else histories.take(slice(step // 2, None, step))
