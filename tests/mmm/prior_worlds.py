"""Worlds drawn from the model's own priors, stated once more in plain numpy: as one would write them down, not as they are sampled."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from workbench.mmm.inputs.design import Baseline, Design
from workbench.mmm.inputs.lift_tests import LiftTests
from workbench.mmm.inputs.priors import LogNormal, Priors
from workbench.mmm.prepare import Prepared


@dataclass(frozen=True, kw_only=True)
class Truth:
    """One draw from the priors, for T weeks, M markets and C channels; money and KPI relative to the market's mean KPI.

    Attributes:
        roas: Shape (M, C).
        half_saturation: Shape (M, C).
        slope: Shape (C,).
        half_life: Shape (C,).
        carry_over_shape: Shape (C,).
        noise: Shape (M,).
        roas_spread: Shape (C,).
        half_saturation_spread: Shape (C,).
        week_spread: A number.
        own: Effects of each market's own columns, shape (M, J).
        effectiveness_spread: Shape (C,).
        path: Effectiveness by week on the log scale, shape (T, C).
        coefficients: Of the common baseline's columns, the course that all markets share included, shape (M, K).
        weeks: What all markets share in a week, shape (T,).
    """

    roas: np.ndarray
    half_saturation: np.ndarray
    slope: np.ndarray
    half_life: np.ndarray
    carry_over_shape: np.ndarray
    noise: np.ndarray
    roas_spread: np.ndarray
    half_saturation_spread: np.ndarray
    week_spread: float
    own: np.ndarray
    effectiveness_spread: np.ndarray
    path: np.ndarray
    coefficients: np.ndarray
    weeks: np.ndarray


def draw_truth(design: Design, priors: Priors, rng: np.random.Generator) -> Truth:
    """Draw every unknown from its prior."""
    weeks, markets, channels = design.shape
    baseline, knots = design.baseline, len(design.effectiveness_ramps)
    several = float(markets > 1)
    roas_spread = several * np.abs(rng.normal(scale=priors.roas_spread_scale, size=channels))
    half_spread = several * np.abs(rng.normal(scale=priors.half_saturation_spread_scale, size=channels))
    drift = np.abs(rng.normal(scale=priors.effectiveness_spread_scale, size=channels))
    week_spread = float(design.shared_weeks * np.abs(rng.normal(scale=priors.week_spread_scale)))
    everywhere = float(design.shared_weeks) * rng.normal(size=len(baseline.prior_sd))
    return Truth(
        roas=_in_markets(priors.roas, roas_spread, markets, rng),
        half_saturation=_in_markets(priors.half_saturation, half_spread, markets, rng),
        slope=np.exp(_logs(priors.slope, rng)),
        half_life=np.exp(_logs(priors.half_life, rng)),
        carry_over_shape=np.exp(_logs(priors.carry_over_shape, rng)),
        noise=np.abs(rng.normal(scale=priors.noise_scale, size=markets)),
        roas_spread=roas_spread,
        half_saturation_spread=half_spread,
        week_spread=week_spread,
        own=_own_effects(baseline, markets, rng),
        effectiveness_spread=drift,
        path=design.effectiveness_ramps.T @ (drift * rng.normal(size=(knots, channels))),
        coefficients=baseline.prior_sd * (everywhere + rng.normal(size=(markets, len(baseline.prior_sd)))),
        weeks=week_spread * lasting(rng.normal(size=(weeks, 1)), design)[:, 0],
    )


def media(truth: Truth, design: Design) -> np.ndarray:
    """What media cause, shape (T, M, C)."""
    return responses(truth, design, design.exposure) * effect_of_response(truth, design)


def effect_of_response(truth: Truth, design: Design) -> np.ndarray:
    """What a response of one causes, shape (M, C), such that all weeks together return `roas` on what was spent."""
    response = responses(truth, design, design.exposure)
    mean = np.einsum("tmc,tm->mc", response, design.panel.value / design.panel.value.sum(axis=0))
    return truth.roas * design.money_scale / mean


def responses(truth: Truth, design: Design, exposure: np.ndarray) -> np.ndarray:
    """Media before their size is known, shape (T, M, C), from exposure with its history, shape (L + T, M, C)."""
    weeks, markets, channels = design.shape
    found = np.empty((weeks, markets, channels))
    for c in range(channels):
        weights = _lag_weights(truth, design, c)
        for m in range(markets):
            acting = np.convolve(exposure[:, m, c], weights)[design.carry_over_weeks :][:weeks]
            found[:, m, c] = np.exp(truth.path[:, c]) * _saturated(acting, truth, design, m, c)
    return found


def simulate_kpi(truth: Truth, design: Design, rng: np.random.Generator) -> np.ndarray:
    """The KPI relative to each market's mean, shape (T, M)."""
    baseline = design.baseline
    own = np.einsum("mtj,mj->tm", baseline.own, truth.own)
    expected = media(truth, design).sum(axis=-1) + baseline.columns @ truth.coefficients.T + own + truth.weeks[:, None]
    return expected + truth.noise * lasting(rng.normal(size=expected.shape), design)


