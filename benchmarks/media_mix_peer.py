"""Fit one set with pymc-marketing and print what it took as JSON; runs in the peer's own environment."""

from __future__ import annotations

import argparse
import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import arviz as az
import nutpie
import pandas as pd
from pymc_extras.prior import Prior
from pymc_marketing.mmm import MMM, GeometricAdstock, LogisticSaturation

CHANNELS = [f"Channel{c}_impression" for c in range(4)]
CONTROLS = ["competitor_activity_score_control", "sentiment_score_control"]
LAGS = 14
HARMONICS = 3


def build(table: pd.DataFrame) -> MMM:
    """The library's own form, with hierarchical priors over markets where there are several."""
    several = "geo" in table
    effect = (
        Prior("HalfNormal", sigma=Prior("HalfNormal", sigma=2, dims="channel"), dims=("channel", "geo"))
        if several
        else Prior("HalfNormal", sigma=2, dims="channel")
    )
    return MMM(
        date_column="time",
        target_column="revenue",
        channel_columns=CHANNELS,
        control_columns=CONTROLS,
        adstock=GeometricAdstock(l_max=LAGS, priors={"alpha": Prior("Beta", alpha=1, beta=3, dims="channel")}),
        saturation=LogisticSaturation(priors={"lam": Prior("Gamma", alpha=3, beta=1, dims="channel"), "beta": effect}),
        yearly_seasonality=HARMONICS,
        dims=("geo",) if several else None,
    )


def measure(path: Path, draws: int, tune: int, chains: int, seed: int) -> dict[str, object]:
    """Seconds, effective sample size over all sampled parameters, R-hat and divergences of one fit."""
    table = pd.read_csv(path, parse_dates=["time"])
    table = table.assign(revenue=table["conversions"] * table["revenue_per_conversion"])
    seconds: list[float] = []
    sample = nutpie.sample

    def timed(*args: object, **kwargs: object) -> object:
        started = time.perf_counter()
        trace = sample(*args, **kwargs)
        seconds.append(time.perf_counter() - started)
        return trace

    nutpie.sample = timed
    model = build(table)
    started = time.perf_counter()
    trace = model.fit(
        table.drop(columns=["revenue"]),
        table["revenue"],
        nuts_sampler="nutpie",
        draws=draws,
        tune=tune,
        chains=chains,
        random_seed=seed,
        progressbar=False,
    )
    whole = time.perf_counter() - started
    free = trace["posterior"].to_dataset()[[variable.name for variable in model.model.free_RVs]]
    return {
        "whole_seconds": whole,
        "sampling_seconds": seconds[0],
        "min_ess": float(az.ess(free).to_array().min()),
        "r_hat": float(az.rhat(free).to_array().max()),
        "divergences": int(trace["sample_stats"]["diverging"].sum()),
        "versions": {name: version(name) for name in ("pymc-marketing", "pymc", "nutpie")},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    for name in ("draws", "tune", "chains", "seed"):
        parser.add_argument(f"--{name}", type=int, required=True)
    arguments = parser.parse_args()
    found = measure(arguments.path, arguments.draws, arguments.tune, arguments.chains, arguments.seed)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
