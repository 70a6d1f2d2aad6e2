"""Where other libraries' planners went wrong, as cases that ours must get right; each is named by its report.

PyMC-Marketing kept the uniform split on ten identical S-shaped channels (worth 1.13, while 2.67 could be had) and said success;
Meridian's search stops at the first jump that would overshoot the budget and leaves the money; Robyn's search for a target
efficiency steps the wrong way.
"""

import itertools

import numpy as np
import pytest

from tests.scenarios.examples import hill
from tests.scenarios.response.worlds import cells_of, free_limits, limits_of, random_response
from workbench.mmm import ResponseModel
from workbench.scenarios.problem import Limits, Rule
from workbench.scenarios.problem.rows import budget_rule
from workbench.scenarios.response import media_value
from workbench.scenarios.solve import PATIENT, solve
from workbench.scenarios.solve.frontier import Frontier
from workbench.scenarios.solve.modes import target_return

INSTANT = 0.01  # weeks in which half of the effect has come: all of it in its own week


def hills(half, slope, largest, *, weeks_before=None) -> ResponseModel:
    """Known Hill curves of channels in one market, all of whose effect comes at once."""
    half, slope, largest = (np.asarray(each, dtype=float)[None] for each in (half, slope, largest))
    channels = half.shape[1]
    history = np.zeros((2, 1, channels)) if weeks_before is None else np.asarray(weeks_before, dtype=float)
    return ResponseModel(
        markets=("all",),
        channels=tuple(f"c{index}" for index in range(channels)),
        saturation=("hill",) * channels,
        adstock=("geometric",) * channels,
        carry_over_weeks=1,
        half_life=np.full((1, channels), INSTANT),
        carry_over_shape=np.ones((1, channels)),
        half_saturation=half[:, None],
        slope=slope,
        coefficient=largest[:, None],
        effectiveness=np.zeros((1, channels, 0)),
        effectiveness_ramps=np.zeros((0, 2)),
        exposure_per_spend=np.ones((1, channels)),
        value_per_kpi=np.ones(1),
        spend_history=history,
        exposure_history=history,
    )


def planned(response: ResponseModel, limits: Limits, *, weeks=1, starts=(), effort=PATIENT):
    return solve(media_value(response, cells_of(response, weeks), limits), limits, starts=starts, effort=effort)


class TestTheUniformSplitOfTenChannelsInSShape:
    """Slope 3 and a budget of 5.04 half-saturations: evenly 1.13, on four channels 2.67."""

    BUDGET = 5.04
    BEST = 4 * hill(1.0, 3.0)(np.array(BUDGET / 4))
    UNIFORM = 10 * hill(1.0, 3.0)(np.array(BUDGET / 10))

    def test_the_case_is_the_one_that_was_reported(self):
        assert pytest.approx(1.13, abs=0.006) == self.UNIFORM
        assert pytest.approx(2.67, abs=0.006) == self.BEST
        assert max(m * hill(1.0, 3.0)(np.array(self.BUDGET / m)) for m in range(1, 11)) == self.BEST

    def test_the_weekly_planner_leaves_it(self):
        response = hills([1.0] * 10, [3.0] * 10, [1.0] * 10)
        limits = free_limits((1, 1, 10), self.BUDGET, self.BUDGET)
        plan = planned(response, limits, starts=[np.full((1, 1, 10), self.BUDGET / 10)])
        assert plan.judged == pytest.approx(self.BEST, rel=1e-3)
        assert plan.bound >= self.BEST * (1 - 1e-9)
        assert (plan.spend > 0.01 * self.BUDGET).sum() == 4
        assert plan.gap < 1e-6

    def test_it_doesnt_depend_on_whose_draws_agree(self):
        """With draws of differing steepness the uniform split is a stationary point as well."""
        one = hills([1.0] * 10, [3.0] * 10, [1.0] * 10)
        slopes = np.linspace(2.6, 3.4, 9)[:, None] * np.ones(10)
        response = ResponseModel(**{**vars_of(one, 9), "slope": slopes})
        limits = free_limits((1, 1, 10), self.BUDGET, self.BUDGET)
        plan = planned(response, limits, starts=[np.full((1, 1, 10), self.BUDGET / 10)])
        best = max(m * np.mean([hill(1.0, s)(np.array(self.BUDGET / m)) for s in slopes[:, 0]]) for m in range(1, 11))
        assert plan.judged >= best * (1 - 1e-3)


