"""The simplex fit against its optimality conditions, a general solver and a known mixture."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from workbench.experiments.geo.synthetic_control import fit_synthetic_control, simplex_least_squares


@pytest.mark.parametrize(("periods", "donors"), [(60, 8), (90, 40), (20, 35)])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e6])
def test_weights_meet_the_conditions_of_the_optimum(periods: int, donors: int, scale: float) -> None:
    rng = np.random.default_rng(periods)
    design, target = scale * rng.normal(size=(periods, donors)), scale * rng.normal(size=periods)
    weights = simplex_least_squares(design, target)
    gradient = design.T @ (design @ weights - target)
    least = gradient.min()
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    # Karush, Kuhn, Tucker: the gradient is at its least wherever there is weight.
    np.testing.assert_allclose(gradient[weights > 0], least, atol=1e-6 * np.abs(gradient).max())


def test_weights_agree_with_a_general_solver() -> None:
    rng = np.random.default_rng(7)
    design, target = rng.normal(size=(50, 6)), rng.normal(size=50)
    oracle = minimize(
        lambda w: ((design @ w - target) ** 2).sum(),
        np.full(6, 1 / 6),
        jac=lambda w: 2 * design.T @ (design @ w - target),
        bounds=[(0, 1)] * 6,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    np.testing.assert_allclose(simplex_least_squares(design, target), oracle.x, atol=1e-5)


def test_a_mixture_of_donors_is_recovered_with_its_level() -> None:
    rng = np.random.default_rng(3)
    donors = rng.normal(100, 10, size=(40, 5))
    mixture = np.array([0.5, 0.0, 0.3, 0.2, 0.0])
    control = fit_synthetic_control(donors @ mixture + 1_000, donors)
    np.testing.assert_allclose(control.weights, mixture, atol=1e-9)
    assert control.level == pytest.approx(1_000)


def test_a_single_donor_gets_all_the_weight() -> None:
    control = fit_synthetic_control(np.array([1.0, 2.0, 4.0]), np.array([[1.0], [2.0], [3.0]]))
    np.testing.assert_allclose(control.weights, [1.0])
