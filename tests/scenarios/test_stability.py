"""Ties are called ties."""

import numpy as np

from tests.scenarios.examples import curves_of, hill
from workbench.scenarios.allocate import allocate
from workbench.scenarios.checks import stability
from workbench.scenarios.limits import free_limits
from workbench.scenarios.objective import RiskDial
from workbench.scenarios.stability import largest_flip

DIAL = RiskDial(0.0)


def test_two_all_or_nothing_channels_of_equal_worth_are_a_tie():
    """The budget feeds one of two identical S-shaped channels; the slightest edge decides which."""
    curves = curves_of([hill(3.0, 6.0)] * 2, 5.0)
    limits = free_limits(curves.channels, np.full(2, 5.0))
    flip = largest_flip(curves, limits, 5.0, allocate(curves, limits, 5.0), DIAL)
    assert flip.moved > 4.0
    assert {flip.giver, flip.taker} == {"c0", "c1"}
    check = stability(flip, 5.0, "EUR")
    assert check.passed is False
    assert "tied" in check.detail


def test_a_smooth_optimum_moves_as_much_as_its_first_order_condition_says():
    """With √x and 2√y, shares are k²/Σk²: 1% more on the second moves 0.0032 of the budget."""
    curves = curves_of([np.sqrt, lambda x: 2 * np.sqrt(x)], 10.0)
    limits = free_limits(curves.channels, np.full(2, 10.0))
    flip = largest_flip(curves, limits, 10.0, allocate(curves, limits, 10.0), DIAL)
    expected = 10 * (2.02**2 / (1 + 2.02**2) - 0.8)
    assert abs(flip.moved - expected) < 0.01
    assert stability(flip, 10.0, "EUR").passed
