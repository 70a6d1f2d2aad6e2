"""The sampled density and the draws of the baseline against the whole model in PyMC, where nothing is integrated out.

Given the media, the noise and the spreads, everything else (the course of the baseline that all markets share, each market's own,
the weeks that all share) is Gaussian in the full model. So Laplace's formula integrates it out exactly, from PyMC's
log-density and gradient alone: none of the package's algebra is used.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from pytensor.compile.mode import Mode

from tests.mmm.worlds import simulate
from workbench.config import MediaMix
from workbench.mmm.density.callbacks import density_at, parameters_at
from workbench.mmm.density.packing import DensityData
from workbench.mmm.density.parameters import LEAST_NOISE, natural
from workbench.mmm.inputs.priors import LogNormal
from workbench.mmm.posterior.coefficients import draw_baseline
from workbench.mmm.posterior.fitted_response import response_model
from workbench.mmm.prepare import Prepared, prepare

pytestmark = pytest.mark.slow
PYTHON = Mode(linker="py", optimizer="fast_compile")
HALF_NORMAL = ("noise", "roas_spread", "half_saturation_spread", "week_spread")
GAUSSIAN = ("shared course", "course", "weeks")
POINTS, DRAWS = 12, 20_000


@dataclass(frozen=True)
class Full:
    """The full model, the one that is sampled, and points in the sampler's coordinates, whose unit is about one posterior sd."""

    prepared: Prepared
    positions: np.ndarray
    model: pm.Model


@pytest.fixture(scope="module", params=[1, 2], ids=["national", "two markets that share weeks"])
def full(request) -> Full:
    prepared = small_world(request.param)
    positions = np.random.default_rng(2).normal(size=(POINTS, prepared.layout.size))
    return Full(prepared=prepared, positions=positions, model=full_model(prepared))


def test_the_sampled_density_is_that_of_the_full_model_integrated(full):
    data, integrate = full.prepared.data, gaussian_integral(full)
    theirs = [integrate(parameters_at(position, data))[0] for position in full.positions]
    ours = [density_at(position, data)[0] - log_jacobian(position, data) for position in full.positions]
    np.testing.assert_allclose(np.diff(ours), np.diff(theirs), rtol=1e-9, atol=1e-6)


def test_draws_of_the_baseline_have_the_full_models_mean_and_covariance(full):
    prepared, position = full.prepared, parameters_at(full.positions[0], full.prepared.data)
    design = prepared.design
    _, mean, covariance = gaussian_integral(full)(position)
    drawn = natural(np.repeat(position[None], DRAWS, axis=0), design, prepared.priors)
    rng = np.random.default_rng(4)
    baseline = draw_baseline(response_model(drawn, design), drawn, design, prepared.rotation, rng)
    columns = design.baseline.columns.shape[1]
    coefficient = (baseline.coefficient / design.kpi_scale[:, None])[..., :columns]
    parts = [coefficient.reshape(DRAWS, -1)] + ([] if baseline.week_effect is None else [baseline.week_effect])
    found, effect = np.hstack(parts), effects_of_scores(prepared, float(drawn.week_spread[0]))
    sd = np.sqrt(np.diag(effect @ covariance @ effect.T))
    np.testing.assert_allclose((found.mean(axis=0) - effect @ mean) / sd, 0, atol=4.5 / np.sqrt(DRAWS))
    correlation = effect @ covariance @ effect.T / np.outer(sd, sd)
    np.testing.assert_allclose(np.cov(found.T) / np.outer(sd, sd), correlation, atol=6.5 / np.sqrt(DRAWS))


def small_world(markets: int) -> Prepared:
    panel = simulate(seed=3, weeks=60, markets=markets).panel
    prepared = prepare(panel, MediaMix(trend_knots_per_year=2, yearly_harmonics=1, carry_over_weeks=6), {})
    return replace(prepared, design=replace(prepared.design, persistence=0.4))


