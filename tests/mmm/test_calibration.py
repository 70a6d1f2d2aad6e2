"""Simulation-based calibration: where the truth was drawn from the priors, its rank among posterior draws is uniform.

The truth comes from the model as one would write it down (`prior_worlds`); the posterior from the density with baseline, shared
courses and weeks integrated out, and from the exact draws of what was integrated out.

References:
    Talts et al. (2018), Validating Bayesian Inference Algorithms with Simulation-Based Calibration.
    Modrák et al. (2023), Simulation-Based Calibration Checking for Bayesian Computation: The Choice of Test Quantities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.mmm.prior_worlds import Truth, draw_truth, media, simulated
from tests.mmm.worlds import simulate
from workbench.config import Channel, MediaMix
from workbench.data.panel import Panel
from workbench.mmm.density.likelihood import integrated_log_likelihood
from workbench.mmm.density.parameters import Draws, natural
from workbench.mmm.density.sample import Sample, sample_posterior
from workbench.mmm.posterior.coefficients import draw_baseline
from workbench.mmm.posterior.fitted_response import response_model
from workbench.mmm.posterior.media import media_of_market
from workbench.mmm.prepare import Prepared, prepare

RANKS, BINS = 99, 10
FALSE_ALARM = 0.001
WEEKS, ONE_WEEK = 64, 10
PARAMETERS = ("roas", "half_saturation", "slope", "half_life", "carry_over_shape", "noise", "own", "week_spread")
SPREADS = ("roas_spread", "half_saturation_spread")
PERSISTENCE = {"three markets": 0.5, "options": 0.7}
OPTIONS = {
    "channel 0": Channel(adstock="weibull"),
    "channel 1": Channel(adstock="delayed", saturation="logistic"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "worlds"), [("national", 120), ("three markets", 60), ("options", 60)])
def test_ranks_of_the_truth_are_uniform(kind, worlds):
    ranks = [rank_truth(reference(kind), seed) for seed in range(worlds)]
    chance = uniformity(ranks)
    assert min(chance.values()) > FALSE_ALARM / len(chance), sorted(chance.items(), key=lambda item: item[1])[:5]


@pytest.mark.parametrize(("scale", "shift"), [(0.5, 0.0), (2.0, 0.0), (1.0, 1.0)])
def test_a_posterior_too_narrow_too_wide_or_beside_the_truth_is_found(scale, shift):
    rng = np.random.default_rng(1)
    drawn = shift + scale * rng.normal(size=(100, RANKS))
    ranks = [{"a": (draws < rng.normal()).sum()} for draws in drawn]
    assert uniformity(ranks)["a ()"] < FALSE_ALARM / 30


def reference(kind: str) -> Prepared:
    """A model whose exposure and scales are given; its KPI is to be simulated."""
    config = MediaMix(trend_knots_per_year=2, yearly_harmonics=1, carry_over_weeks=8)
    markets = 3 if kind == "three markets" else 1
    panel, channels, lift = simulate(seed=1, weeks=WEEKS, markets=markets).panel, {}, None
    if kind == "options":
        config = config.model_copy(update={"effectiveness_knots_per_year": 2.0, "signs": {"weather": "positive"}})
        channels, lift = OPTIONS, _test_of_five_weeks(panel)
    prepared = prepare(panel, config, channels, lift)
    # Less noise than the default believes in: worlds in which nothing can be learnt would test little.
    design = replace(prepared.design, persistence=PERSISTENCE.get(kind, 0.0))
    return replace(prepared, design=design, priors=replace(prepared.priors, noise_scale=0.1))


def rank_truth(model: Prepared, seed: int) -> dict[str, np.ndarray]:
    """Ranks of one world's true quantities among posterior draws."""
    rng = np.random.default_rng(seed)
    truth = draw_truth(model.design, model.priors, rng)
    world = simulated(model, truth, rng)
    sample = sample_posterior(world.data, seed=seed, draws=250, tune=250, chains=2)
    true, drawn = true_quantities(truth, world), drawn_quantities(sample, world, rng)
    return {name: (values < true[name]).sum(axis=0) for name, values in drawn.items() if name not in absent(world)}


