import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from workbench.experiments.sequential.group_sequential import (
    GroupSequential,
    crossing_probability,
    obrien_fleming_spending,
    spending_bounds,
)


def test_obrien_fleming_spending_bounds_are_lan_and_demets() -> None:
    """Five even looks, two-sided 0.05: published in Reboussin, DeMets, Kim, Lan (2000) and by R's ldbounds."""
    times = (0.2, 0.4, 0.6, 0.8, 1.0)
    bounds = spending_bounds(times, [obrien_fleming_spending(time, 0.05) for time in times])
    assert bounds == pytest.approx((4.8769, 3.3569, 2.6803, 2.2898, 2.0310), abs=2e-4)


def test_quadratic_spending_bounds_are_spotifys(shared_data: Path) -> None:
    published = json.loads((shared_data / "experiments" / "reference.json").read_text())["group_sequential_spotify"]
    spent = [published["alpha"] * time**2 for time in published["t"]]
    assert spending_bounds(published["t"], spent) == pytest.approx(published["z"], abs=1e-4)


@pytest.mark.parametrize(
    ("looks", "obrien_fleming", "pocock"),
    [(2, 1.977, 2.178), (5, 2.040, 2.413), (10, 2.087, 2.555), (20, 2.126, 2.672)],
)
def test_classical_constants_spend_five_percent(looks: int, obrien_fleming: float, pocock: float) -> None:
    """Jennison and Turnbull (2000), tables 2.1 and 2.3."""
    times = np.arange(1, looks + 1) / looks
    assert crossing_probability(times, obrien_fleming / np.sqrt(times)) == pytest.approx(0.05, abs=1.2e-4)
    assert crossing_probability(times, np.full(looks, pocock)) == pytest.approx(0.05, abs=1.2e-4)


def test_two_looks_are_the_bivariate_normal() -> None:
    first, last = spending_bounds((0.5, 1.0), (0.01, 0.05))
    joint = stats.multivariate_normal(cov=[[1, np.sqrt(0.5)], [np.sqrt(0.5), 1]])
    inside = joint.cdf([first, last], lower_limit=[-first, -last])
    assert 1 - inside == pytest.approx(0.05, abs=1e-5)
    assert first == pytest.approx(stats.norm.isf(0.005))


def test_one_look_is_the_fixed_horizon() -> None:
    only = GroupSequential(looks=(1.0,), final=True, alpha=0.05)
    assert only.critical(0.05) == pytest.approx(stats.norm.isf(0.025))
    assert only.p_value(2.5) == pytest.approx(2 * stats.norm.sf(2.5), rel=2e-3)


@pytest.mark.parametrize("times", [(0.3,), (0.5, 0.75), (0.25, 0.5, 1.0)])
def test_p_value_and_bound_never_contradict(times: tuple[float, ...]) -> None:
    look = GroupSequential(looks=times, final=times[-1] == 1.0, alpha=0.05)
    for alpha in (0.007, 0.05):
        assert look.p_value(look.critical(alpha)) == pytest.approx(alpha, rel=2e-3)
    assert look.p_value(0.0) == 1.0


@pytest.mark.parametrize("size", [0.8, 1.3])
def test_a_last_look_of_another_size_still_errs_in_five_percent(size: float) -> None:
    bounds = [GroupSequential(looks=(0.5,), final=False, alpha=0.05).critical(0.05)]
    bounds.append(GroupSequential(looks=(0.5, size), final=True, alpha=0.05).critical(0.05))
    assert crossing_probability((0.5, size), bounds) == pytest.approx(0.05, abs=1e-6)


def test_one_bound_for_a_look_that_may_be_late_costs_little() -> None:
    """All readings of a look together spend what the look may; a look on time alone has the lower, published bound."""
    late = GroupSequential(looks=((0.5, 0.55, 0.6),), final=False, alpha=0.05)
    on_time = GroupSequential(looks=(0.5,), final=False, alpha=0.05)
    assert crossing_probability([(0.5, 0.55, 0.6)], [late.critical(0.05)]) == pytest.approx(
        obrien_fleming_spending(0.5, 0.05), rel=1e-6
    )
    assert 1.02 < late.critical(0.05) / on_time.critical(0.05) < 1.06
