"""Plan one problem with pymc-marketing's optimiser and print what it took and found; runs in the peer's own environment."""

from __future__ import annotations

import json
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from planner_problem import LAGS, LAST_DAY, Problem
from pymc_marketing.mmm import MMM, GeometricAdstock, HillSaturation


def model_of(problem: Problem) -> MMM:
    """The library's model of the problem's history, holding the problem's draws as if it had been fitted."""
    dates = pd.date_range(end=LAST_DAY, periods=len(problem.history), freq="7D")
    table = pd.DataFrame(problem.history, columns=list(problem.channels)).assign(date=dates)
    target = pd.Series(np.random.default_rng(0).normal(1e6, 1e5, len(table)), name="y")
    mmm = MMM(
        date_column="date",
        channel_columns=list(problem.channels),
        adstock=GeometricAdstock(l_max=LAGS),
        saturation=HillSaturation(),
    )
    mmm.build_model(table, target)
    mmm.add_original_scale_contribution_variable(["channel_contribution"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mmm.sample_prior_predictive(table, target, samples=len(problem.half), random_seed=1)
    scale = np.asarray(mmm.scalers["_channel"])
    whole = float(mmm.scalers["_target"])
    posterior = mmm.idata.prior.to_dataset()
    given = {
        "adstock_alpha": problem.decay,
        "saturation_slope": problem.slope,
        "saturation_kappa": problem.half / scale,
        "saturation_beta": problem.largest / whole,
    }
    posterior = posterior.assign(
        {name: (posterior[name].dims, values[None].astype(float)) for name, values in given.items()}
    )
    mmm.idata["/posterior"] = xr.DataTree(posterior)
    return mmm


def measure(problem: Problem) -> dict[str, object]:
    mmm = model_of(problem)
    start = pd.Timestamp(LAST_DAY) + pd.Timedelta(weeks=1)
    end = start + pd.Timedelta(weeks=problem.weeks - 1)
    bounds = {channel: tuple(both) for channel, both in zip(problem.channels, problem.bounds.T.tolist(), strict=True)}
    started, busy = time.perf_counter(), time.process_time()
    optimizer = mmm.budget_optimizer(start, end)
    built = time.perf_counter()
    found = optimizer.allocate_budget(total_budget=problem.weekly_budget, budget_bounds=bounds, return_if_fail=True)
    ended = time.perf_counter()
    return {
        "build_seconds": built - started,
        "solve_seconds": ended - built,
        "cpu_seconds": time.process_time() - busy,
        # It spreads each channel evenly over the weeks.
        "spend": np.tile(np.asarray(found.budgets), (problem.weeks, 1)).tolist(),
        "value": float(-found.scipy_result.fun),
        "message": str(found.scipy_result.message),
        "versions": {package: version(package) for package in ("pymc-marketing", "pymc")},
    }


if __name__ == "__main__":
    print(json.dumps(measure(Problem.load(Path(sys.argv[1])))))
