"""The media-mix model as PyMC states it: what is unknown, and how it makes the KPI and the lift tests' results.

This is the model to read and to extend. `density` evaluates the same log-density with a gradient written by hand, because
compiling this graph takes far longer than sampling from it; a test holds the two to the same numbers.
"""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from workbench.mmm.density.likelihood import LOG_2PI, Rotation
from workbench.mmm.density.parameters import LEAST_NOISE
from workbench.mmm.inputs.design import Design
from workbench.mmm.inputs.lift_tests import LiftTests
from workbench.mmm.inputs.priors import LogNormal, Priors
from workbench.mmm.prepare import Prepared
from workbench.mmm.shapes.adstock import lag_matrix
from workbench.mmm.shapes.saturation import LOG_3
from workbench.mmm.shapes.surprises import whiten

LOG_2 = float(np.log(2.0))


def build_model(prepared: Prepared) -> pm.Model:
    """The joint density of the parameters, the KPI and the lift tests' results, with the baseline integrated out."""
    design, priors, tests = prepared.design, prepared.priors, prepared.tests
    with pm.Model(coords={"market": design.panel.markets, "channel": design.panel.channels}) as model:
        roas = pooled("roas", priors.roas, priors.roas_spread_scale, design)
        half = pooled("half_saturation", priors.half_saturation, priors.half_saturation_spread_scale, design)
        slope = log_normal("slope", priors.slope)
        noise = pt.sqrt(pm.HalfNormal("noise", priors.noise_scale, dims="market") ** 2 + LEAST_NOISE**2)

        weights = carry_over_weights(design, priors)
        path = effectiveness(design, priors)
        response = path * saturate_graph(acting_exposure(weights, design), half, slope, design.saturation)
        coefficient = roas * design.money_scale / mean_response(response, design)
        media = pm.Deterministic("media", (response * coefficient).sum(axis=-1))

        surprise = design.kpi - media - own_effects(design)
        residual = pt.constant(whitening_matrix(design)) @ surprise
        pm.Potential("kpi", integrated_log_density(residual, noise, prepared.rotation))
        if design.shared_weeks:
            week_spread = pm.HalfNormal("week_spread", priors.week_spread_scale)
            pm.Potential("shared", shared_log_density(residual, noise, week_spread, prepared.rotation))
        if len(tests):
            caused = expected_lift(weights, half, slope, coefficient, path, design, tests)
            expected = pm.Deterministic("expected_lift", caused)
            pm.Normal("lift", expected, tests.standard_error, observed=tests.lift)
    return model


def pooled(name: str, prior: tuple[LogNormal, ...], spread_scale: float, design: Design) -> TensorVariable:
    """A positive quantity of each market and channel, (M, C), pooled over markets on the log scale.

    Its mean over these markets is Normal(mu, sigma²), which is what an opinion is about, and the markets differ from it with
    standard deviation `spread`.
    """
    if design.shape[1] == 1:
        return log_normal(name, prior)[None, :]
    mu, sigma = log_moments(prior)
    spread = pm.HalfNormal(f"{name}_spread", spread_scale, dims="channel")
    offset = pm.Normal(f"{name}_offset", dims=("market", "channel"))
    return pt.exp(mu + sigma * pm.Normal(name, dims="channel") + spread * (offset - offset.mean(axis=0)))


def log_normal(name: str, prior: tuple[LogNormal, ...]) -> TensorVariable:
    """One positive quantity a channel."""
    mu, sigma = log_moments(prior)
    return pm.LogNormal(name, mu, sigma, dims="channel")


