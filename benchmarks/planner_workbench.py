"""Plan one problem with the workbench and print what it took and found: `python planner_workbench.py problem.npz`."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from measured import stopped
from planner_problem import LAGS, LAST_DAY, Problem

from workbench.mmm import ResponseModel
from workbench.scenarios.problem import Cells, Limits
from workbench.scenarios.response import media_value
from workbench.scenarios.solve import solve


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


def weekly_limits(problem: Problem) -> Limits:
    """Every week of its own, between the same bounds."""
    lower, upper = (np.tile(side, (problem.weeks, 1, 1)) for side in problem.bounds)
    return Limits(lower=lower, upper=upper).with_budget(problem.weekly_budget * problem.weeks)


def cells_of(problem: Problem) -> Cells:
    recent = problem.history[-problem.weeks :, None]
    start = pd.Timestamp(LAST_DAY) + pd.Timedelta(weeks=1)
    return Cells(
        weeks=pd.date_range(start, periods=problem.weeks, freq="7D"),
        markets=("all",),
        channels=problem.channels,
        # The peer counts nothing as spent after the plan.
        reference=np.zeros_like(recent),
        observed=problem.history.max(axis=0)[None],
        observed_total=recent.sum(axis=(0, 1)),
        price=np.ones_like(recent),
        locked=np.zeros_like(recent),
    )


def measure(problem: Problem) -> dict[str, object]:
    tiny = replace(problem, **{name: getattr(problem, name)[:2] for name in ("decay", "half", "slope", "largest")})
    started = time.perf_counter()
    solve(media_value(response_of(tiny), cells_of(tiny), weekly_limits(tiny)), weekly_limits(tiny))
    loaded = time.perf_counter() - started
    response, limits = response_of(problem), weekly_limits(problem)
    with stopped() as took:
        value = media_value(response, cells_of(problem), limits)
        plan = solve(value, limits)
    return {
        "load_seconds": loaded,
        "solve_seconds": took["seconds"],
        "cpu_seconds": took["cpu_seconds"],
        "spend": plan.spend[:, 0].tolist(),
        "value": plan.judged,
        "gap": plan.gap,
        "unspent": plan.unspent,
    }


if __name__ == "__main__":
    print(json.dumps(measure(Problem.load(Path(sys.argv[1])))))
