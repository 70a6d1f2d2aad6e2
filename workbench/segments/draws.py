"""What histories are expected to bring at several parameters.

A few histories at a time are evaluated at all of them, put to use and forgotten: memory never holds parameters × customers, and what
is worked on stays in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from threadpoolctl import threadpool_limits

from workbench.ahead import map_ahead
from workbench.segments.models.gamma_gamma import expected_value
from workbench.segments.models.purchase_model import PurchaseModel
from workbench.segments.summaries import Triples
from workbench.segments.uncertainty import Points
from workbench.segments.value import Horizon

INTERPOLATION_NODES = 16
# Of a matrix of parameters and histories.
CELLS_AT_ONCE, LEAST_HISTORIES = 150_000, 2_000


@threadpool_limits.wrap(limits=1, user_api="blas")
def log_errors(model: PurchaseModel, points: Points, triples: Triples, horizon: Horizon) -> np.ndarray:
    """Standard error of the logarithm of each history's expected purchases, shape (K,)."""
    found = purchases_by_draw(
        model,
        points.parameters,
        triples,
        horizon,
        lambda _, alive, if_alive: points.log_error(alive * if_alive),
    )
    return np.concatenate(list(found))


@threadpool_limits.wrap(limits=1, user_api="blas")
def totals_by_draw(
    model: PurchaseModel,
    draws: np.ndarray,
    triples: Triples,
    horizon: Horizon,
    weights: Callable[[slice], np.ndarray],
    group: np.ndarray,
    groups: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Add up expectations by group, for each of several parameters.

    Args:
        weights: What a purchase counts, summed over the customers of each of some histories, shape (k,), or (draws, k) if it differs.
        group: Group of each history, in [0, groups), shape (K,).

    Returns:
        Totals as expected, and as they would be if everybody were active, each of shape (draws, groups).
    """

    def add_up(part: slice, alive: np.ndarray, if_alive: np.ndarray) -> np.ndarray:
        if_active = if_alive * weights(part)
        sums = [np.bincount(group[part], weights=row, minlength=groups) for row in (*(alive * if_active), *if_active)]
        return np.array(sums).reshape(2, len(draws), groups)

    expected, if_active = np.sum(list(purchases_by_draw(model, draws, triples, horizon, add_up)), axis=0)
    return expected, if_active


def spend_by_draw(
    draws: np.ndarray, frequency: np.ndarray, customers: np.ndarray, monetary_value: np.ndarray
) -> np.ndarray:
    """For each draw of Gamma-Gamma: expected value of a purchase, summed over the history's customers, shape (draws, K)."""
    mean, (rows, position) = monetary_value / customers, _different(draws)
    return np.array([customers * expected_value(row, frequency, mean) for row in rows])[position]


def purchases_by_draw[Made](
    model: PurchaseModel,
    draws: np.ndarray,
    triples: Triples,
    horizon: Horizon,
    use: Callable[[slice, np.ndarray, np.ndarray], Made],
) -> Iterator[Made]:
    """What `use` makes of some histories after the others: which, P(alive), and discounted purchases of a customer who is.

    Both are of shape (draws, k). A row of `draws` that repeats the one before it costs nothing. Purchases of survivors are smooth in
    age: each row evaluates them at Chebyshev nodes for every frequency and interpolates the logarithm, which costs a hundredth and
    errs by less than a hundred-thousandth.
    """
    rows, position = _different(draws)
    nodes, basis = chebyshev_in_log(triples.ages, INTERPOLATION_NODES)
    grid = np.broadcast_to(nodes, (len(triples.levels), len(nodes)))

    def at_nodes(parameters: np.ndarray) -> np.ndarray:
        cumulative = model.purchases_if_alive(parameters, triples.levels, grid, horizon.times)
        return np.log(np.einsum("jla,j->la", cumulative, horizon.weights))

    logarithms = list(map_ahead(at_nodes, rows))

    def evaluate(part: slice) -> Made:
        some = triples.take(part)
        levels, level = np.unique(some.level, return_inverse=True)
        tables = (np.exp(each[levels] @ basis.T) for each in logarithms)
        if_alive = np.array([table[level, some.age_position] for table in tables])
        alive = np.array([model.probability_alive(parameters, some) for parameters in rows])
        return use(part, alive[position], if_alive[position])

    size = max(CELLS_AT_ONCE // len(draws), LEAST_HISTORIES)
    yield from map_ahead(evaluate, [slice(at, at + size) for at in range(0, len(triples), size)])


def _different(draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows that differ from the one before, and the position of each row's among them."""
    differs = np.append(True, (draws[1:] != draws[:-1]).any(axis=1))
    return draws[differs], np.cumsum(differs) - 1


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