def vars_of(response: ResponseModel, draws: int) -> dict[str, object]:
    """Its fields, each draw as often as asked for."""
    by_draw = ("half_life", "carry_over_shape", "half_saturation", "slope", "coefficient", "effectiveness")
    fields = {name: getattr(response, name) for name in response.__dataclass_fields__}
    return fields | {name: np.repeat(fields[name], draws, axis=0) for name in by_draw}


def greedy_until_it_overshoots(functions, budget: float, grid: np.ndarray) -> np.ndarray:
    """Take the jump with the best return on its money, and stop as soon as one would cost more than is left."""
    spend = np.zeros(len(functions))
    while True:
        jumps = [
            ((function(to) - function(spend[c])) / (to - spend[c]), c, to)
            for c, function in enumerate(functions)
            for to in grid[grid > spend[c] + 1e-12]
        ]
        if not jumps:
            return spend
        gain, channel, to = max(jumps)
        if gain <= 0 or spend.sum() - spend[channel] + to > budget:
            return spend
        spend[channel] = to


class TestMoneyLeftBehindAJump:
    """Two steep channels whose best jump is large, and a gentle one that would take what is left."""

    CURVES = (hill(4.0, 6.0, 10.0), hill(4.0, 6.0, 9.5), hill(3.0, 1.0, 3.0))
    BUDGET = 8.0

    def best(self):
        grid = np.linspace(0, self.BUDGET, 161)
        pairs = itertools.product(grid, grid)
        plans = np.array([(a, b, self.BUDGET - a - b) for a, b in pairs if a + b <= self.BUDGET])
        values = sum(curve(plans[:, c]) for c, curve in enumerate(self.CURVES))
        return float(values.max())

    def test_a_search_that_stops_at_the_first_overshoot_leaves_a_quarter(self):
        spend = greedy_until_it_overshoots(self.CURVES, self.BUDGET, np.linspace(0, 8, 81))
        assert self.BUDGET - spend.sum() > 0.25 * self.BUDGET
        assert sum(curve(at) for curve, at in zip(self.CURVES, spend, strict=True)) < 0.95 * self.best()

    def test_ours_spends_it_all_and_is_the_best_of_all(self):
        response = hills([4.0, 4.0, 3.0], [6.0, 6.0, 1.0], [10.0, 9.5, 3.0])
        plan = planned(response, free_limits((1, 1, 3), self.BUDGET, self.BUDGET))
        assert plan.unspent == pytest.approx(0.0, abs=1e-6)
        assert plan.judged >= self.best() * (1 - 1e-4)
        assert plan.bound >= self.best() * (1 - 1e-9)


class TestTargetEfficiency:
    """Two saturating channels: the most that is caused while all money returns at least so much on average."""

    LARGEST, HALF = np.array([30.0, 12.0]), np.array([4.0, 2.0])

    def most_spend(self, target: float) -> float:
        """Of all plans on a fine grid whose average return is the target or better, the one that causes the most."""
        grid = np.linspace(0, 40, 1601)
        first, second = np.meshgrid(grid, grid, indexing="ij")
        value = self.LARGEST[0] * first / (first + self.HALF[0]) + self.LARGEST[1] * second / (second + self.HALF[1])
        spend = first + second
        value = np.where(value >= target * spend, value, -1.0)
        at = np.unravel_index(value.argmax(), value.shape)
        return float(spend[at])

    @pytest.mark.parametrize("target", [1.5, 2.5, 4.0])
    def test_the_average_return_is_the_target_and_no_plan_spends_more(self, target):
        response = hills(self.HALF, [1.0, 1.0], self.LARGEST)
        limits = free_limits((1, 1, 2), 40.0, 80.0)
        value = media_value(response, cells_of(response, 1), limits)
        found = target_return(Frontier(value=value, limits=limits), target, lambda roas: f"a return of {roas}")
        assert found.reached >= target * (1 - 1e-6)
        assert found.budget == pytest.approx(self.most_spend(target), rel=0.01)
        assert found.proved >= found.budget * (1 - 1e-9)

    def test_a_higher_target_never_spends_more(self):
        response = hills(self.HALF, [1.0, 1.0], self.LARGEST)
        limits = free_limits((1, 1, 2), 40.0, 80.0)
        frontier = Frontier(value=media_value(response, cells_of(response, 1), limits), limits=limits)
        spent = [target_return(frontier, target, str).budget for target in (1.5, 2.0, 3.0, 5.0)]
        assert spent == sorted(spent, reverse=True)