def full_model(prepared: Prepared) -> pm.Model:
    """The model as one would write it down, with a Hill curve and geometric carry-over."""
    design, priors = prepared.design, prepared.priors
    weeks, markets, _ = design.shape
    history, baseline, factor = design.carry_over_weeks, design.baseline, lasting(prepared)
    with pm.Model() as model:
        roas = _by_market("roas", priors.roas, priors.roas_spread_scale, markets)
        half = _by_market("half_saturation", priors.half_saturation, priors.half_saturation_spread_scale, markets)
        slope, half_life = _log_normal("slope", priors.slope), _log_normal("half_life", priors.half_life)
        weights = 0.5 ** (np.arange(history + 1)[:, None] / half_life)
        lagged = [design.exposure[history - lag : history - lag + weeks] for lag in range(history + 1)]
        acting = sum(weights[lag] * exposure for lag, exposure in enumerate(lagged)) / weights.sum(axis=0)
        response = acting**slope / (acting**slope + half**slope)
        media = (roas * design.money_scale * response / response.mean(axis=0)).sum(axis=-1)

        course = baseline.prior_sd * pm.Normal("course", shape=(markets, len(baseline.prior_sd)))
        shared = pt.zeros(weeks)
        if design.shared_weeks:
            course = course + baseline.prior_sd * pm.Normal("shared course", shape=len(baseline.prior_sd))
            innovations = pm.Normal("weeks", shape=weeks)
            shared = pm.HalfNormal("week_spread", priors.week_spread_scale) * (factor @ innovations)
        expected = media + (baseline.columns @ course.T) + shared[:, None]
        if len(baseline.own_sign):
            effect = baseline.own_prior_sd * pm.Normal("own", shape=(markets, len(baseline.own_sign)))
            expected = expected + (baseline.own * effect[:, None, :]).sum(axis=-1).T
        noise = pt.sqrt(pm.HalfNormal("noise", priors.noise_scale, shape=markets) ** 2 + LEAST_NOISE**2)
        for m in range(markets):
            pm.MvNormal(f"kpi {m}", expected[:, m], chol=noise[m] * factor, observed=design.kpi[:, m])
    return model


def gaussian_integral(full: Full):
    """A function from a layout's vector to the integral's logarithm, and the Gaussian unknowns' mean and covariance."""
    model, layout = full.model, full.prepared.layout
    names = [name for name in GAUSSIAN if name in model.named_vars]
    value = model.compile_logp(mode=PYTHON)
    slope = model.compile_dlogp(vars=[model[name] for name in names], mode=PYTHON)
    start = model.initial_point()
    sizes = [start[name].size for name in names]

    def at(point: dict, scores: np.ndarray) -> dict:
        parts = np.split(scores, np.cumsum(sizes)[:-1])
        return point | {name: part.reshape(start[name].shape) for name, part in zip(names, parts, strict=True)}

    def integrate(position: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        blocks = layout.split(position)
        point = {f"{name}_log__" if name in HALF_NORMAL else name: block for name, block in blocks.items()}
        if "week_spread_log__" in point:
            point["week_spread_log__"] = point["week_spread_log__"][0]
        origin = np.zeros(sum(sizes))
        gradient = slope(at(point, origin))
        curvature = np.stack([gradient - slope(at(point, unit)) for unit in np.eye(len(origin))])
        covariance = np.linalg.inv(curvature)
        mean = covariance @ gradient
        # At the mode, where no large numbers cancel.
        mean += covariance @ slope(at(point, mean))
        log_volume = 0.5 * (len(origin) * np.log(2 * np.pi) - np.linalg.slogdet(curvature)[1])
        return float(value(at(point, mean)) + log_volume), mean, covariance

    return integrate


def log_jacobian(position: np.ndarray, data: DensityData) -> float:
    """Of the layout's coordinates by the sampler's."""
    steps = 1e-5 * np.eye(len(position))
    return float(
        np.linalg.slogdet([parameters_at(position + h, data) - parameters_at(position - h, data) for h in steps])[1]
    )


def effects_of_scores(prepared: Prepared, week_spread: float) -> np.ndarray:
    """The matrix that turns the Gaussian unknowns into all markets' coefficients and the shared weeks."""
    weeks, markets, _ = prepared.design.shape
    scale = np.diag(prepared.design.baseline.prior_sd)
    own = np.kron(np.eye(markets), scale)
    if not prepared.design.shared_weeks:
        return own
    coefficients = np.hstack([np.tile(scale, (markets, 1)), own, np.zeros((len(own), weeks))])
    shared = np.hstack([np.zeros((weeks, coefficients.shape[1] - weeks)), week_spread * lasting(prepared)])
    return np.vstack([coefficients, shared])


def lasting(prepared: Prepared) -> np.ndarray:
    """Cholesky factor of the correlation of lasting surprises over weeks."""
    weeks = np.arange(prepared.design.shape[0])
    return np.linalg.cholesky(prepared.design.persistence ** np.abs(np.subtract.outer(weeks, weeks)))


def _log_normal(name: str, prior: tuple[LogNormal, ...]):
    mu, sigma = np.array([p.mu for p in prior]), np.array([p.sigma for p in prior])
    return pt.exp(mu + sigma * pm.Normal(name, shape=len(prior)))


def _by_market(name: str, prior: tuple[LogNormal, ...], spread_scale: float, markets: int):
    mean = _log_normal(name, prior)
    if markets == 1:
        return mean
    difference = pm.HalfNormal(f"{name}_spread", spread_scale, shape=len(prior)) * pm.Normal(
        f"{name}_offset", shape=(markets, len(prior))
    )
    return mean * pt.exp(difference - difference.mean(axis=0))
