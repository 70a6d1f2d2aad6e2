"""Whom to act on: the line that brings most, within capacity; never one half."""

import numpy as np
import pytest
from scipy.special import expit

from workbench.config.customers import Score
from workbench.propensity.metrics import Judged
from workbench.propensity.worth import Worth, choose_cut, expected_profit, profit_curve

EARNS = Worth(value=80.0, error=0.0, declared=True)


def spec(**changes) -> Score:
    return Score(kind="lead", **{"cost": 10.0, **changes})


def probabilities(seed: int, size: int = 2000) -> np.ndarray:
    return expit(np.random.default_rng(seed).normal(-2, 1, size))


@pytest.mark.parametrize("capacity", [0, 100, 1900])
def test_the_cut_is_the_best_of_all_cuts(capacity):
    p = probabilities(1)
    cut = choose_cut(p, EARNS, spec(capacity=capacity))
    gains = np.concatenate([[0], np.cumsum(np.sort(p)[::-1] * 80 - 10)])
    allowed = gains[: (capacity or len(p)) + 1]
    assert cut.selected == np.argmax(allowed)
    assert (p > cut.probability).sum() <= cut.selected <= (p >= cut.probability).sum()
    assert cut.rule == ("capacity" if capacity == 100 else "pays")


def test_without_worth_capacity_decides_and_without_both_nobody_is_selected():
    unknown = Worth(value=np.nan, error=np.nan, declared=False)
    assert choose_cut(probabilities(1), unknown, spec(capacity=50)).selected == 50
    nothing = choose_cut(probabilities(1), unknown, spec())
    assert (nothing.selected, nothing.rule) == (0, "nothing")


def test_ties_at_the_cut_do_not_break_capacity():
    assert choose_cut(np.full(500, 0.3), EARNS, spec(capacity=120)).selected == 120


def test_the_profit_curve_is_the_sum_of_what_came_less_what_it_cost():
    p = probabilities(2)
    outcome = np.random.default_rng(2).random(2000) < p
    curve = profit_curve(Judged(probability=p, outcome=outcome, unit=np.arange(2000)), EARNS, 10.0, seed=1)
    top = np.argsort(-p)[:400]
    row = curve[np.isclose(curve.share, 0.2)].iloc[0]
    assert row.profit == pytest.approx((80 * outcome[top].sum() - 10 * 400) / 2000)
    assert row.expected == pytest.approx((80 * p[top] - 10).sum() / 2000)
    assert curve.profit.iloc[-1] == pytest.approx(80 * outcome.mean() - 10)


def test_the_interval_of_the_profit_holds_what_comes():
    hits = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        past, now = probabilities(seed), probabilities(seed + 500)
        judged = Judged(probability=past, outcome=rng.random(2000) < past, unit=np.arange(2000))
        selected = now > 0.125
        _, lower, upper = expected_profit(now, selected, judged, EARNS, 10.0, seed)
        came = 80 * (rng.random(2000) < now)[selected].sum() - 10 * selected.sum()
        hits += lower <= came <= upper
    assert 88 <= hits <= 100
