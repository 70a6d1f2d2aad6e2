"""Groups too small to be shown, and what else must stay hidden so that they can't be worked out."""

from __future__ import annotations

import numpy as np


def hidden_cells(counts: np.ndarray, smallest: int) -> np.ndarray:
    """Which cells of a table of customers to hide where its rows' and columns' totals are known.

    A cell of fewer than `smallest` is hidden. So that none can be had by subtraction, the smallest other cells of its row and column are
    hidden too, until there are two hidden cells of at least `smallest` together. A row or column that is smaller as a whole is hidden as
    a whole: its total must not be shown either.

    Args:
        counts: Customers, shape (rows, columns); empty cells hide nothing and are not hidden.
        smallest: Customers that a group needs.

    Returns:
        Shape (rows, columns).
    """
    hidden = (counts > 0) & (counts < smallest)
    known = -1
    while known < hidden.sum():
        known = int(hidden.sum())
        _cover(counts, hidden, smallest)
        _cover(counts.T, hidden.T, smallest)
    return hidden


def _cover(counts: np.ndarray, hidden: np.ndarray, smallest: int) -> None:
    """Hide one more cell, in place, of each row whose hidden cells don't hide each other: one whose column hides some already, else
    the smallest."""
    for row, secret in zip(counts, hidden, strict=True):
        shown = np.flatnonzero((row > 0) & ~secret)
        alone = secret.sum() == 1 or 0 < row[secret].sum() < smallest
        if alone and len(shown):
            elsewhere = hidden.any(axis=0)
            secret[min(shown, key=lambda cell: (not elsewhere[cell], row[cell]))] = True
