"""Both bounds against problems whose optimum is known, and against each other."""

import numpy as np
import pytest

from tests.scenarios.examples import curves_of, hill
from workbench.scenarios.certificate import dual_bound, grid_bound, upper_bound
from workbench.scenarios.limits import free_limits


def test_the_dual_bound_is_exact_for_concave_curves():
    """max √x + 2√y with x + y = 10 is √50."""
    curves = curves_of([np.sqrt, lambda x: 2 * np.sqrt(x)], 10.0)
    bound = dual_bound(curves, free_limits(curves.channels, np.full(2, 10.0)), 10.0)
    assert bound.value == pytest.approx(np.sqrt(50.0), rel=1e-5)


def test_the_dual_bound_is_loose_and_the_grid_bound_tight_where_curves_are_steps():
    """Two steps of height 1 at 6 with a budget of 10: one fits; the Lagrangian believes in 10/6 of them."""
    curves = curves_of([lambda x: (x >= 6).astype(float)] * 2, 10.0)
    limits = free_limits(curves.channels, np.full(2, 10.0))
    assert dual_bound(curves, limits, 10.0).value == pytest.approx(10 / 6, rel=5e-3)
    assert grid_bound(curves, limits, 10.0, cells=500).value == pytest.approx(1.0, abs=1e-3)
    assert upper_bound(curves, limits, 10.0, cells=500)[0].value == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("cells", [50, 200, 800])
def test_finer_cells_tighten_the_grid_bound_from_above(cells):
    curves = curves_of([hill(1.0, 4.0)] * 6, 5.0)
    limits = free_limits(curves.channels, np.full(6, 5.0))
    optimum = max(m * hill(1.0, 4.0)(np.array(5.0 / m)) for m in range(1, 7))
    bound = grid_bound(curves, limits, 5.0, cells=cells)
    assert optimum <= bound.value <= optimum * (1 + 30 / cells)
    assert bound.spend.sum() <= 5.0 + 1e-9


def test_a_budget_that_covers_only_the_least_spend_leaves_one_plan():
    curves = curves_of([np.sqrt, np.sqrt], 10.0)
    limits = free_limits(curves.channels, np.full(2, 10.0), np.array([4.0, 1.0]))
    for bound in upper_bound(curves, limits, 5.0, cells=100):
        assert bound.value == pytest.approx(3.0, rel=1e-4)
        np.testing.assert_allclose(bound.spend, [4.0, 1.0])
