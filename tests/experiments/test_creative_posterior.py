"""The hierarchical model of creatives against exact integration, and against worlds whose truth is known."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import expit, logit

from tests.experiments.creative_worlds import FACTORS, added, cells_of, draw_world
from workbench.config import CreativeExperiment, Metric
from workbench.experiments.creative.allocation import allocate, loss_after, probability_best, thompson_shares
from workbench.experiments.creative.decision import choose
from workbench.experiments.creative.effects import part_effects
from workbench.experiments.creative.gibbs import SEGMENT_SD
from workbench.experiments.creative.posterior import sample_posterior
from workbench.experiments.creative.terms import PART_SCALE


def exact_posterior(clicks: np.ndarray, units: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means, standard deviations and probabilities of being best, by integrating over grids.

    logit(rate) ~ N(level, spread²), level ~ N(0, SEGMENT_SD²), spread ~ half-Cauchy(PART_SCALE), clicks binomial.
    """
    middle = logit(clicks.sum() / units.sum())
    theta = middle + np.linspace(-2.0, 2.0, 400)
    level, spread = middle + np.linspace(-1.0, 1.0, 50), np.geomspace(0.008, 3.0, 60)
    likelihood = np.array([stats.binom.pmf(x, n, expit(theta)) for x, n in zip(clicks, units, strict=True)])
    prior = stats.norm.pdf(theta, level[:, None, None], spread[None, :, None])
    prior /= prior.sum(axis=-1, keepdims=True)
    joint = prior[..., None, :] * likelihood
    evidence = joint.sum(axis=-1)
    weight = stats.norm.pdf(level, 0, SEGMENT_SD)[:, None] * stats.halfcauchy.pdf(spread, scale=PART_SCALE) * spread
    weight = weight * evidence.prod(axis=-1)
    weight /= weight.sum()
    density = joint / evidence[..., None]
    below = np.cumsum(density, axis=-1) - density / 2
    others = [np.delete(below, k, axis=-2).prod(axis=-2) for k in range(len(clicks))]
    best = [np.sum(weight * (density[..., k, :] * others[k]).sum(axis=-1)) for k in range(len(clicks))]
    mean = np.einsum("ls,lskt,t->k", weight, density, expit(theta))
    square = np.einsum("ls,lskt,t->k", weight, density, expit(theta) ** 2)
    return mean, np.sqrt(square - mean**2), np.array(best)


@pytest.mark.parametrize(
    ("clicks", "units", "bias"),
    [
        # A Gaussian stands for the likelihood on the log-odds; with a handful of clicks, a fifth of a standard deviation is its price.
        ([520, 560, 470], [10_000, 10_000, 10_000], 0.05),
        ([20, 35, 28, 12], [400, 500, 450, 380], 0.2),
        ([3, 9, 5], [120, 110, 130], 0.25),
    ],
)
def test_binomial_creatives_have_the_posterior_that_exact_integration_gives(clicks, units, bias):
    clicks, units = np.array(clicks), np.array(units)
    posterior = sample_posterior(cells_of(clicks[:, None], units[:, None]), seed=3, draws=8_000)
    mean, sd, best = exact_posterior(clicks, units)
    values = posterior.values[..., 0]
    assert (np.abs(values.mean(axis=0) - mean) < bias * sd).all()
    np.testing.assert_allclose(values.std(axis=0), sd, rtol=0.1)
    np.testing.assert_allclose(probability_best(posterior.values)[:, 0], best, atol=0.03)


def test_probability_best_of_beta_draws_is_the_exact_one():
    """P(beta_1 > beta_2) by integration."""
    rng = np.random.default_rng(5)
    one, other = stats.beta(53, 949), stats.beta(41, 961)
    draws = np.stack([one.rvs(200_000, random_state=rng), other.rvs(200_000, random_state=rng)], axis=1)[..., None]
    exact, _ = integrate.quad(lambda p: one.pdf(p) * other.cdf(p), 0, 0.2)
    found = probability_best(draws)[:, 0]
    assert found[0] == pytest.approx(exact, abs=4 * np.sqrt(0.25 / 200_000))
    assert found.sum() == pytest.approx(1)


def test_partial_pooling_beats_raw_rates_and_its_intervals_hold_the_truth():
    rng = np.random.default_rng(11)
    raw, pooled, held, effects_held = [], [], [], []
    for world in (draw_world(rng) for _ in range(20)):
        cells = world.show(np.full((12, 2), 1_500), rng)
        posterior = sample_posterior(cells, seed=1, draws=400)
        raw.append(((cells.mean - world.rates) ** 2).mean())
        pooled.append(((posterior.values.mean(axis=0) - world.rates) ** 2).mean())
        lower, upper = np.quantile(posterior.values, [0.05, 0.95], axis=0)
        held.append(((lower < world.rates) & (world.rates < upper)).mean())
        truth = part_effects(cells, replace(posterior, values=world.rates[None]))
        found = part_effects(cells, posterior)
        inside = [np.prod(np.array(f.interval(0.9)) - t.mean) < 0 for f, t in zip(found, truth, strict=True)]
        effects_held.append(np.mean(inside))
    assert np.mean(pooled) < 0.75 * np.mean(raw)
    # Cells of one world share their errors: the binomial error is that of worlds, not of cells.
    assert abs(np.mean(held) - 0.9) < 3.5 * np.std(held) / np.sqrt(len(held))
    assert np.mean(effects_held) > 0.9 - 3.5 * np.std(effects_held) / np.sqrt(len(held))


