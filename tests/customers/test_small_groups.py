"""No small group is shown, and none can be had by subtracting what is shown from known totals."""

import numpy as np
import pytest

from workbench.customers.small_groups import hidden_cells


def test_a_small_cell_takes_another_of_its_row_and_column_along():
    counts = np.array([[100, 3, 80], [60, 200, 90], [70, 75, 300]])
    np.testing.assert_array_equal(
        hidden_cells(counts, 50), [[False, True, True], [False, False, False], [False, True, True]]
    )


def test_nothing_is_hidden_where_all_groups_are_large_or_empty():
    assert not hidden_cells(np.array([[50, 0], [0, 51]]), 50).any()


@pytest.mark.parametrize("seed", range(20))
def test_what_is_hidden_is_never_fewer_than_a_group_needs(seed):
    rng = np.random.default_rng(seed)
    counts = rng.negative_binomial(0.4, 0.002, size=(6, 8))
    hidden = hidden_cells(counts, 50)
    assert not hidden[counts == 0].any()
    assert hidden[(counts > 0) & (counts < 50)].all()
    for table, secret in ((counts, hidden), (counts.T, hidden.T)):
        for row, concealed in zip(table, secret, strict=True):
            together = row[concealed].sum()
            enough = together >= 50 and concealed.sum() > 1
            assert not concealed.any() or enough or concealed[row > 0].all()
