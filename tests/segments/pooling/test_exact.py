"""Draws against PyMC, and against integration where likelihoods aren't normal."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import logsumexp
from scipy.stats import halfnorm, norm

from tests.segments.pooling.worlds import CENTRE, MODEL, World, simulate_world
from workbench.segments.pooling.cell_likelihoods import CellLikelihoods, cell_likelihoods, summits
from workbench.segments.pooling.cells import Cells
from workbench.segments.pooling.departures import Weights, departures, weigh
from workbench.segments.pooling.design import AVERAGE_SPREAD, GROUP_SPREAD, Design, make_design
from workbench.segments.pooling.model import pooled_model
from workbench.segments.pooling.sample import PooledDraws, sample_pooled

EVENTS, EXPOSURE = np.array([0.0, 2.0, 9.0]), np.array([6.0, 4.0, 5.0])


def world_of(sizes: list[int], *, seed: int) -> tuple[World, CellLikelihoods, Design]:
    world = simulate_world(sizes, seed=seed)
    at = summits(MODEL, world.cells.histories, CENTRE[:4], GROUP_SPREAD)
    return world, cell_likelihoods(MODEL, world.cells, at), make_design(world.cells, CENTRE, rate=1)


def poisson_parabolas() -> tuple[CellLikelihoods, Design]:
    """Counts of events whose rates' logarithms are pooled; the cell without events has a likelihood without a summit."""
    at = np.log((EVENTS + 0.5) / EXPOSURE)
    rate = EXPOSURE * np.exp(at)
    likelihoods = CellLikelihoods(
        names=("rate",), information=rate[:, None, None], linear=(EVENTS - rate + rate * at)[:, None], at=at[:, None]
    )
    cells = Cells(table=pd.DataFrame({"channel": list("abc")}), histories=(), groups=("channel",), covariates=())
    return likelihoods, make_design(cells, np.zeros(1), rate=0)


def poisson_missed(likelihoods: CellLikelihoods, points: np.ndarray) -> float:
    at, curvature = points[:, 0], likelihoods.information[:, 0, 0]
    return float((EVENTS * at - EXPOSURE * np.exp(at) - likelihoods.linear[:, 0] * at + curvature * at**2 / 2).sum())


def poisson_integrated() -> tuple[np.ndarray, np.ndarray]:
    """Means and standard deviations of the rates' logarithms, by sums over the average, the spread and each cell's shift."""
    averages, spreads = np.linspace(-4, 4, 161), (np.arange(60) + 0.5) * 1.5 / 60
    scores = np.linspace(-6, 6, 241)
    at = averages[:, None, None] + spreads[:, None] * scores
    cells = [norm.logpdf(scores) + y * at - e * np.exp(at) for y, e in zip(EVENTS, EXPOSURE, strict=True)]
    inner = np.array([logsumexp(each, axis=-1) for each in cells])
    outer = norm.logpdf(averages)[:, None] + halfnorm.logpdf(spreads, scale=GROUP_SPREAD) + inner.sum(axis=0)
    moments = []
    for cell, total in zip(cells, inner, strict=True):
        weight = np.exp(cell + (outer - total)[..., None] - outer.max())
        weight /= weight.sum()
        mean = (weight * at).sum()
        moments.append((mean, np.sqrt((weight * (at - mean) ** 2).sum())))
    means, errors = np.transpose(moments)
    return means, errors


def test_what_parabolas_miss_is_made_good() -> None:
    """Poisson counts, one of them 0: parabolas alone err by more than what exact draws may."""
    likelihoods, design = poisson_parabolas()
    means, errors = poisson_integrated()
    exact, roughly = (
        sample_pooled(likelihoods, design, draws=6000, seed=1, missed=missed).cells[:, :, 0]
        for missed in (lambda points: poisson_missed(likelihoods, points), None)
    )
    np.testing.assert_allclose(exact.mean(axis=0), means, atol=0.05)
    np.testing.assert_allclose(exact.std(axis=0), errors, rtol=0.06)
    assert np.abs(roughly.mean(axis=0) - means).max() > 0.1


