"""How a plan's time, gap and memory grow: `python planner_scale.py CHANNELS WEEKS MARKETS DRAWS` makes one plan and prints them."""

from __future__ import annotations

import json
import os
import sys

import numpy as np
import pandas as pd
from fits import run
from measured import process_cost, stopped
from peers import OURS
from planner_problem import LAGS, LAST_DAY, random_problem
from sets import REPOSITORY

from workbench.mmm import ResponseModel
from workbench.scenarios.problem import Cells, Limits
from workbench.scenarios.response import media_value
from workbench.scenarios.solve import solve

SIZES = (
    (10, 13, 1, 1000),
    (10, 13, 5, 1000),
    (20, 26, 5, 1000),
    (20, 52, 10, 1000),
    (40, 52, 20, 200),
    (40, 52, 20, 1000),
)
TARGET = 60


def growth() -> list[dict]:
    """One plan a size, each in a process of its own."""
    script = str(REPOSITORY / "benchmarks" / "planner_scale.py")
    return [run([str(OURS.python), script, *map(str, size)]) for size in SIZES]


def measure(channels: int, weeks: int, markets: int, draws: int) -> dict[str, object]:
    response, cells, limits = large_problem(channels, weeks, markets, draws)
    with stopped() as took:
        plan = solve(media_value(response, cells, limits), limits)
    return {
        "case": f"{channels} channels × {weeks} weeks × {markets} markets, {draws:,} draws",
        "unit": "seconds",
        "ours": took["seconds"],
        "cpu_seconds": took["cpu_seconds"],
        "target": TARGET,
        "gap": plan.gap,
        "gigabytes": process_cost()["gigabytes"],
        "load": os.getloadavg()[0],
    }


def large_problem(channels: int, weeks: int, markets: int, draws: int) -> tuple[ResponseModel, Cells, Limits]:
    one = random_problem(channels=channels, weeks=weeks, draws=draws, slope=1.4, seed=3)
    size = np.random.default_rng(3).dirichlet(np.full(markets, 3.0))
    history = one.history[:, None] * size[:, None]
    shape = (draws, channels)
    response = ResponseModel(
        markets=tuple(f"market_{number:02}" for number in range(markets)),
        channels=one.channels,
        saturation=("hill",) * channels,
        adstock=("geometric",) * channels,
        carry_over_weeks=LAGS - 1,
        half_life=np.log(0.5) / np.log(one.decay),
        carry_over_shape=np.ones(shape),
        half_saturation=one.half[:, None] * size[:, None],
        slope=one.slope,
        coefficient=one.largest[:, None] * size[:, None],
        effectiveness=np.zeros((*shape, 1)),
        effectiveness_ramps=np.zeros((1, len(history))),
        exposure_per_spend=np.ones((markets, channels)),
        value_per_kpi=np.ones(markets),
        spend_history=history,
        exposure_history=history,
    )
    recent = history[-weeks:]
    cells = Cells(
        weeks=pd.date_range(pd.Timestamp(LAST_DAY) + pd.Timedelta(weeks=1), periods=weeks, freq="7D"),
        markets=response.markets,
        channels=response.channels,
        reference=recent,
        observed=history.max(axis=0),
        observed_total=recent.sum(axis=(0, 1)),
        price=np.ones_like(recent),
        locked=np.zeros_like(recent),
        after=recent.mean(axis=0),
    )
    usual = np.broadcast_to(recent.mean(axis=0), recent.shape)
    return response, cells, Limits(lower=0.5 * usual, upper=1.5 * usual).with_budget(float(recent.sum()))


if __name__ == "__main__":
    print(json.dumps(measure(*map(int, sys.argv[1:]))))
