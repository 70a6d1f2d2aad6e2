"""Rows that add up some of a plan's cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

type Cell = tuple[int | slice | list[int], ...]


def cell_sums(shape: tuple[int, ...], parts: Sequence[Cell]) -> sparse.csr_array:
    """One row a part, which is an index into an array of `shape`: shape (R, H·M·C)."""
    number = np.arange(int(np.prod(shape))).reshape(shape)
    columns = [np.atleast_1d(number[part]).ravel() for part in parts]
    return weighted_rows(number.size, [(cells, np.ones(len(cells))) for cells in columns])


def weighted_rows(size: int, rows: Sequence[tuple[np.ndarray, np.ndarray]]) -> sparse.csr_array:
    """Rows from the columns and weights of each, shape (R, size)."""
    starts = np.cumsum([0, *(len(columns) for columns, _ in rows)])
    columns = np.concatenate([np.empty(0, dtype=int), *(columns for columns, _ in rows)]).astype(int)
    weights = np.concatenate([np.empty(0), *(weights for _, weights in rows)])
    return sparse.csr_array((weights, columns, starts), shape=(len(rows), size))