def test_of_a_parabola_that_is_too_narrow_the_weights_tell() -> None:
    _, likelihoods, design = world_of([60, 300], seed=2)
    world = simulate_world([60, 300], seed=2)
    draws = sample_pooled(likelihoods, design, draws=300, seed=1).cells
    good = weigh(departures(MODEL, world.cells, likelihoods), draws)
    assert not any(each.misled for each in good)
    # Ten times the customers behind one parabola: its draws lie too close together to stand for the likelihood's.
    at, sharper = likelihoods.at, likelihoods.information.copy()
    sharper[0] *= 10
    linear = likelihoods.linear + np.einsum("gpq,gq->gp", sharper - likelihoods.information, at)
    narrow = CellLikelihoods(names=likelihoods.names, information=sharper, linear=linear, at=at)
    drawn = sample_pooled(narrow, design, draws=300, seed=1).cells
    assert [each.misled for each in weigh(departures(MODEL, world.cells, narrow), drawn)] == [True, False]
    assert not Weights(pareto_k=2.0, effective=0.99).misled
    assert Weights(pareto_k=np.nan, effective=0.5).misled


def test_a_part_of_a_large_cell_tells_what_all_of_it_misses() -> None:
    world, likelihoods, _ = world_of([12_000], seed=4)
    departure = departures(MODEL, world.cells, likelihoods)
    assert len(departure.histories[0]) < len(world.cells.histories[0])
    (histories,), (information,), (linear,) = world.cells.histories, likelihoods.information, likelihoods.linear

    def missed(point: np.ndarray) -> float:
        value = MODEL.log_likelihood(np.exp(point[:4]), histories)[0]
        return float(value - linear[:4] @ point[:4] + point[:4] @ information[:4, :4] @ point[:4] / 2)

    shifts = np.random.default_rng(1).multivariate_normal(np.zeros(5), np.linalg.inv(information), size=20) * 3
    whole = np.array([missed(likelihoods.at[0] + shift) for shift in shifts])
    part = np.array([departure.of(0, likelihoods.at[0] + shift) for shift in shifts])
    assert np.corrcoef(whole, part)[0, 1] > 0.9
    np.testing.assert_allclose((part - part[0]), (whole - whole[0]), atol=0.35 * np.ptp(whole))


def test_the_densitys_differences_are_those_of_pymc() -> None:
    """Of real cells of five parameters, priors and parabolas written out by hand, at random points."""
    _, likelihoods, design = world_of([80, 200, 500], seed=3)
    model = pooled_model(likelihoods, design)
    log_density = model.compile_logp(jacobian=False, mode="FAST_COMPILE")
    rng, learnt = np.random.default_rng(1), design.spread >= 0

    def by_hand(point: dict[str, np.ndarray]) -> float:
        spreads = np.exp(point["spreads_log__"])
        shifts = point["scores"].reshape(3, 5) * spreads
        cells = point["fixed"] + shifts
        value = norm.logpdf(point["scores"]).sum() + halfnorm.logpdf(spreads, scale=GROUP_SPREAD).sum()
        value += norm.logpdf(point["fixed"], CENTRE, AVERAGE_SPREAD).sum()
        for at, information, linear in zip(cells, likelihoods.information, likelihoods.linear, strict=True):
            value += linear @ at - at @ information @ at / 2
        return float(value)

    def anywhere() -> dict[str, np.ndarray]:
        return {
            "spreads_log__": rng.normal(-1, 0.5, 5),
            "fixed": CENTRE + rng.normal(0, 0.3, 5),
            "scores": rng.normal(size=int(learnt.sum())),
        }

    points = [anywhere() for _ in range(12)]
    ours, theirs = (np.array([density(point) for point in points]) for density in (by_hand, log_density))
    np.testing.assert_allclose(theirs - theirs[0], ours - ours[0], rtol=1e-8, atol=1e-8)


