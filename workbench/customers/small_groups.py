"""Groups too small to be shown, and what else must stay hidden so that they can't be worked out."""

from __future__ import annotations

import heapq

import numpy as np


def hidden_groups(counts: np.ndarray, smallest: int) -> np.ndarray:
    """Which groups to hide where only their total is known: those of fewer than `smallest`, and as many of the smallest others as it
    takes to hide two groups of `smallest` together.

    Args:
        counts: Customers, shape (groups,); empty groups hide nothing and are not hidden.
        smallest: Customers that a group needs.

    Returns:
        Shape (groups,).
    """
    hidden = (counts > 0) & (counts < smallest)
    for group in np.argsort(counts, kind="stable"):
        if hidden.any() and (hidden.sum() < 2 or counts[hidden].sum() < smallest):
            hidden[group] |= counts[group] > 0
    return hidden


def hidden_cells(counts: np.ndarray, smallest: int) -> np.ndarray:
    """Which cells of a table to hide where its rows' and columns' totals are known.

    A cell of fewer than `smallest` is hidden, and with it the cheapest cycle of cells through its row and column: what is hidden could be
    larger in every other cell of the cycle and smaller in those between, so that no total gives it away. A cell without such a cycle is
    the whole of a small row or column, whose total must not be shown either.

    Args:
        counts: Customers, shape (rows, columns); empty cells hide nothing and are not hidden.
        smallest: Customers that a group needs.

    Returns:
        Shape (rows, columns).

    References:
        Kelly, Golden, Assad (1992), Cell Suppression: Disclosure Protection for Sensitive Tabular Data.
    """
    hidden = (counts > 0) & (counts < smallest)
    for row, column in sorted(np.argwhere(hidden).tolist(), key=lambda cell: -counts[tuple(cell)]):
        for cell in _cheapest_way(counts, hidden, row, column):
            hidden[cell] = True
    return hidden


def _cheapest_way(counts: np.ndarray, hidden: np.ndarray, row: int, column: int) -> list[tuple[int, int]]:
    """Cells that lead from a row to a column by turns along rows and columns without their own cell, hiding the fewest more customers."""
    rows = len(counts)
    price = np.where(hidden, 0, counts)
    queue: list[tuple[float, int, list[tuple[int, int]]]] = [(0.0, row, [])]
    reached = set()
    while queue:
        spent, node, way = heapq.heappop(queue)
        if node == rows + column:
            return way
        if node in reached:
            continue
        reached.add(node)
        line = counts[node] if node < rows else counts[:, node - rows]
        for at in np.flatnonzero(line).tolist():
            cell, there = ((node, at), rows + at) if node < rows else ((at, node - rows), at)
            if cell != (row, column) and there not in reached:
                heapq.heappush(queue, (spent + float(price[cell]), there, [*way, cell]))
    return []