def lasting(innovations: np.ndarray, design: Design) -> np.ndarray:
    """Surprises of unit variance, shape (T, M), of which the design's share is left a week later."""
    found = innovations.copy()
    for t in range(1, len(found)):
        found[t] = design.persistence * found[t - 1] + np.sqrt(1 - design.persistence**2) * innovations[t]
    return found


def simulate_lift(truth: Truth, design: Design, tests: LiftTests, rng: np.random.Generator) -> np.ndarray:
    """Results of tests that switched one channel off, or on, for good in all of their cells; KPI units, shape (test,)."""
    effect = effect_of_response(truth, design)
    caused = np.empty(len(tests))
    for n in range(len(tests)):
        of_test = tests.membership[n] > 0
        cells = (tests.week[of_test], tests.market[of_test], tests.channel[of_test])
        without = design.exposure.copy()
        without[(design.carry_over_weeks + cells[0], *cells[1:])] = 0.0
        change = responses(truth, design, design.exposure) - responses(truth, design, without)
        caused[n] = (change * effect * design.kpi_scale[:, None])[cells].sum()
    return caused + tests.standard_error * rng.normal(size=len(tests))


def simulated(reference: Prepared, truth: Truth, rng: np.random.Generator) -> Prepared:
    """The reference's model, with a KPI and lift tests' results that `truth` made."""
    design = replace(reference.design, kpi=simulate_kpi(truth, reference.design, rng))
    tests = reference.tests
    if len(tests):
        tests = replace(tests, lift=simulate_lift(truth, design, tests, rng))
    return replace(reference, design=design, tests=tests)


def _logs(prior: tuple[LogNormal, ...], rng: np.random.Generator) -> np.ndarray:
    return np.array([rng.normal(p.mu, p.sigma) for p in prior])


def _in_markets(prior: tuple[LogNormal, ...], spread: np.ndarray, markets: int, rng: np.random.Generator) -> np.ndarray:
    """The prior is about the mean over these very markets."""
    difference = spread * rng.normal(size=(markets, len(prior)))
    return np.exp(_logs(prior, rng) + difference - difference.mean(axis=0))


def _own_effects(baseline: Baseline, markets: int, rng: np.random.Generator) -> np.ndarray:
    drawn = baseline.own_prior_sd * rng.normal(size=(markets, len(baseline.own_prior_sd)))
    return np.where(baseline.own_sign == 0, drawn, baseline.own_sign * np.abs(drawn))


def _lag_weights(truth: Truth, design: Design, c: int) -> np.ndarray:
    half_life, shape = truth.half_life[c], truth.carry_over_shape[c]
    lags = np.arange(design.carry_over_weeks + 1.0)
    match design.adstock[c]:
        case "geometric":
            weights = np.exp(-np.log(2) * lags / half_life)
        case "delayed":
            halvings = ((lags - shape) / half_life) ** 2
            weights = np.exp(-np.log(2) * (halvings - halvings.min()))
        case "weibull":
            weights = -np.diff(np.exp(-np.log(2) * (np.append(lags, lags[-1] + 1) / half_life) ** shape))
    return weights / weights.sum()


def _saturated(acting: np.ndarray, truth: Truth, design: Design, m: int, c: int) -> np.ndarray:
    half, slope = truth.half_saturation[m, c], truth.slope[c]
    match design.saturation[c]:
        case "hill":
            return 1 - 1 / (1 + (acting / half) ** slope)
        case "logistic":
            return 2 / (1 + 3 ** (-acting / half)) - 1
        case "michaelis_menten":
            return acting / (acting + half)
    return acting
