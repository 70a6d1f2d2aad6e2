"""Plans for a goal with a probability, against normal and lognormal closed forms."""

import numpy as np
import pytest
from scipy.stats import norm

from tests.scenarios.modes.curves import box, frontier_of, lines, roots
from workbench.errors import InfeasiblePlan
from workbench.scenarios.solve.chance import Chances, sure_enough, surest

DRAWS = 400
SHARES = norm.ppf((np.arange(DRAWS) + 0.5) / DRAWS)


def chances_of(value, limits, goal, noise=None):
    needed = np.full((value.draws, 1), goal) if noise is None else goal - noise
    return Chances(frontier=frontier_of(value, limits), needed=needed)


def two_lines() -> np.ndarray:
    """Independent normal returns: 1.5 ± 0.9 and 1.3 ± 0.2."""
    rng = np.random.default_rng(5)
    return np.column_stack([1.5 + 0.9 * SHARES, 1.3 + 0.2 * rng.permutation(SHARES)])


def normal_chance(share: float, goal: float, budget: float) -> float:
    mean = 1.5 * share + 1.3 * (1 - share)
    spread = np.hypot(0.9 * share, 0.2 * (1 - share))
    return float(norm.cdf((mean - goal / budget) / spread))


@pytest.mark.parametrize("goal", [100.0, 118.0])
def test_the_surest_plan_is_not_the_one_with_the_highest_mean(goal):
    """Two normal returns: the best share of a budget of 100 for the riskier one, by search on the closed form."""
    chances = chances_of(lines(two_lines()), box(2, 100.0), goal)
    found = surest(chances, 100.0)
    grid = np.linspace(0, 1, 401)
    best = max(normal_chance(share, goal, 100.0) for share in grid)
    assert found.probability == pytest.approx(best, abs=0.03)
    assert found.most_likely >= found.probability
    assert found.probability > normal_chance(1.0, goal, 100.0) + 0.1


def test_in_one_channel_the_least_budget_is_a_quantile_of_the_draws():
    """k·(√(B + 100) − 10) ≥ g with probability p needs (g / k + 10)² − 100 at the quantile 1 − p of k, and no less,
    however much more the limits allow."""
    k = 20.0 * np.exp(0.3 * SHARES)
    chances = chances_of(roots(draws=k[:, None]), box(1, 1e8), 500.0)
    found = sure_enough(chances, 0.8, "the goal", "EUR")
    needed = (500.0 / (20.0 * np.exp(0.3 * norm.ppf(0.2))) + 10.0) ** 2 - 100.0
    assert found.budget == pytest.approx(needed, rel=0.02)
    assert found.probability >= 0.8
    assert needed * 0.97 <= found.proved <= found.budget
    assert found.most_likely == pytest.approx(0.8, abs=0.02)


def test_noise_around_the_plan_counts():
    """100 for sure and normal noise of 20 around it: 84.1% for a goal of 80."""
    noise = np.broadcast_to(20.0 * SHARES[None, :], (40, DRAWS))
    chances = chances_of(lines(np.ones((40, 1))), box(1, 100.0), 80.0, noise)
    found = surest(chances, 100.0)
    assert found.probability == pytest.approx(norm.cdf(1.0), abs=2e-3)
    assert found.most_likely == pytest.approx(norm.cdf(1.0), abs=2e-3)


def test_a_probability_out_of_reach_is_refused_with_what_is_reachable():
    k = 20.0 * np.exp(0.3 * SHARES)
    chances = chances_of(roots(draws=k[:, None]), box(1, 1125.0), 500.0)
    with pytest.raises(InfeasiblePlan, match=r"can't be reached with a probability of 80%: .*reaches it with 50%, and"):
        sure_enough(chances, 0.8, "the goal", "EUR")


def test_no_plan_exceeds_the_ceiling():
    rng = np.random.default_rng(11)
    chances = chances_of(roots(draws=rng.lognormal(3.0, 0.5, (200, 3))), box(3, 60.0), 215.0)
    found = surest(chances, 90.0)
    plans = rng.dirichlet([1, 1, 1], 2000) * 90.0
    tried = max(chances.of(np.minimum(plan, 60.0).reshape(1, 1, 3)) for plan in plans)
    assert tried <= found.most_likely
    assert found.probability >= tried - 0.01