def log_moments(prior: tuple[LogNormal, ...]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([p.mu for p in prior]), np.array([p.sigma for p in prior])


def carry_over_weights(design: Design, priors: Priors) -> TensorVariable:
    """Share of the effect by lag, shape (L + 1, C)."""
    half_life = log_normal("half_life", priors.half_life)
    lag = np.arange(design.carry_over_weeks + 1)[:, None]
    forms = {"geometric": pt.exp(-LOG_2 * lag / half_life)}
    if set(design.adstock) != {"geometric"}:
        shape = log_normal("carry_over_shape", priors.carry_over_shape)
        forms["delayed"] = pt.exp(-LOG_2 * ((lag - shape) / half_life) ** 2)
        still_to_come = pt.exp(-LOG_2 * ((lag + 1) / half_life) ** shape)
        forms["weibull"] = pt.concatenate([1 - still_to_come[:1], still_to_come[:-1] - still_to_come[1:]])
    weights = pt.stack([forms[form][:, c] for c, form in enumerate(design.adstock)], axis=-1)
    return weights / weights.sum(axis=0)


def acting_exposure(weights: TensorVariable, design: Design) -> TensorVariable:
    """Exposure after carry-over, shape (T, M, C): one product of lag matrix and weights a channel."""
    weeks, markets, channels = design.shape
    lags = lag_matrix(design.exposure, design.carry_over_weeks)
    acting = [
        pt.constant(np.ascontiguousarray(lags[:, :, c].reshape(weeks * markets, -1))) @ weights[:, c]
        for c in range(channels)
    ]
    return pt.stack(acting, axis=-1).reshape((weeks, markets, channels))


def saturate_graph(
    exposure: TensorVariable, half: TensorVariable, slope: TensorVariable, forms: tuple[str, ...]
) -> TensorVariable:
    """`saturation.saturate` with the form given along the last axis."""
    positive = exposure > 0
    safe = pt.switch(positive, exposure, 1.0)
    curves = {
        "hill": lambda: pt.sigmoid(slope * pt.log(safe / half)),
        "michaelis_menten": lambda: safe / (safe + half),
        "logistic": lambda: pt.tanh(LOG_3 / 2 * safe / half),
        "none": lambda: safe,
    }
    used = list(dict.fromkeys(forms))
    response = curves[used[0]]()
    for form in used[1:]:
        response = pt.switch(np.array([f == form for f in forms]), curves[form](), response)
    return pt.switch(positive, response, 0.0)


def effectiveness(design: Design, priors: Priors) -> TensorVariable:
    """Each channel's effectiveness by week relative to its start, (T, 1, C): the exponential of a random walk over knots."""
    knots, _ = design.effectiveness_ramps.shape
    if knots == 0:
        return pt.ones((1, 1, 1))
    spread = pm.HalfNormal("effectiveness_spread", priors.effectiveness_spread_scale, dims="channel")
    steps = pm.Normal("effectiveness", shape=(design.shape[2], knots))
    return pt.exp((spread[:, None] * steps) @ design.effectiveness_ramps).T[:, None, :]


def mean_response(response: TensorVariable, design: Design) -> TensorVariable:
    """Mean over weeks weighted by the KPI's value, (M, C); one where a market never saw the channel."""
    unseen = (design.exposure.sum(axis=0) == 0).astype(float)
    return (response * design.value_weight[..., None]).sum(axis=0) + unseen


def own_effects(design: Design) -> TensorVariable:
    """Sum of the columns of each market's own with their coefficients, (T, M)."""
    baseline, (weeks, markets, _) = design.baseline, design.shape
    if not len(baseline.own_sign):
        return pt.zeros((weeks, markets))
    parts = []
    for j, (sign, sd) in enumerate(zip(baseline.own_sign, baseline.own_prior_sd, strict=True)):
        name, column = f"{baseline.own_component[j]} {j}", baseline.own[:, :, j].T
        if sign:
            parts.append(sign * pm.HalfNormal(name, sd, dims="market") * column)
        else:
            parts.append(sd * pm.Normal(name, dims="market") * column)
    return sum(parts[1:], parts[0])


def whitening_matrix(design: Design) -> np.ndarray:
    """`surprises.whiten` as a matrix, (T, T)."""
    return whiten(np.eye(design.shape[0]), design.persistence).T


def integrated_log_density(residual: TensorVariable, noise: TensorVariable, rotation: Rotation) -> TensorVariable:
    """`likelihood.integrated_log_likelihood` of each market by itself, as a graph, up to the whitening's constant."""
    weeks, columns = rotation.left.shape
    rotated = rotation.left.T @ residual
    variance = noise**2
    explained = variance + rotation.singular[:, None] ** 2
    left_over = (residual**2).sum(axis=0) - (rotated**2).sum(axis=0)
    quadratic = (rotated**2 / explained).sum() + (left_over / variance).sum()
    log_determinant = pt.log(explained).sum() + (weeks - columns) * pt.log(variance).sum()
    return -0.5 * (quadratic + log_determinant + residual.size * LOG_2PI)


def shared_log_density(
    residual: TensorVariable, noise: TensorVariable, spread: TensorVariable, rotation: Rotation
) -> TensorVariable:
    """What the course and the weeks that all markets share add to it."""
    weeks, columns = rotation.left.shape
    rotated, squared = rotation.left.T @ residual, rotation.singular**2
    own, shared = noise**2 + squared[:, None], spread**2 + squared
    growth = 1 + shared * (1 / own).sum(axis=1)
    inside = (shared / growth * (rotated / own).sum(axis=1) ** 2 - pt.log(growth)).sum()
    pulled = (residual - rotation.left @ rotated) @ (1 / noise**2)
    growth_outside = 1 + spread**2 * (1 / noise**2).sum()
    outside = spread**2 / growth_outside * (pulled**2).sum() - (weeks - columns) * pt.log(growth_outside)
    return 0.5 * (inside + outside)


def expected_lift(
    weights: TensorVariable,
    half: TensorVariable,
    slope: TensorVariable,
    coefficient: TensorVariable,
    path: TensorVariable,
    design: Design,
    tests: LiftTests,
) -> TensorVariable:
    """KPI units that each test's change of spend caused in its markets and weeks, shape (test,)."""
    cell = (tests.market, tests.channel)
    of_cell = weights.T[tests.channel]
    forms = tuple(design.saturation[c] for c in tests.channel)
    effective = pt.broadcast_to(path[:, 0], (design.shape[0], design.shape[2]))[tests.week, tests.channel]

    def response(lags: np.ndarray) -> TensorVariable:
        return saturate_graph((lags * of_cell).sum(axis=1), half[cell], slope[tests.channel], forms)

    caused = (response(tests.lags) - response(tests.lags_without)) * coefficient[cell] * design.kpi_scale[tests.market]
    return pt.dot(tests.membership, effective * caused)
