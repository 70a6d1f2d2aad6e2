"""What histories are expected to bring at several parameters, one after the other.

Each is evaluated, added up and forgotten: memory grows with histories, never with parameters × customers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from threadpoolctl import threadpool_limits

from workbench.ahead import map_ahead
from workbench.segments.models.gamma_gamma import expected_value
from workbench.segments.models.purchase_model import PurchaseModel
from workbench.segments.summaries import Triples
from workbench.segments.value import Horizon

INTERPOLATION_NODES = 16


@threadpool_limits.wrap(limits=1, user_api="blas")
def totals_by_draw(
    purchases: Iterable[tuple[np.ndarray, np.ndarray]], weights: Iterable[np.ndarray], group: np.ndarray, groups: int
) -> tuple[np.ndarray, np.ndarray]:
    """Add up expectations by group, for each of several parameters.

    Args:
        purchases: For each, P(alive) and purchases if alive, each of shape (K,); see `purchases_by_draw`.
        weights: For each, what a purchase counts, summed over the history's customers, shape (K,).
        group: Group of each history, in [0, groups), shape (K,).

    Returns:
        Totals as expected, and as they would be if everybody were active, each of shape (parameters, groups).
    """
    expected, if_active = [], []
    for (alive, if_alive), weight in zip(purchases, weights, strict=True):
        worth = if_alive * weight
        expected.append(np.bincount(group, weights=alive * worth, minlength=groups))
        if_active.append(np.bincount(group, weights=worth, minlength=groups))
    return np.array(expected), np.array(if_active)


def spend_by_draw(
    draws: np.ndarray, frequency: np.ndarray, customers: np.ndarray, monetary_value: np.ndarray
) -> Iterator[np.ndarray]:
    """For each draw of Gamma-Gamma: expected value of a purchase, summed over the history's customers."""
    mean = monetary_value / customers
    for parameters in draws:
        yield customers * expected_value(parameters, frequency, mean)


def purchases_by_draw(
    model: PurchaseModel, draws: np.ndarray, triples: Triples, horizon: Horizon
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each row of `draws` and each history: P(alive), and discounted purchases of a customer who is, each of shape (K,).

    A row that repeats the one before it costs nothing. Purchases of survivors are smooth in age: each row evaluates them at Chebyshev nodes for every frequency and
    interpolates the logarithm, which costs a hundredth and errs by less than a hundred-thousandth.
    """
    levels, ages = triples.levels, triples.ages
    nodes, basis = chebyshev_in_log(ages, INTERPOLATION_NODES)
    grid = np.broadcast_to(nodes, (len(levels), len(nodes)))

    def evaluate(parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        cumulative = model.purchases_if_alive(parameters, levels, grid, horizon.times)
        at_nodes = np.einsum("jla,j->la", cumulative, horizon.weights)
        if_alive = np.exp(np.log(at_nodes) @ basis.T)[triples.level, triples.age_position]
        return model.probability_alive(parameters, triples), if_alive

    differs = [not row or not np.array_equal(draws[row], draws[row - 1]) for row in range(len(draws))]
    evaluated = map_ahead(evaluate, draws[differs])
    for new in differs:
        if new:
            current = next(evaluated)
        yield current


@threadpool_limits.wrap(limits=1, user_api="blas")
def cumulative_by_draw(model: PurchaseModel, draws: np.ndarray, triples: Triples, times: np.ndarray) -> np.ndarray:
    """Expected purchases of all customers together within each of `times`, shape (draws, J)."""
    levels, ages = triples.levels, triples.ages
    nodes, basis = chebyshev_in_log(ages, INTERPOLATION_NODES)
    grid = np.broadcast_to(nodes, (len(levels), len(nodes)))
    cell, cells, totals = triples.level * len(ages) + triples.age_position, len(levels) * len(ages), []
    for parameters in draws:
        alive = triples.customers * model.probability_alive(parameters, triples)
        survivors = np.bincount(cell, weights=alive, minlength=cells).reshape(len(levels), len(ages))
        at_nodes = model.purchases_if_alive(parameters, levels, grid, times)
        totals.append(np.einsum("jln,ln->j", at_nodes, survivors @ basis))
    return np.array(totals)


def chebyshev_in_log(ages: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes in age, equally fine for young and old, and the matrix (ages, nodes) that interpolates between them.

    References:
        Berrut, Trefethen (2004), Barycentric Lagrange Interpolation.
    """
    scale = max(1e-9, 0.01 * float(ages.max()))
    position = np.log1p(ages / scale)
    low, high = position.min(), max(position.max(), position.min() + 1e-3)
    angles = np.pi * np.arange(count) / (count - 1)
    nodes = (low + high) / 2 + (high - low) / 2 * np.cos(angles)
    signs = (-1.0) ** np.arange(count)
    signs[[0, -1]] /= 2
    distance = position[:, None] - nodes
    hit = np.abs(distance) < 1e-13
    terms = np.where(hit.any(axis=1, keepdims=True), hit, signs / np.where(hit, 1.0, distance))
    return scale * np.expm1(nodes), terms / terms.sum(axis=1, keepdims=True)
