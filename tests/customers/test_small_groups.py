"""No small group is shown, and none can be had by subtracting what is shown from known totals."""

from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import linprog

from workbench.customers.small_groups import hidden_cells, hidden_groups


def test_a_small_cell_takes_the_cheapest_cycle_along():
    """Of the four cycles through the cell of 3 customers that with 75, 70 and 100 hides the fewest."""
    counts = np.array([[100, 3, 180], [160, 200, 90], [70, 75, 300]])
    np.testing.assert_array_equal(
        hidden_cells(counts, 50), [[True, True, False], [False, False, False], [True, True, False]]
    )


def test_nothing_is_hidden_where_all_groups_are_large_or_empty():
    assert not hidden_cells(np.array([[50, 0], [0, 51]]), 50).any()
    assert not hidden_groups(np.array([50, 0, 700]), 50).any()


@pytest.mark.parametrize("seed", range(12))
def test_totals_don_t_give_a_small_cell_away(seed):
    """A linear program over all tables with the same totals and the same shown cells finds more than one value for each small cell."""
    rng = np.random.default_rng(seed)
    counts = rng.negative_binomial(0.5, 0.002, size=(5, 6))
    hidden = hidden_cells(counts, 50)
    small = (counts > 0) & (counts < 50)
    assert hidden[small].all()
    assert not hidden[counts == 0].any()
    for cell in np.argwhere(small):
        lone = (hidden[cell[0]].sum() == 1) or (hidden[:, cell[1]].sum() == 1)
        low, high = (bound(counts, hidden, cell, sign) for sign in (1, -1))
        assert high > low + 1e-6 or lone
        if lone:
            assert (counts[cell[0]] > 0).sum() == 1 or (counts[:, cell[1]] > 0).sum() == 1


def bound(counts: np.ndarray, hidden: np.ndarray, cell: np.ndarray, sign: int) -> float:
    places = np.argwhere(hidden)
    goal = sign * (places == cell).all(axis=1).astype(float)
    lines = [(places[:, 0] == i, (counts * hidden)[i].sum()) for i in range(counts.shape[0])]
    lines += [(places[:, 1] == j, (counts * hidden)[:, j].sum()) for j in range(counts.shape[1])]
    totals = np.array([line for line, _ in lines], dtype=float)
    found = linprog(goal, A_eq=totals, b_eq=[total for _, total in lines], bounds=(0, None))
    return sign * found.fun


@pytest.mark.parametrize("counts", list(combinations([3, 20, 49, 50, 80, 900], 4)))
def test_what_is_hidden_of_one_row_is_never_a_small_group(counts):
    known = np.array(counts)
    hidden = hidden_groups(known, 50)
    assert hidden[known < 50].all()
    assert not hidden.any() or (hidden.sum() >= 2 and known[hidden].sum() >= 50)
