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
from workbench.mmm.inputs.design import Design
from workbench.mmm.inputs.lift_tests import LiftTests
from workbench.mmm.inputs.priors import LogNormal, Priors
from workbench.mmm.shapes.adstock import lag_matrix
from workbench.mmm.shapes.saturation import LOG_3

LOG_2 = float(np.log(2.0))


def build_model(design: Design, priors: Priors, rotation: Rotation, tests: LiftTests) -> pm.Model:
    """The joint density of the parameters, the KPI and the lift tests' results, with the baseline integrated out."""
    with pm.Model(coords={"market": design.panel.markets, "channel": design.panel.channels}) as model:
        roas = pooled("roas", priors.roas, priors.roas_spread_scale, design)
        half = pooled("half_saturation", priors.half_saturation, priors.half_saturation_spread_scale, design)
        slope = log_normal("slope", priors.slope)
        half_life = log_normal("half_life", priors.half_life)
        noise = pm.HalfNormal("noise", priors.noise_scale, dims="market")

        weights = carry_over_weights(half_life, design.carry_over_weeks)
        response = saturate_graph(acting_exposure(weights, design), half, slope, design.saturation)
        coefficient = roas * design.money_scale / mean_response(response, design)
        media = pm.Deterministic("media", (response * coefficient).sum(axis=-1))

        pm.Potential("kpi", integrated_log_density(design.kpi - media, noise, rotation))
        if len(tests):
            caused = expected_lift(weights, half, slope, coefficient, design, tests)
            expected = pm.Deterministic("expected_lift", caused)
            pm.Normal("lift", expected, tests.standard_error, observed=tests.lift)
    return model


def pooled(name: str, prior: LogNormal | tuple[LogNormal, ...], spread_scale: float, design: Design) -> TensorVariable:
    """A positive quantity of each market and channel, (M, C), pooled over markets on the log scale.

    Several markets: each is Normal(centre, spread²), the centre Normal(mu, sigma²) and integrated out, so that what is
    sampled is the mean over markets and the differences from it.
    """
    markets = design.shape[1]
    if markets == 1:
        return log_normal(name, prior)[None, :]
    mu, sigma = log_moments(prior)
    spread = pm.HalfNormal(f"{name}_spread", spread_scale, dims="channel")
    offset = pm.Normal(f"{name}_offset", dims=("market", "channel"))
    mean = mu + pt.sqrt(sigma**2 + spread**2 / markets) * pm.Normal(name, dims="channel")
    return pt.exp(mean + spread * (offset - offset.mean(axis=0)))


def log_normal(name: str, prior: LogNormal | tuple[LogNormal, ...]) -> TensorVariable:
    """One positive quantity a channel."""
    mu, sigma = log_moments(prior)
    return pm.LogNormal(name, mu, sigma, dims="channel")


def log_moments(prior: LogNormal | tuple[LogNormal, ...]) -> tuple[np.ndarray, np.ndarray]:
    each = (prior,) if isinstance(prior, LogNormal) else prior
    return np.array([p.mu for p in each]), np.array([p.sigma for p in each])


def carry_over_weights(half_life: TensorVariable, carry_over_weeks: int) -> TensorVariable:
    """Share of the effect by lag, shape (L + 1, C)."""
    weights = pt.exp(-LOG_2 / half_life * np.arange(carry_over_weeks + 1)[:, None])
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
        "logistic": lambda: pt.tanh(LOG_3 / 2 * safe / half),
        "none": lambda: safe,
    }
    used = list(dict.fromkeys(forms))
    response = curves[used[0]]()
    for form in used[1:]:
        response = pt.switch(np.array([f == form for f in forms]), curves[form](), response)
    return pt.switch(positive, response, 0.0)


def mean_response(response: TensorVariable, design: Design) -> TensorVariable:
    """Mean over weeks weighted by the KPI's value, (M, C); one where a market never saw the channel."""
    unseen = (design.exposure[design.carry_over_weeks :].sum(axis=0) == 0).astype(float)
    return (response * design.value_weight[..., None]).sum(axis=0) + unseen


def integrated_log_density(residual: TensorVariable, noise: TensorVariable, rotation: Rotation) -> TensorVariable:
    """`likelihood.integrated_log_likelihood`, summed over markets, as a graph."""
    markets, weeks, columns = rotation.left.shape
    if markets == 1:
        rotated = (rotation.left[0].T @ residual[:, 0])[None, :]
    else:
        rotated = (rotation.left.transpose(1, 0, 2) * residual[:, :, None]).sum(axis=0)
    variance = noise**2
    explained = variance[:, None] + rotation.singular**2
    left_over = (residual**2).sum(axis=0) - (rotated**2).sum(axis=1)
    quadratic = (rotated**2 / explained).sum() + (left_over / variance).sum()
    log_determinant = pt.log(explained).sum() + (weeks - columns) * pt.log(variance).sum()
    return -0.5 * (quadratic + log_determinant + markets * weeks * LOG_2PI)


def expected_lift(
    weights: TensorVariable,
    half: TensorVariable,
    slope: TensorVariable,
    coefficient: TensorVariable,
    design: Design,
    tests: LiftTests,
) -> TensorVariable:
    """KPI units that each test's change of spend caused in its markets and weeks, shape (test,)."""
    cell = (tests.market, tests.channel)
    of_cell = weights.T[tests.channel]
    forms = tuple(design.saturation[c] for c in tests.channel)

    def response(lags: np.ndarray) -> TensorVariable:
        return saturate_graph((lags * of_cell).sum(axis=1), half[cell], slope[tests.channel], forms)

    caused = (response(tests.lags) - response(tests.lags_without)) * coefficient[cell] * design.kpi_scale[tests.market]
    return pt.dot(tests.membership, caused)