@pytest.mark.parametrize("seed", range(6))
def test_a_plan_is_never_below_what_was_spent_before(seed):
    """Robyn#1002: an optimised plan worth less than the one that it began with."""
    response = random_response(channels=4, markets=2, draws=12, slope=2.0, seed=seed)
    cells = cells_of(response, 6)
    limits = limits_of(cells, least=0.5, most=1.5)
    value = media_value(response, cells, limits)
    plan = solve(value, limits, starts=[cells.reference])
    assert plan.judged >= value.worth(cells.reference).mean() * (1 - 1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_the_whole_budget_is_spent_where_more_pays(seed):
    """Robyn#344, meridian#1080: returns rise everywhere, so money left over is value left over."""
    response = random_response(channels=3, draws=8, slope=1.0, seed=seed)
    cells = cells_of(response, 4)
    limits = limits_of(cells, most=1.8, budget=1.3)
    plan = planned(response, limits, weeks=4)
    assert plan.spend.sum() == pytest.approx(limits.budget, rel=1e-6)
    assert plan.unspent == pytest.approx(0.0, abs=1e-6 * limits.budget)


def test_each_week_keeps_its_own_budget():
    """pymc-marketing#2048: a budget a week instead of one for all."""
    response = random_response(channels=3, draws=8, seed=2)
    cells = cells_of(response, 4)
    total, share = float(cells.reference.sum()), np.array([0.1, 0.4, 0.3, 0.2])
    weeks = np.zeros((4, cells.reference.size))
    for week in range(4):
        weeks[week, week * 3 : (week + 1) * 3] = 1.0
    from scipy import sparse

    rule = Rule(
        name="weeks",
        reason="budgets of weeks",
        kind="period",
        rows=sparse.csr_array(weeks),
        lower=np.full(4, -np.inf),
        upper=share * total,
        size=total,
    )
    upper = np.full(cells.shape, total)
    limits = Limits(lower=np.zeros(cells.shape), upper=upper, rules=(budget_rule(upper.size, total), rule))
    plan = planned(response, limits, weeks=4)
    assert np.all(plan.spend.sum(axis=(1, 2)) <= share * total * (1 + 1e-9))
    assert plan.spend.sum() == pytest.approx(total, rel=1e-6)


def test_what_past_weeks_still_do_counts():
    """pymc-marketing#2545: the same channel twice, one of them fresh from a burst: its next week is worth less."""
    response = random_response(channels=2, draws=6, lags=6, slope=1.0, seed=4)
    twins = {
        name: np.repeat(each[..., :1], 2, axis=-1)
        for name in ("half_life", "carry_over_shape", "half_saturation", "slope", "coefficient", "exposure_per_spend")
        if (each := getattr(response, name)) is not None
    }
    history = np.stack([np.full((9, 1), 5.0), np.full((9, 1), 0.1)], axis=-1)
    fields = {name: getattr(response, name) for name in response.__dataclass_fields__}
    fields |= twins | {"half_life": np.full((6, 2), 3.0), "spend_history": history, "exposure_history": history}
    twin = ResponseModel(**fields)
    limits = free_limits((3, 1, 2), 3.0, 6.0)
    plan = planned(twin, limits, weeks=3)
    burst, fresh = plan.spend.sum(axis=(0, 1))
    assert fresh > burst * 1.05
    value = media_value(twin, cells_of(twin, 3), limits)
    assert plan.judged > value.worth(np.full((3, 1, 2), 1.0)).mean()
