"""Plan one problem with Meridian's optimiser and print what it took and found; runs in the peer's own environment."""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from meridian.analysis.analyzer import Analyzer
from meridian.analysis.optimizer import BudgetOptimizer
from meridian.data.data_frame_input_data_builder import DataFrameInputDataBuilder
from meridian.model.model import Meridian
from meridian.model.spec import ModelSpec
from planner_problem import CHANGE, LAGS, LAST_DAY, Problem

KPI, NOISE = 1e6, 1e5


def model_of(problem: Problem) -> Meridian:
    """The library's model of the problem's history, holding the problem's draws as if it had been fitted."""
    days = pd.date_range(end=LAST_DAY, periods=len(problem.history), freq="7D").strftime("%Y-%m-%d")
    kpi = np.random.default_rng(0).normal(KPI, NOISE, len(days))
    channels = list(problem.channels)
    table = pd.DataFrame(problem.history, columns=channels).assign(time=days, kpi=kpi)
    builder = DataFrameInputDataBuilder(kpi_type="revenue").with_kpi(table)
    data = builder.with_media(table, media_cols=channels, media_spend_cols=channels, media_channels=channels).build()
    model = Meridian(input_data=data, model_spec=ModelSpec(knots=1, max_lag=LAGS - 1))
    model.sample_prior(len(problem.half), seed=1)
    drawn = model.inference_data.prior
    given = {
        "alpha_m": problem.decay,
        "ec_m": problem.half / np.median(problem.history, axis=0),
        "slope_m": problem.slope,
        "beta_gm": (problem.largest / kpi.std())[:, None],
    }
    posterior = drawn.assign({name: (drawn[name].dims, values[None]) for name, values in given.items()})
    model.inference_data.add_groups(posterior=posterior)
    return model


def measure(problem: Problem) -> dict[str, object]:
    model = model_of(problem)
    recent = model.input_data.time.to_numpy()[-problem.weeks :]
    started, busy = time.perf_counter(), time.process_time()
    found = BudgetOptimizer(model).optimize(
        start_date=str(recent[0]),
        end_date=str(recent[-1]),
        spend_constraint_lower=CHANGE,
        spend_constraint_upper=CHANGE,
    )
    ended, spent = time.perf_counter(), time.process_time()
    totals = found.optimized_data["spend"].to_numpy()
    caused = Analyzer(model_context=model.model_context, inference_data=model.inference_data).incremental_outcome(
        use_posterior=True
    )
    return {
        "build_seconds": 0.0,
        "solve_seconds": ended - started,
        "cpu_seconds": spent - busy,
        # It scales each channel's weeks as they were.
        "spend": (problem.recent * totals / problem.recent.sum(axis=0)).tolist(),
        "value": float(np.asarray(caused).sum(axis=-1).mean()),
        "message": f"{totals.sum() / problem.recent.sum():.4%} of the budget spent",
        "versions": {package: version(package) for package in ("google-meridian", "jax")},
    }


if __name__ == "__main__":
    print(json.dumps(measure(Problem.load(Path(sys.argv[1])))))
