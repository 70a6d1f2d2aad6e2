"""A plan of 40 channels × 52 weeks × 20 markets with its certificate, in one process."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
from measured import process_cost, stopped
from planner_problem import LAGS, LAST_DAY, random_problem

from workbench.mmm import ResponseModel
from workbench.scenarios.problem import Cells, Limits
from workbench.scenarios.response import media_value
from workbench.scenarios.solve import solve

CHANNELS, WEEKS, MARKETS, DRAWS = 40, 52, 20, 200
TARGET = 60


def large_case() -> list[dict]:
    response, cells, limits = large_problem()
    with stopped() as took:
        plan = solve(media_value(response, cells, limits), limits)
    return [
        {
            "case": f"{CHANNELS} channels × {WEEKS} weeks × {MARKETS} markets, {DRAWS} draws",
            "ours": took["seconds"],
            "peer": "limit",
            "theirs": TARGET,
            "ratio": TARGET / took["seconds"],
            "unit": "seconds",
            "cpu_seconds": took["cpu_seconds"],
            "gap": plan.gap,
            **process_cost(),
            "cores": os.cpu_count(),
            "load": os.getloadavg()[0],
        }
    ]


def large_problem() -> tuple[ResponseModel, Cells, Limits]:
    one = random_problem(channels=CHANNELS, weeks=WEEKS, draws=DRAWS, slope=1.4, seed=3)
    size = np.random.default_rng(3).dirichlet(np.full(MARKETS, 3.0))
    history = one.history[:, None] * size[:, None]
    shape = (DRAWS, CHANNELS)
    response = ResponseModel(
        markets=tuple(f"market_{number:02}" for number in range(MARKETS)),
        channels=one.channels,
        saturation=("hill",) * CHANNELS,
        adstock=("geometric",) * CHANNELS,
        carry_over_weeks=LAGS - 1,
        half_life=np.log(0.5) / np.log(one.decay),
        carry_over_shape=np.ones(shape),
        half_saturation=one.half[:, None] * size[:, None],
        slope=one.slope,
        coefficient=one.largest[:, None] * size[:, None],
        effectiveness=np.zeros((*shape, 1)),
        effectiveness_ramps=np.zeros((1, len(history))),
        exposure_per_spend=np.ones((MARKETS, CHANNELS)),
        value_per_kpi=np.ones(MARKETS),
        spend_history=history,
        exposure_history=history,
    )
    recent = history[-WEEKS:]
    cells = Cells(
        weeks=pd.date_range(pd.Timestamp(LAST_DAY) + pd.Timedelta(weeks=1), periods=WEEKS, freq="7D"),
        markets=response.markets,
        channels=response.channels,
        reference=recent,
        observed=history.max(axis=0),
        observed_total=recent.sum(axis=(0, 1)),
        price=np.ones_like(recent),
        locked=np.zeros_like(recent),
    )
    usual = np.broadcast_to(recent.mean(axis=0), recent.shape)
    return response, cells, Limits(lower=0.5 * usual, upper=1.5 * usual).with_budget(float(recent.sum()))
