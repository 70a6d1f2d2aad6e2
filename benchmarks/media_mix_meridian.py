"""Fit one set with Meridian and print what it took and found; runs in the peer's own environment."""

from __future__ import annotations

import time

import arviz as az
import numpy as np
import pandas as pd
from measured import Stopwatch, report, returns
from meridian import backend
from meridian.analysis.analyzer import Analyzer
from meridian.data.data_frame_input_data_builder import DataFrameInputDataBuilder
from meridian.data.input_data import InputData
from meridian.model.model import Meridian
from meridian.model.spec import ModelSpec
from sets import MixSet

KNOT_WEEKS = 13


def inputs(mix: MixSet, table: pd.DataFrame) -> InputData:
    table = table.assign(time=table["time"].dt.strftime("%Y-%m-%d"))
    builder = DataFrameInputDataBuilder(kpi_type="non_revenue" if mix.value else "revenue")
    builder = builder.with_kpi(table).with_controls(table, control_cols=list(mix.controls))
    if mix.value:
        builder = builder.with_revenue_per_kpi(table, revenue_per_kpi_col="value")
    if "geo" in table:
        builder = builder.with_population(table)
    return builder.with_media(
        table,
        media_cols=[f"{channel}_exposure" for channel in mix.channels],
        media_spend_cols=[f"{channel}_spend" for channel in mix.channels],
        media_channels=list(mix.channels),
    ).build()


def measure(mix: MixSet, *, draws: int, tune: int, chains: int, seed: int) -> dict[str, object]:
    """Seconds, effective sample size over all sampled parameters, R-hat, divergences and ROAS of one fit.

    The library's own form and priors, but for the knots of the baseline: unset, a national model has a constant baseline and one
    of several markets a parameter a week; selected automatically, there are 82 and more of them, and fits take longer.
    """
    table = mix.read()
    columns = [f"{channel}_spend" for channel in mix.channels]
    money = mix.currency_per_spend * table[columns]
    data = inputs(mix, table.assign(**money))
    backend.xla_windowed_adaptive_nuts = sampler = Stopwatch(backend.xla_windowed_adaptive_nuts)
    started = time.perf_counter()
    model = Meridian(input_data=data, model_spec=ModelSpec(knots=round(table["time"].nunique() / KNOT_WEEKS)))
    model.sample_posterior(n_chains=chains, n_adapt=tune, n_burnin=0, n_keep=draws, seed=seed)
    whole = time.perf_counter() - started
    sampled = drawn(sampler.returned[-1].all_states._asdict())
    roi = np.asarray(Analyzer(model_context=model.model_context, inference_data=model.inference_data).roi())
    return {
        "whole_seconds": whole,
        # compilation happens inside the sampler, so sampling alone can't be told apart
        "sampling_seconds": None,
        "min_ess": min(float(size.min()) for size in az.ess(sampled).values()),
        "r_hat": max(float(ratio.max()) for ratio in az.rhat(sampled).values()),
        "divergences": int(model.inference_data.sample_stats["diverging"].sum()),
        "returns": returns(
            roi.reshape(-1, len(columns)) * money.sum().to_numpy(), table[columns].sum().to_numpy(), mix
        ),
    }


def drawn(states: dict[str, object]) -> az.InferenceData:
    """What the sampler moved: constants, which Meridian also carries along, have no effective sample size."""
    arrays = {name: np.moveaxis(np.asarray(state), 0, 1) for name, state in states.items()}
    return az.convert_to_dataset({name: array for name, array in arrays.items() if array.size and np.ptp(array) > 0})


if __name__ == "__main__":
    report(measure, __doc__, ("google-meridian", "jax"))
