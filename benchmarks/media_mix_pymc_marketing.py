"""Fit one set with pymc-marketing and print what it took and found; runs in the peer's own environment."""

from __future__ import annotations

import time

import arviz as az
import nutpie
from measured import Stopwatch, report, returns
from pymc_extras.prior import Prior
from pymc_marketing.mmm import MMM, GeometricAdstock, LogisticSaturation
from sets import MixSet

LAGS = 14
HARMONICS = 3


def build(mix: MixSet, *, several: bool) -> MMM:
    """The library's own form, with hierarchical priors over markets where there are several."""
    effect = (
        Prior("HalfNormal", sigma=Prior("HalfNormal", sigma=2, dims="channel"), dims=("channel", "geo"))
        if several
        else Prior("HalfNormal", sigma=2, dims="channel")
    )
    return MMM(
        date_column="time",
        target_column="revenue",
        channel_columns=[f"{channel}_exposure" for channel in mix.channels],
        control_columns=list(mix.controls),
        adstock=GeometricAdstock(l_max=LAGS, priors={"alpha": Prior("Beta", alpha=1, beta=3, dims="channel")}),
        saturation=LogisticSaturation(priors={"lam": Prior("Gamma", alpha=3, beta=1, dims="channel"), "beta": effect}),
        yearly_seasonality=HARMONICS,
        dims=("geo",) if several else None,
    )


def measure(mix: MixSet, *, draws: int, tune: int, chains: int, seed: int) -> dict[str, object]:
    """Seconds, effective sample size over all sampled parameters, R-hat, divergences and ROAS of one fit."""
    table = mix.read()
    model = build(mix, several="geo" in table)
    nutpie.sample = sampler = Stopwatch(nutpie.sample)
    started = time.perf_counter()
    trace = model.fit(
        table.drop(columns=["kpi", "value", "revenue"]),
        table["revenue"],
        nuts_sampler="nutpie",
        draws=draws,
        tune=tune,
        chains=chains,
        random_seed=seed,
        progressbar=False,
    )
    whole = time.perf_counter() - started
    posterior = trace["posterior"].to_dataset()
    free = posterior[[variable.name for variable in model.model.free_RVs]]
    effect = posterior["channel_contribution"] * trace["constant_data"]["target_scale"]
    effect = effect.sum([dim for dim in effect.dims if dim not in ("chain", "draw", "channel")])
    spend = table[[f"{channel}_spend" for channel in mix.channels]].sum().to_numpy()
    return {
        "whole_seconds": whole,
        "sampling_seconds": sampler.seconds,
        "min_ess": float(az.ess(free).to_array().min()),
        "r_hat": float(az.rhat(free).to_array().max()),
        "divergences": int(trace["sample_stats"]["diverging"].sum()),
        "returns": returns(
            effect.stack(sample=("chain", "draw")).transpose("sample", "channel").to_numpy(), spend, mix
        ),
    }


if __name__ == "__main__":
    report(measure, __doc__, ("pymc-marketing", "pymc", "nutpie"))
