"""Plan one problem with the workbench and print what it took and found: `python planner_workbench.py problem.npz`.

Weeks lie within half as much and half as much again as the weeks that a peer starts from: the last ones, or their mean. Beside such a
plan stands one that keeps the proportions of the weeks and so has no more freedom than a peer's; and a slider is moved.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from measured import stopped
from planner_problem import CHANGE, LAGS, LAST_DAY, Problem
from scipy import sparse

from workbench.mmm import ResponseModel
from workbench.scenarios.answer import answer
from workbench.scenarios.objective import RiskDial
from workbench.scenarios.problem import Cells, Limits, Rule
from workbench.scenarios.response import ResponseValue, media_value
from workbench.scenarios.solve import Plan, solve
from workbench.scenarios.solve.quick import plans_ahead

BUDGETS, CAUTION, MOVES = np.linspace(0.6, 1.4, 9), (0.0, 0.5, 1.0), 200


def response_of(problem: Problem) -> ResponseModel:
    draws, channels = problem.half.shape
    history = problem.history[:, None]
    return ResponseModel(
        markets=("all",),
        channels=problem.channels,
        saturation=("hill",) * channels,
        adstock=("geometric",) * channels,
        carry_over_weeks=LAGS - 1,
        half_life=np.log(0.5) / np.log(problem.decay),
        carry_over_shape=np.ones((draws, channels)),
        half_saturation=problem.half[:, None],
        slope=problem.slope,
        coefficient=problem.largest[:, None],
        effectiveness=np.zeros((draws, channels, 1)),
        effectiveness_ramps=np.zeros((1, len(history))),
        exposure_per_spend=np.ones((1, channels)),
        value_per_kpi=np.ones(1),
        spend_history=history,
        exposure_history=history,
    )


def weekly_limits(problem: Problem, flighting: np.ndarray) -> Limits:
    """Every week of its own, around weeks of shape (H, C)."""
    usual = flighting[:, None]
    limits = Limits(lower=(1 - CHANGE) * usual, upper=(1 + CHANGE) * usual)
    return limits.with_budget(problem.weekly_budget * problem.weeks)


def cells_of(problem: Problem) -> Cells:
    recent = problem.recent[:, None]
    start = pd.Timestamp(LAST_DAY) + pd.Timedelta(weeks=1)
    return Cells(
        weeks=pd.date_range(start, periods=problem.weeks, freq="7D"),
        markets=("all",),
        channels=problem.channels,
        reference=recent,
        observed=problem.history.max(axis=0)[None],
        observed_total=recent.sum(axis=(0, 1)),
        price=np.ones_like(recent),
        locked=np.zeros_like(recent),
        # The peer counts nothing as spent after the plan.
        after=np.zeros(recent.shape[1:]),
    )


def in_proportion(limits: Limits, flighting: np.ndarray) -> Limits:
    """The same limits, each channel's weeks in the proportions of weeks of shape (H, C)."""
    weeks, channels = flighting.shape
    share = sparse.diags_array(1.0 / flighting.ravel())
    here = sparse.eye_array((weeks - 1) * channels, weeks * channels, k=channels)
    before = sparse.eye_array((weeks - 1) * channels, weeks * channels)
    none = np.zeros((weeks - 1) * channels)
    rows = sparse.csr_array((here - before) @ share)
    rule = Rule(name="proportions", reason="", kind="change", rows=rows, lower=none, upper=none, size=1.0)
    return replace(limits, rules=(*limits.rules, rule))


def slider(problem: Problem, value: ResponseValue, limits: Limits, plan: Plan) -> dict[str, float]:
    """Seconds at the 95th percentile from a move of the budget or of caution to the new plan, its intervals and its bound."""
    rng = np.random.default_rng(1)
    ahead = plans_ahead(value, limits, BUDGETS * limits.budget, CAUTION, starts=[plan.spend])
    wall, busy = [], []
    for budget, risk in zip(rng.uniform(*BUDGETS[[0, -1]], MOVES) * limits.budget, rng.random(MOVES), strict=True):
        with stopped() as took:
            spend = ahead.plan(budget, risk)
            judged = RiskDial(risk).value(value.worth(spend))
            bound = max(judged, ahead.bound_at(budget, risk))
            answer(value, value, spend, problem.recent[:, None], budget=budget, judged=judged, bound=bound)
        wall.append(took["seconds"])
        busy.append(took["cpu_seconds"])
    return {"slider_seconds": float(np.quantile(wall, 0.95)), "slider_cpu_seconds": float(np.quantile(busy, 0.95))}


def measure(problem: Problem) -> dict[str, object]:
    tiny = replace(problem, **{name: getattr(problem, name)[:2] for name in ("decay", "half", "slope", "largest")})
    with stopped() as loaded:
        limits = weekly_limits(tiny, tiny.even)
        solve(media_value(response_of(tiny), cells_of(tiny), limits), limits)
    response, limits = response_of(problem), weekly_limits(problem, problem.even)
    with stopped() as took:
        value = media_value(response, cells_of(problem), limits)
        plan = solve(value, limits)
    as_it_was = weekly_limits(problem, problem.recent)
    return {
        "load_seconds": loaded["seconds"],
        "load_cpu_seconds": loaded["cpu_seconds"],
        "solve_seconds": took["seconds"],
        "cpu_seconds": took["cpu_seconds"],
        "gap": plan.gap,
        "even": {
            "free": _weekly(plan),
            "in proportion": _weekly(solve(value, in_proportion(limits, problem.even))),
        },
        "as it was": {
            "free": _weekly(solve(value, as_it_was)),
            "in proportion": _weekly(solve(value, in_proportion(as_it_was, problem.recent))),
        },
        **slider(problem, value, limits, plan),
    }


def _weekly(plan: Plan) -> list[list[float]]:
    return plan.spend[:, 0].tolist()


if __name__ == "__main__":
    print(json.dumps(measure(Problem.load(Path(sys.argv[1])))))