def absent(world: Prepared) -> set[str]:
    """Quantities that this model doesn't have."""
    layout = world.layout
    there = {
        ("roas_spread", "half_saturation_spread"): layout.markets > 1,
        ("week_spread", "shared week"): layout.shared_weeks,
        ("carry_over_shape",): layout.shaped,
        ("effectiveness",): layout.knots > 0,
    }
    return {name for names, present in there.items() if not present for name in names}


def true_quantities(truth: Truth, world: Prepared) -> dict[str, np.ndarray]:
    design, caused = world.design, media(truth, world.design)
    own = np.einsum("mtj,mj->tm", design.baseline.own, truth.own)
    residual = design.kpi - caused.sum(axis=-1) - own
    return {
        **{name: np.asarray(getattr(truth, name)) for name in (*PARAMETERS, *SPREADS)},
        "shared week": truth.weeks[ONE_WEEK],
        "effectiveness": truth.path[-1],
        "contribution to the first half": caused[: WEEKS // 2].mean(axis=0),
        **_ends(design.baseline.columns @ truth.coefficients.T + own),
        "log-likelihood": _log_likelihood(residual, truth.noise, truth.week_spread, world),
    }


def drawn_quantities(sample: Sample, world: Prepared, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """The same, with draws along the first axis."""
    design, position = world.design, sample.flat(RANKS)
    drawn, blocks = natural(position, design, world.priors), world.layout.split(position)
    response = response_model(drawn, design)
    baseline = draw_baseline(response, drawn, design, world.rotation, rng)
    caused = np.stack([media_of_market(response, m) / scale for m, scale in enumerate(design.kpi_scale)], axis=2)
    level = np.einsum("mtk,dmk->tdm", baseline.columns, baseline.coefficient / design.kpi_scale[:, None])
    return {
        **{name: getattr(drawn, name) for name in PARAMETERS},
        **{name: np.exp(blocks.get(name, np.nan)) for name in SPREADS},
        "shared week": np.nan if baseline.week_effect is None else baseline.week_effect[:, ONE_WEEK],
        "effectiveness": drawn.effectiveness @ design.effectiveness_ramps[:, -1],
        "contribution to the first half": caused[:, : WEEKS // 2].mean(axis=1),
        **_ends(level),
        "log-likelihood": _log_likelihoods(drawn, caused, world),
    }


def uniformity(ranks: Sequence[Mapping[str, np.ndarray]]) -> dict[str, float]:
    """Chance of ranks so uneven, had they been uniform: the chi-square test of each single quantity over the worlds."""
    chance = {}
    for name in ranks[0]:
        for index in np.ndindex(np.shape(ranks[0][name])):
            bins = [int(world[name][index]) * BINS // (RANKS + 1) for world in ranks]
            chance[f"{name} {index}"] = float(stats.chisquare(np.bincount(bins, minlength=BINS)).pvalue)
    return chance


def _ends(level: np.ndarray) -> dict[str, np.ndarray]:
    """First and last weeks of a baseline whose first axis is the week."""
    return {"baseline at the start": level[:5].mean(axis=0), "baseline at the end": level[-5:].mean(axis=0)}


def _log_likelihoods(drawn: Draws, caused: np.ndarray, world: Prepared) -> np.ndarray:
    own = np.einsum("mtj,dmj->dtm", world.design.baseline.own, drawn.own)
    residual = world.design.kpi - caused.sum(axis=-1) - own
    each = zip(residual, drawn.noise, drawn.week_spread, strict=True)
    return np.array([_log_likelihood(*values, world) for values in each])


def _log_likelihood(residual: np.ndarray, noise: np.ndarray, week_spread: float, world: Prepared) -> float:
    shared = week_spread if world.design.shared_weeks else None
    return integrated_log_likelihood(residual, noise, shared, world.rotation)


def _test_of_five_weeks(panel: Panel) -> pd.DataFrame:
    """A test in which all spend of five weeks was the change."""
    spent = panel.window_spend[20:25, 0, 1].sum()
    return pd.DataFrame(
        {
            "experiment_id": ["five weeks"],
            "channel": ["channel 1"],
            "markets": ["market 0"],
            "start": [panel.weeks[20]],
            "end": [panel.weeks[25] - pd.Timedelta(days=1)],
            "spend_change": [spent],
            "lift": [0.0],
            "lift_se": [0.3 * spent],
        }
    )
