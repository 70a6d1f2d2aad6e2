"""Plans against problems whose optimum is known, and their bounds against every plan that can be tried."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import brentq, linprog
from scipy.stats import norm

from tests.scenarios.response.worlds import cells_of, free_limits, limits_of, random_response
from workbench.errors import InfeasiblePlan
from workbench.scenarios.objective import VOLUME, Objective, RiskDial
from workbench.scenarios.problem import Rule, Switch, Tangent
from workbench.scenarios.response import media_value
from workbench.scenarios.solve import BRISK, PATIENT, THOROUGH, linear_max, most_under, solve
from workbench.scenarios.solve.projection import polytope_of
from workbench.scenarios.solve.switched import switched


class Curves:
    """A value that is a sum of known concave functions of the channels' totals."""

    def __init__(self, function, derivative, scales=(1.0,)):
        self.function, self.derivative, self.scales = function, derivative, np.asarray(scales)

    @property
    def draws(self):
        return len(self.scales)

    def worth(self, spend):
        return self.scales * float(self.function(spend).sum())

    def gradient(self, spend, weights):
        return float(weights @ self.worth(spend)), float(weights @ self.scales) * self.derivative(spend)

    def tangent(self, spend, weights):
        value, slope = self.gradient(spend, weights)
        return Tangent(constant=value - float(np.vdot(slope, spend)), slope=slope)

    def within(self, limits):
        return self

    def thinned(self, draws):
        return self


def roots(k, free=1e-12):
    k = np.asarray(k, dtype=float).reshape(1, 1, -1)
    return Curves(lambda x: k * np.sqrt(x + free), lambda x: 0.5 * k / np.sqrt(x + free))


def test_square_roots_share_a_budget_by_their_squares():
    """max Σ k √x with Σ x = B is √(B Σ k²), at x = B k² / Σ k², each euro returning √(Σ k² / B) / 2."""
    k, budget = np.array([1.0, 2.0, 3.0]), 7.0
    plan = solve(roots(k), free_limits((1, 1, 3), budget, budget))
    assert plan.judged == pytest.approx(np.sqrt(budget * (k**2).sum()), rel=1e-6)
    assert plan.judged <= plan.bound <= plan.judged * (1 + 1e-4)
    np.testing.assert_allclose(plan.spend.ravel(), budget * k**2 / (k**2).sum(), rtol=2e-3)
    assert plan.multipliers["budget"] == pytest.approx(np.sqrt((k**2).sum() / budget) / 2, rel=1e-3)


def test_logarithms_fill_to_the_same_level():
    """max Σ a log(1 + x): water-filling, x + 1 in proportion to a."""
    a = np.array([1.0, 2.0, 4.0]).reshape(1, 1, 3)
    value = Curves(lambda x: a * np.log1p(x), lambda x: a / (1 + x))
    plan = solve(value, free_limits((1, 1, 3), 20.0, 11.0))
    np.testing.assert_allclose(plan.spend.ravel(), np.array([1, 2, 4]) * 2.0 - 1, atol=0.01)


def test_profit_leaves_money_unspent_where_it_returns_less_than_it_costs():
    """max m Σ k √x − Σ x is m² Σ k² / 4 at x = (m k / 2)²."""
    k, margin = np.array([1.0, 2.0]), 0.8
    plan = solve(roots(k), free_limits((1, 1, 2), 50.0, 50.0), Objective(margin=margin, cost=1.0))
    assert plan.judged == pytest.approx(margin**2 * (k**2).sum() / 4, rel=1e-5)
    np.testing.assert_allclose(plan.spend.ravel(), (margin * k / 2) ** 2, rtol=5e-3)
    assert plan.unspent == pytest.approx(50 - plan.spend.sum())
    assert plan.judged <= plan.bound + 1e-12 <= plan.judged * (1 + 1e-3)


def test_a_linear_response_with_carry_over_is_a_linear_programme():
    """Against linprog with the adstock's matrix written out, budget and a rule on the second half of the weeks."""
    response = random_response(channels=3, lags=4, draws=6, forms=("none",) * 3, seed=5)
    cells = cells_of(response, 8)
    late = np.zeros(cells.shape)
    late[4:] = 1.0
    half = Rule(
        name="late",
        reason="",
        kind="period",
        rows=sparse.csr_array(late.reshape(1, -1)),
        lower=np.array([-np.inf]),
        upper=np.array([0.4 * cells.reference.sum()]),
        size=1.0,
    )
    limits = limits_of(cells, least=0.2, most=1.8, rules=[half])
    scale = response.coefficient * response.exposure_per_spend * response.value_per_kpi[:, None]
    matrix = np.zeros((8 + 4, 8, 3))
    for c in range(3):
        for u in range(8):
            matrix[u : u + 5, u, c] += (response.lag_weights[c] * scale[:, 0, c, None]).mean(axis=0)
    best = linprog(
        -matrix.sum(axis=0).ravel(),
        A_ub=limits.rows.toarray(),
        b_ub=limits.row_upper,
        bounds=np.column_stack([limits.lower.ravel(), limits.upper.ravel()]),
    )
    plan = solve(media_value(response, cells, limits), limits)
    assert plan.judged == pytest.approx(-best.fun, rel=1e-6)
    assert plan.bound == pytest.approx(-best.fun, rel=1e-6)
    dual = dict(zip(limits.row_rule, -best.ineqlin.marginals, strict=True))
    assert plan.multipliers["budget"] == pytest.approx(dual["budget"], rel=1e-3)