def agree(ours: np.ndarray, theirs: np.ndarray) -> None:
    """Means within Monte Carlo error, standard deviations within a tenth; shapes (chains, draws, ...)."""
    from arviz_stats.base import array_stats

    def mean_sd_error(draws: np.ndarray) -> tuple[np.ndarray, ...]:
        flat = draws.reshape(*draws.shape[:2], -1)
        effective = np.array([array_stats.ess(flat[:, :, at], method="mean") for at in range(flat.shape[2])])
        mean, deviation = flat.mean(axis=(0, 1)), flat.std(axis=(0, 1))
        return mean, deviation, deviation / np.sqrt(effective)

    (mean, deviation, error), (other, other_deviation, other_error) = mean_sd_error(ours), mean_sd_error(theirs)
    np.testing.assert_array_less(np.abs(mean - other), 4 * np.hypot(error, other_error))
    np.testing.assert_allclose(deviation, other_deviation, rtol=0.1)


def chains_of(likelihoods: CellLikelihoods, design: Design, missed=None) -> PooledDraws:  # type: ignore[no-untyped-def]
    chains = [sample_pooled(likelihoods, design, draws=2500, seed=seed, missed=missed) for seed in range(2)]
    return PooledDraws(
        **{name: np.stack([getattr(each, name) for each in chains]) for name in ("cells", "coefficients", "spreads")}
    )


def drawn_by_nuts(model: Any) -> Any:
    """Its posterior; of 3,000 draws but 230 told of a spread's deviation where a chain strayed into the tail, as on some machines one does."""
    import pymc as pm

    with model:
        return pm.sample(
            12_000, tune=1500, chains=2, cores=2, random_seed=1, nuts_sampler="nutpie", target_accept=0.95,
            progressbar=False, compute_convergence_checks=False,
        ).posterior  # fmt: skip


@pytest.mark.slow
def test_our_draws_are_those_of_nuts() -> None:
    _, likelihoods, design = world_of([60, 200, 800], seed=6)
    nuts = drawn_by_nuts(pooled_model(likelihoods, design))
    ours = chains_of(likelihoods, design)
    agree(ours.cells, nuts.cells.to_numpy())
    agree(ours.spreads, nuts.spreads.to_numpy())


@pytest.mark.slow
def test_exact_draws_are_those_of_nuts_with_the_likelihood_itself() -> None:
    """Two small channels under BG/NBD as Fader, Hardie and Lee (2005) write it, each purchase history of its own."""
    import pymc as pm
    import pytensor.tensor as pt

    world, likelihoods, design = world_of([25, 60], seed=8)
    with pooled_model(likelihoods, design) as model:
        cells = model["cells"]
        for at, (histories, information, linear) in enumerate(
            zip(world.cells.histories, likelihoods.information, likelihoods.linear, strict=True)
        ):
            own = cells[at, :4]
            r, alpha, a, b = (pt.exp(own[each]) for each in range(4))
            x, recency, age = histories.frequency, histories.recency, histories.age
            alive = pt.gammaln(a + b) + pt.gammaln(b + x) - pt.gammaln(b) - pt.gammaln(a + b + x)
            alive -= (r + x) * pt.log(alpha + age)
            gone = pt.log(a) - pt.log(b + np.maximum(x, 1) - 1) + pt.gammaln(a + b) + pt.gammaln(b + x)
            gone += -pt.gammaln(b) - pt.gammaln(a + b + x) - (r + x) * pt.log(alpha + recency)
            both = pt.switch(x > 0, pt.logaddexp(alive, gone), alive)
            value = (both + pt.gammaln(r + x) - pt.gammaln(r) + r * pt.log(alpha)).sum()
            parabola = linear[:4] @ own - own @ pt.dot(information[:4, :4], own) / 2
            pm.Potential(f"missed_{at}", value - parabola)
    nuts = drawn_by_nuts(model)
    departure = departures(MODEL, world.cells, likelihoods)
    exact = chains_of(likelihoods, design, lambda points: departure.together([0, 1], points))
    agree(exact.cells, nuts.cells.to_numpy())
    agree(exact.spreads, nuts.spreads.to_numpy())