def test_creatives_that_do_the_same_are_hardly_ever_shipped():
    spec = CreativeExperiment(kind="creative", factors=FACTORS, metric=Metric(name="clicked", kind="proportion"))
    rng, verdicts = np.random.default_rng(1), []
    for units in (np.full((12, 1), 200_000) for _ in range(20)):
        cells = cells_of(rng.binomial(units, 0.05), units)
        posterior = sample_posterior(cells, seed=1, draws=300)
        verdicts.append(choose(cells, posterior, allocate(cells, posterior, floor=0.1), (), spec)[0].verdict)
    assert verdicts.count("ship") <= 2
    assert verdicts.count("inconclusive") > 10


def test_means_scale_with_their_unit_and_creatives_with_their_names():
    rng = np.random.default_rng(2)
    cells = draw_world(rng).show(np.full((12, 2), 2_000), rng)
    money = replace(cells, proportion=False, mean=40 * cells.mean, variance=1600 * cells.variance)
    cents = replace(money, mean=100 * money.mean, variance=1e4 * money.variance)
    euros = sample_posterior(money, seed=4, draws=300)
    np.testing.assert_allclose(sample_posterior(cents, seed=4, draws=300).values, 100 * euros.values, rtol=1e-8)
    forward = allocate(cells, sample_posterior(cells, seed=4, draws=2_000), floor=0.0)
    order = np.arange(12)[::-1]
    turned = replace(
        cells,
        creatives=tuple(cells.creatives[i] for i in order),
        units=cells.units[order],
        mean=cells.mean[order],
        variance=cells.variance[order],
    )
    backward = allocate(turned, sample_posterior(turned, seed=9, draws=2_000), floor=0.0)
    np.testing.assert_allclose(backward.probability_best[order], forward.probability_best, atol=0.08)


def test_a_lower_metric_that_is_better_turns_the_choice_round():
    rng = np.random.default_rng(7)
    cells = draw_world(rng, segments=1).show(np.full((12, 1), 4_000), rng)
    posterior = sample_posterior(cells, seed=1, draws=500)
    allocation = allocate(cells, posterior, floor=0.1, higher_is_better=False)
    assert allocation.best[0] == posterior.values.mean(axis=0)[:, 0].argmin()
    assert allocation.gain_of_best.mean() > 0


def test_every_creative_keeps_the_floor_and_shares_add_up():
    probability = np.array([[0.9, 0.2], [0.1, 0.3], [0.0, 0.5]])
    share = thompson_shares(probability, floor=0.3)
    np.testing.assert_allclose(share.sum(axis=0), 1.0)
    assert share.min() == pytest.approx(0.3 / 3)
    np.testing.assert_allclose(thompson_shares(probability, floor=0.0), probability)
    np.testing.assert_allclose(thompson_shares(probability, floor=1.0), 1 / 3)


def test_the_loss_that_further_data_leave_is_that_of_two_normal_means():
    """Raiffa and Schlaifer's value of sample information for the difference of two normal means: σ̃ φ(m/σ̃) - |m| Φ(-|m|/σ̃)."""
    rng = np.random.default_rng(3)
    mean, sd, more = 0.3, 0.8, 2.0
    value = np.stack([rng.normal(mean, sd, 400_000), np.zeros(400_000)], axis=1)[..., None]

    def unit_loss(spread: float) -> float:
        return spread * stats.norm.pdf(mean / spread) - mean * stats.norm.cdf(-mean / spread)

    preposterior = sd * np.sqrt(more / (1 + more))
    assert loss_after(value, more)[0] == pytest.approx(unit_loss(sd) - unit_loss(preposterior), rel=0.03)


@pytest.mark.slow
def test_thompson_shares_lose_less_than_half_of_what_uniform_allocation_does():
    """Regret over six periods of 6,000 visitors, both allocations in the same worlds; and the last period is nearly all best."""
    rng = np.random.default_rng(20)
    regret = {"thompson": 0.0, "uniform": 0.0}
    last = []
    for world in (draw_world(rng) for _ in range(6)):
        visitors = np.array([3_600, 2_400])
        lost = world.rates.max(axis=0) - world.rates
        share, seen = np.full((12, 2), 1 / 12), None
        for period in range(6):
            shown = np.stack([rng.multinomial(n, share[:, s]) for s, n in enumerate(visitors)], axis=1)
            regret["thompson"] += (shown * lost).sum()
            regret["uniform"] += (visitors * lost.mean(axis=0)).sum()
            seen = world.show(shown, rng) if seen is None else added(seen, world.show(shown, rng))
            share = allocate(seen, sample_posterior(seen, seed=period, draws=300), floor=0.1).share
        last.append((share * lost).sum(axis=0).mean() / lost.mean())
    assert regret["thompson"] < 0.5 * regret["uniform"]
    assert np.mean(last) < 0.35