def random_feasible(limits, count, seed):
    """Vertices of random directions, their mixtures, and projections of random points."""
    rng = np.random.default_rng(seed)
    polytope = polytope_of(limits)
    corners = [linear_max(rng.normal(0.3, 1.0, limits.shape), limits).spend for _ in range(40)]
    plans = list(corners)
    while len(plans) < count:
        if len(plans) % 10 == 0:
            point = rng.uniform(-1, 2, limits.size) * limits.upper.ravel()
            plans.append((polytope.project(point / polytope.scale)[0] * polytope.scale).reshape(limits.shape))
        else:
            shares = rng.dirichlet(np.full(3, 0.5))
            chosen = rng.choice(len(corners), 3)
            plans.append(sum(share * corners[k] for share, k in zip(shares, chosen, strict=True)))
    return plans


def group_and_changes(cells):
    """A group's share of spent money, and a change of at most 40% from week to week."""
    size, index = cells.reference.size, np.arange(cells.reference.size).reshape(cells.shape)
    share = np.full((1, size), -0.6)
    share[0, index[:, :, 0].ravel()] += 1.0
    rows = []
    for t, m, c in itertools.product(range(1, cells.shape[0]), range(cells.shape[1]), range(cells.shape[2])):
        row = np.zeros(size)
        row[index[t, m, c]], row[index[t - 1, m, c]] = 1.0, -1.4
        rows.append(row)
    none = np.array([-np.inf])
    return (
        Rule(
            name="group", reason="", kind="group", rows=sparse.csr_array(share), lower=none, upper=np.zeros(1), size=1.0
        ),
        Rule(
            name="change",
            reason="",
            kind="change",
            rows=sparse.csr_array(np.array(rows)),
            lower=np.full(len(rows), -np.inf),
            upper=np.zeros(len(rows)),
            size=1.0,
        ),
    )


@pytest.mark.parametrize(
    ("slope", "risk", "count"),
    [(1.2, 0.0, 1_000), (2.8, 0.7, 1_000), pytest.param(2.8, 0.0, 10_000, marks=pytest.mark.slow)],
)
def test_none_of_thousands_of_plans_beats_the_bound(slope, risk, count):
    response = random_response(channels=3, markets=2, draws=20, slope=slope, seed=7)
    cells = cells_of(response, 4)
    limits = limits_of(cells, most=3.0, rules=group_and_changes(cells))
    objective = Objective(dial=RiskDial(risk))
    value = media_value(response, cells, limits)
    quick, plan = (solve(value, limits, objective, effort=replace(THOROUGH, close=1e-3, cuts=cuts)) for cuts in (0, 4))
    assert limits.keeps(plan.spend)
    assert plan.bound <= quick.bound
    best = max(objective.value(value.worth(spend), spend) for spend in random_feasible(limits, count, 3))
    assert best <= plan.judged * (1 + 1e-6) <= plan.bound * (1 + 1e-6)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=6, deadline=None)
