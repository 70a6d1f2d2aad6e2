"""Levers against linear programmes, against the outlook that they move, and by hand."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy.optimize import linprog

from tests.scenarios.with_levers import promoted_company
from workbench.config.planning import Planning
from workbench.errors import SpecError
from workbench.mmm.posterior.outlook import outlook
from workbench.scenarios.levers import levers_weekly, settings
from workbench.scenarios.objective import Objective, RiskDial
from workbench.scenarios.problem import Problem, build_problem, doubted
from workbench.scenarios.problem.levers import lever_cells
from workbench.scenarios.response import media_value
from workbench.scenarios.solve import THOROUGH, solve

PROMO, CUT = {"control": "promotion", "cost": 400.0}, {"control": "price", "direction": "down", "cost": 1500.0}


def problem_of(media_mix, weeks=3, **planning) -> Problem:
    asked = Planning.model_validate(planning)
    return build_problem(
        media_mix.response,
        media_mix.weeks[-1],
        asked,
        horizon_weeks=weeks,
        currency="EUR",
        levers=lever_cells(media_mix, asked.levers, weeks),
    )


def straight(media_mix):
    """The same company with media that never saturate."""
    forms = replace(media_mix.response, saturation=("none",) * 3, coefficient=media_mix.response.coefficient * 0 + 1.3)
    posterior = media_mix.posterior.assign(
        saturation=("channel", np.array(forms.saturation, dtype=object)),
        coefficient=(("draw", "market", "channel"), forms.coefficient * [1.0, 0.8, 1.2]),
    )
    return replace(media_mix, posterior=posterior)


def slopes(problem: Problem) -> np.ndarray:
    """Mean currency that one more unit of each cell brings, from a plan of one unit there; levers by hand."""
    found = np.zeros(problem.cells.shape)
    media = len(problem.cells.channels) - len(problem.levers)
    response = problem.response.of_channels(np.arange(len(problem.cells.channels)) < media)
    tail = np.zeros((response.carry_over_weeks, *found.shape[1:2], media))
    for cell in product(*(range(n) for n in (*found.shape[:2], media))):
        plan = np.zeros((*found.shape[:2], media))
        plan[cell] = 1.0
        more, none = (response.contribution(np.concatenate([p, tail])).sum(axis=(1, 2, 3)) for p in (plan, 0 * plan))
        found[cell] = (more - none).mean()
    for c, each in enumerate(problem.levers, start=media):
        found[:, :, c] = each.effect.mean(axis=0) * response.value_per_kpi / each.cost
    return found


def test_money_in_a_lever_brings_what_its_move_brings_the_outlook_and_nothing_counts_twice():
    company = promoted_company(weeks=120)
    problem = problem_of(company, weeks=4, levers={"promo": PROMO, "cut": CUT})
    value = media_value(problem.response, problem.cells, problem.limits)
    spend = np.random.default_rng(0).uniform(size=problem.cells.shape) * problem.limits.upper
    spend[:, :, :3] = 0.0
    moves = levers_weekly(problem, spend)
    at = settings(moves.assign(value=moves["otherwise"]))
    before, after = (outlook(company, problem.cells.weeks, given, seed=1).baseline for given in (at, settings(moves)))
    np.testing.assert_allclose(value.worth(spend), (after - before).sum(axis=(1, 2)), rtol=1e-9)
    tangent = value.tangent(spend, np.full(value.draws, 1 / value.draws))
    np.testing.assert_allclose(tangent.at(spend / 3), value.worth(spend / 3).mean(), rtol=1e-9)


@pytest.mark.parametrize("share", [0.55, 0.9, 1.3])
def test_linear_media_and_levers_on_one_budget_are_a_linear_programme(share):
    promo = PROMO | {"most": 0.5, "cost": {"north": 600.0, "south": 300.0}}
    problem = problem_of(straight(promoted_company()), levers={"promo": promo, "cut": CUT})
    reference = problem.cells.reference
    budget = share * float(reference.sum())
    rows, most = [np.ones(reference.size)], [budget]
    number = np.arange(reference.size).reshape(reference.shape)
    for m, c in product(range(2), range(3)):
        row = np.isin(number, number[:, m, c]).ravel().astype(float)
        rows += [row, -row]
        most += [1.5 * reference[:, m, c].sum(), -0.5 * reference[:, m, c].sum()]
    for m, cost in enumerate((600.0, 300.0)):
        rows.append(np.isin(number, number[:, m, 3]).ravel() / cost)
        most.append(0.5)
    upper = problem.limits.upper.ravel()
    exact = linprog(
        -slopes(problem).ravel(), A_ub=np.array(rows), b_ub=most, bounds=list(zip(0 * upper, upper, strict=True))
    )
    value = media_value(problem.response, problem.cells, problem.limits)
    plan = solve(value, problem.limits.with_budget(budget), starts=(reference,))
    assert plan.bound >= -exact.fun * (1 - 1e-9)
    assert plan.judged == pytest.approx(-exact.fun, rel=2e-4)
    worth = slopes(problem)[:, :, 3:]
    shadow = -exact.ineqlin.marginals[0]
    full = plan.spend[:, :, 4] >= problem.limits.upper[:, :, 4] * (1 - 1e-3)
    np.testing.assert_array_equal(full | (problem.limits.upper[:, :, 4] == 0), worth[:, :, 1] > shadow)


def test_whole_moves_are_as_good_as_the_best_of_all_patterns():
    company = straight(promoted_company(1000.0))
    planning = {"levers": {"promo": PROMO | {"cost": 700.0, "whole": True}}, "max_change": 0.02}
    problem = problem_of(company, **planning)
    amounts = np.array([switch.most for switch in problem.limits.switches])
    assert len(amounts) > 2
    budget = 0.99 * float(problem.cells.reference.sum()) + 0.45 * amounts.sum()
    limits, slope = problem.limits.with_budget(budget), slopes(problem)
    best = -np.inf
    for on in product((False, True), repeat=len(amounts)):
        fixed = np.zeros(limits.shape)
        for switch, chosen in zip(limits.switches, on, strict=True):
            fixed.ravel()[switch.cells] = problem.limits.upper.ravel()[switch.cells] * chosen
        least, most = fixed.ravel(), np.where(np.arange(4) == 3, fixed, limits.upper).ravel()
        rows = limits.rows.toarray()
        ends = [(rows, limits.row_upper), (-rows, -limits.row_lower)]
        A, b = np.vstack([r for r, _ in ends]), np.concatenate([e for _, e in ends])
        found = linprog(
            -slope.ravel(), A_ub=A[np.isfinite(b)], b_ub=b[np.isfinite(b)], bounds=list(zip(least, most, strict=True))
        )
        best = max(best, -found.fun) if found.status == 0 else best
    value = media_value(problem.response, problem.cells, problem.limits)
    plan = solve(value, limits, starts=(problem.cells.reference,), effort=THOROUGH)
    assert limits.keeps(plan.spend)
    assert plan.bound >= best * (1 - 1e-9)
    assert plan.judged >= best * (1 - 2e-3)


def test_a_lever_of_which_not_even_the_sign_is_known_is_left_alone_by_the_cautious():
    unsure = promoted_company(900.0, spread=2.0)
    problem = problem_of(unsure, levers={"promo": PROMO})
    value = media_value(problem.response, problem.cells, problem.limits)
    limits = problem.limits.with_budget(float(problem.cells.reference.sum()))
    moved = {
        risk: solve(value, limits, Objective(dial=RiskDial(risk)), starts=(problem.cells.reference,)).spend[:, :, 3]
        for risk in (0.0, 1.0)
    }
    effect = problem.levers[0].effect[:, 0]
    assert effect.min() < 0 < effect.mean()
    np.testing.assert_allclose(moved[0.0][:, 0], problem.limits.upper[:, 0, 3], rtol=1e-3)
    assert moved[1.0].sum() < 0.05 * moved[0.0].sum()


def test_beyond_what_was_ever_tried_is_docked_or_forbidden():
    far = {"promo": PROMO | {"limit": 0.6}}
    free, docked, closed = (
        problem_of(promoted_company(), levers=far, beyond_observed=how, doubt=0.4)
        for how in ("warn", "penalise", "forbid")
    )
    lever = free.levers[0]
    np.testing.assert_allclose(lever.otherwise + lever.room, 0.6)
    np.testing.assert_allclose(lever.otherwise + lever.known, 0.4)
    np.testing.assert_allclose(free.limits.upper[:, :, 3], 400.0 * lever.room)
    np.testing.assert_allclose(closed.limits.upper[:, :, 3], 400.0 * lever.known)
    value = media_value(docked.response, docked.cells, docked.limits)
    spend = np.zeros(docked.cells.shape)
    spend[1, 0, 3] = 400.0 * (lever.known[1, 0] + 0.05)
    lost = value.worth(spend) - doubted(value, docked.cells, docked.doubt).worth(spend)
    gradual = 0.05 * lever.known[1, 0]
    np.testing.assert_allclose(lost, 0.4 * (0.05 - gradual / 2) * lever.effect[:, 0].mean())
    assert levers_weekly(free, spend)["beyond_observed"].tolist() == [True]


@pytest.mark.parametrize(
    ("planning", "message"),
    [
        ({"levers": {"promo": {"control": "weather", "cost": 1.0}}}, "no control 'weather'"),
        ({"levers": {"tv": PROMO}}, "levers.tv has the name of a channel"),
        ({"levers": {"a": PROMO, "b": PROMO}}, "both move promotion"),
        ({"levers": {"promo": PROMO | {"cost": {"north": 1.0}}}}, "says nothing of market south"),
        ({"levers": {"promo": PROMO | {"cost": {"north": 1.0, "west": 2.0}}}}, "names market west"),
        ({"levers": {"cut": CUT | {"limit": 2.0}}}, "can't be moved down to its limit of 2"),
        (
            {"levers": {"promo": PROMO | {"whole": True}}, "all_or_nothing": {"promo": {"spend": 9.0}}},
            "both switch promo",
        ),
    ],
)
def test_levers_that_mean_nothing_are_refused(planning, message):
    with pytest.raises(SpecError, match=message):
        problem_of(promoted_company(), **planning)


@pytest.mark.parametrize("cost", [0.0, {"north": 3.0, "south": 0.0}, {}])
def test_a_lever_that_costs_nothing_is_refused(cost):
    with pytest.raises(ValueError, match="costs nothing would always be moved as far as it may"):
        Planning.model_validate({"levers": {"promo": PROMO | {"cost": cost}}})