def test_no_bound_is_below_the_best_of_a_dense_grid(seed):
    """Steep S curves, two channels, two weeks: every plan on a grid of sixteenths."""
    response = random_response(channels=2, draws=4, lags=1, slope=3.2, seed=seed)
    cells = cells_of(response, 2)
    limits = limits_of(cells, most=3.0)
    value = media_value(response, cells, limits)
    plan = solve(value, limits, effort=replace(THOROUGH, cuts=6))
    steps = [np.linspace(0, most, 13) for most in limits.upper.ravel()]
    grid = np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1).reshape(-1, 4)
    affordable = grid[grid.sum(axis=1) <= limits.budget]
    best = max(
        float(value.worth(spend.reshape(limits.shape)).mean()) for spend in affordable[:: 1 + len(affordable) // 2000]
    )
    assert limits.keeps(plan.spend)
    assert plan.judged <= plan.bound
    assert best <= plan.bound * (1 + 1e-9)


def identical(channels, draws=1, slope=3.0):
    """Identical channels whose every week acts alone: m of them share the budget."""
    one = random_response(channels=channels, draws=draws, lags=0, slope=slope)
    return replace(
        one,
        half_life=np.ones_like(one.half_life),
        half_saturation=np.full_like(one.half_saturation, 1.0),
        slope=np.full_like(one.slope, slope),
        coefficient=np.full_like(one.coefficient, 1.0),
        exposure_per_spend=np.ones_like(one.exposure_per_spend),
        value_per_kpi=np.ones_like(one.value_per_kpi),
    )


def test_the_best_of_identical_s_curves_is_m_of_them():
    """Six Hill curves of slope 3 and a budget for about three: the best is max m · f(B / m), proved by cutting."""
    response, budget = identical(6), 4.3
    cells = cells_of(response, 1)
    limits = free_limits(cells.shape, budget, budget)
    optimum = max(m * (budget / m) ** 3 / (1 + (budget / m) ** 3) for m in range(1, 7))
    plan = solve(media_value(response, cells, limits), limits, effort=PATIENT)
    assert optimum <= plan.bound * (1 + 1e-9)
    assert plan.judged == pytest.approx(optimum, rel=1e-3)
    assert plan.gap < 0.05


def test_cutting_tightens_the_bound_of_a_steep_problem():
    response = random_response(channels=4, draws=20, lags=3, slope=2.8, seed=3)
    cells = cells_of(response, 4)
    limits = limits_of(cells, most=3.0)
    value = media_value(response, cells, limits)
    quick, patient = solve(value, limits), solve(value, limits, effort=PATIENT)
    assert quick.gap > 0.01
    assert patient.judged >= quick.judged
    assert patient.judged <= patient.bound < quick.bound
    assert patient.gap < 0.7 * quick.gap


@pytest.mark.parametrize("seed", range(2))
def test_all_or_nothing_against_every_pattern(seed):
    """Three channels, each off or at least so much over the horizon: every pattern solved on its own."""
    response = random_response(channels=3, draws=8, slope=1.5, seed=seed)
    cells = cells_of(response, 3)
    index = np.arange(cells.reference.size).reshape(cells.shape)
    total = cells.reference.sum(axis=(0, 1))
    switches = [
        Switch(name=f"s{c}", reason="", cells=index[:, :, c].ravel(), least=1.2 * total[c], most=3 * total[c])
        for c in range(3)
    ]
    limits = limits_of(cells, most=3.0, switches=switches)
    value = media_value(response, cells, limits)
    plan = solve(value, limits)
    best = 0.0
    for pattern in itertools.product([False, True], repeat=3):
        fixed = switched(limits, np.array(pattern))
        try:
            alone = solve(value, fixed)
        except InfeasiblePlan:
            continue
        best = max(best, alone.judged)
        assert alone.judged <= plan.bound * (1 + 1e-6)
    assert limits.keeps(plan.spend)
    assert plan.judged >= best * (1 - 1e-3)


@pytest.mark.parametrize("seed", range(2))
def test_all_or_nothing_among_concave_channels_is_proved_to_be_the_best(seed):
    """Six channels b x / (x + h), each off or at least so much: the best fill to one level of every one of 64 patterns."""
    response = random_response(channels=6, draws=1, lags=0, forms=("michaelis_menten",) * 6, seed=seed)
    cells = cells_of(response, 1)
    typical = cells.reference.ravel()
    least, most = np.random.default_rng(seed).uniform(0.8, 2.0, 6) * typical, 3.0 * typical
    switches = [Switch(name=f"s{c}", reason="", cells=np.array([c]), least=least[c], most=most[c]) for c in range(6)]
    limits = limits_of(cells, most=3.0, budget=0.6, switches=switches)
    full = (response.coefficient * response.value_per_kpi[:, None]).ravel()
    half = (response.half_saturation / response.exposure_per_spend).ravel()

    def filled(on):
        def at(price):
            return np.where(on, np.clip(np.sqrt(full * half / price) - half, least, most), 0.0)

        if at(1e9).sum() > limits.budget:
            return None
        if at(1e-9).sum() <= limits.budget:
            return at(1e-9)
        return at(np.exp(brentq(lambda log: at(np.exp(log)).sum() - limits.budget, -21, 21)))

    plans = [filled(np.array(on)) for on in itertools.product([False, True], repeat=6) if any(on)]
    best = max(float((full * x / (x + half)).sum()) for x in plans if x is not None)
    plan = solve(media_value(response, cells, limits), limits)
    assert plan.judged == pytest.approx(best, rel=1e-4)
    assert best * (1 - 1e-9) <= plan.bound <= plan.judged * (1 + 1e-3)


def test_limits_that_no_plan_keeps_are_refused():
    response = random_response(channels=2)
    cells = cells_of(response, 2)
    late = Rule(
        name="group",
        reason="",
        kind="group",
        rows=sparse.csr_array(np.ones((1, 4))),
        lower=np.array([2 * cells.reference.sum()]),
        upper=np.array([np.inf]),
        size=1.0,
    )
    limits = limits_of(cells, rules=[late])
    with pytest.raises(InfeasiblePlan):
        solve(media_value(response, cells, limits), limits)


def test_tangents_bound_plans_of_other_budgets():
    response = random_response(channels=4, draws=30, slope=1.8, seed=2)
    cells = cells_of(response, 6)
    limits = limits_of(cells)
    value = media_value(response, cells, limits)
    plan = solve(value, limits)
    for share in (0.6, 0.9, 1.3):
        other = limits.with_budget(share * limits.budget)
        assert solve(value, other).judged <= most_under(plan.tangents, other).bound


def test_more_risk_aversion_costs_mean_and_buys_bad_outcomes():
    response = random_response(channels=5, draws=60, spread=0.8, seed=4)
    cells = cells_of(response, 4)
    limits = limits_of(cells)
    value = media_value(response, cells, limits)
    mean, safe = (solve(value, limits, Objective(dial=RiskDial(risk))) for risk in (0.0, 1.0))
    tail = RiskDial(1.0)
    assert tail.value(value.worth(safe.spend)) > tail.value(value.worth(mean.spend))
    assert value.worth(safe.spend).mean() < value.worth(mean.spend).mean()
    assert safe.gap < 0.02
    np.testing.assert_array_equal(solve(value, limits, VOLUME).spend, mean.spend)


def test_bad_outcomes_of_two_straight_channels_share_the_money_as_their_best_split_with_proof():
    """Returns 2.0 ± 0.9 and 1.6 ± 0.35: the split of 200 with the highest mean of its worst tenth, of a thousand splits."""
    rng, quantiles = np.random.default_rng(3), norm.ppf((np.arange(1000) + 0.5) / 1000)
    returns = np.column_stack([2.0 + 0.9 * rng.permutation(quantiles), 1.6 + 0.35 * rng.permutation(quantiles)])
    response = random_response(channels=2, draws=1000, lags=0, forms=("none", "none"))
    response = replace(response, coefficient=returns[:, None] / response.value_per_kpi[0] / response.exposure_per_spend)
    limits = free_limits((1, 1, 2), 200.0, 200.0)
    plan = solve(media_value(response, cells_of(response, 1), limits), limits, Objective(dial=RiskDial(1.0)))
    shares = np.linspace(0, 1, 1001)
    best = max(RiskDial(1.0).value(200.0 * (share * returns[:, 0] + (1 - share) * returns[:, 1])) for share in shares)
    assert plan.judged == pytest.approx(best, rel=3e-3)
    assert best * (1 - 1e-9) <= plan.bound <= best * 1.003


def test_a_plan_without_its_proof_is_the_plan_with_it():
    response = random_response(channels=3, markets=2, draws=60, slope=1.4, seed=2)
    cells = cells_of(response, 6)
    limits = free_limits(cells.shape, 2.0, 9.0)
    value = media_value(response, cells, limits)
    proved = solve(value, limits, effort=BRISK)
    found = solve(value, limits, effort=replace(BRISK, proves=False))
    np.testing.assert_allclose(found.spend, proved.spend)
    assert found.judged == pytest.approx(proved.judged)
    assert proved.judged <= proved.bound
    assert found.gap == 1.0


def test_channels_left_empty_where_curves_start_steeply_dont_spoil_the_proof():
    """Of slopes around 1 some lie below, whose curves start vertically: a tangent at a plan with empty cells alone leaves 90% open."""
    response = random_response(channels=5, markets=3, draws=60, slope=1.1, seed=4)
    cells = cells_of(response, 6)
    limits = free_limits(cells.shape, 2.0, 30.0)
    plan = solve(media_value(response, cells, limits), limits, effort=BRISK)
    assert (plan.spend < 1e-6).any()
    assert plan.gap < 0.06


def test_a_quite_different_plan_of_the_same_worth_is_a_tie_and_a_single_best_one_is_not():
    """Two identical S curves and money for one: either gets it all."""
    response = identical(2)
    cells = cells_of(response, 1)
    limits = free_limits(cells.shape, 1.2, 1.2)
    value = media_value(response, cells, limits)
    starts = [np.array([1.2, 0.0]).reshape(1, 1, 2), np.array([0.0, 1.2]).reshape(1, 1, 2)]
    assert solve(value, limits, starts=starts).tie
    assert not solve(roots([1.0, 2.0]), free_limits((1, 1, 2), 7.0, 7.0), starts=starts).tie
