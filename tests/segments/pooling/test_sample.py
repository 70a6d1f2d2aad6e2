"""The sampler against posteriors integrated on a grid, and against the model as PyMC states it."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import halfnorm, multivariate_normal, norm

from workbench.segments.pooling.cell_likelihoods import CellLikelihoods
from workbench.segments.pooling.cells import Cells
from workbench.segments.pooling.convergence import largest_rhat
from workbench.segments.pooling.design import AVERAGE_SPREAD, GROUP_SPREAD, Design, make_design
from workbench.segments.pooling.sample import sample_pooled

MEANS, ERRORS = np.array([0.5, 0.1, -0.4, 0.2, 0.05, -0.1]), np.array([0.1, 0.3, 0.15, 0.6, 0.05, 2.0])


def likelihoods_of(means: np.ndarray, errors: np.ndarray) -> CellLikelihoods:
    """One parameter a cell, normal with these means and errors."""
    information = (errors**-2.0)[:, None, None]
    return CellLikelihoods(
        names=("rate",), information=information, linear=(means / errors**2)[:, None], at=means[:, None]
    )


def design_of(table: dict[str, list[str]], groups: tuple[str, ...]) -> Design:
    frame = pd.DataFrame(table)
    return make_design(Cells(table=frame, histories=(), groups=groups, covariates=()), np.zeros(1), rate=0)


def integrated(design: Design) -> np.ndarray:
    """Posterior means of the cells by summing over a grid of all spreads, each with its normal posterior in closed form."""
    grid = (np.arange(24) + 0.5) * 1.5 / 24
    spreads = np.stack(np.meshgrid(*[grid] * len(design.spreads), indexing="ij"), -1).reshape(-1, len(design.spreads))
    matrix, noise = design.matrix[:, 0, :], np.diag(ERRORS**2)
    weights, means = [], []
    for spread in spreads:
        variance = np.where(design.spread >= 0, spread[design.spread], AVERAGE_SPREAD) ** 2
        prior = matrix @ (variance[:, None] * matrix.T)
        if len(design.rest):
            prior = prior + np.eye(len(MEANS)) * spread[design.rest[0]] ** 2
        weights.append(
            multivariate_normal.logpdf(MEANS, cov=prior + noise) + halfnorm.logpdf(spread, scale=GROUP_SPREAD).sum()
        )
        means.append(prior @ np.linalg.solve(prior + noise, MEANS))
    weight = np.exp(np.array(weights) - max(weights))
    return np.asarray(weight @ np.array(means) / weight.sum())


ONE_GROUP = design_of({"channel": list("abcdef")}, ("channel",))
TWO_GROUPS = design_of({"channel": list("aabbcc"), "market": list("xyxyxy")}, ("channel", "market"))


def test_cells_are_shrunk_as_by_integration() -> None:
    draws = sample_pooled(likelihoods_of(MEANS, ERRORS), ONE_GROUP, draws=6000, seed=1)
    np.testing.assert_allclose(draws.cells[:, :, 0].mean(axis=0), integrated(ONE_GROUP), atol=0.015)


@pytest.mark.slow
def test_crossed_groups_with_a_rest_are_shrunk_as_by_integration() -> None:
    draws = sample_pooled(likelihoods_of(MEANS, ERRORS), TWO_GROUPS, draws=8000, seed=1)
    np.testing.assert_allclose(draws.cells[:, :, 0].mean(axis=0), integrated(TWO_GROUPS), atol=0.02)


def test_a_cell_without_information_is_like_the_others() -> None:
    likelihoods = likelihoods_of(MEANS, np.where(np.arange(6) == 5, 1e6, ERRORS))
    draws = sample_pooled(likelihoods, ONE_GROUP, draws=4000, seed=1).cells[:, :, 0]
    assert draws[:, 5].mean() == pytest.approx(draws[:, :5].mean(), abs=0.1)
    assert draws[:, 5].std() > draws[:, 0].std()


def test_chains_from_different_starts_agree() -> None:
    chains = [sample_pooled(likelihoods_of(MEANS, ERRORS), TWO_GROUPS, draws=1500, seed=seed) for seed in (1, 2)]
    assert largest_rhat(np.stack([chain.cells[:, :, 0] for chain in chains])) < 1.03
    apart = np.stack([chains[0].cells[:, :, 0], 10 + chains[1].cells[:, :, 0]])
    assert largest_rhat(apart) > 2


@pytest.mark.parametrize("design", [ONE_GROUP, TWO_GROUPS])
def test_pymc_states_the_same_density(design: Design) -> None:
    """Differences of its log density between points are those of the priors and parabolas written out by hand."""
    from workbench.segments.pooling.model import pooled_model

    model = pooled_model(likelihoods_of(MEANS, ERRORS), design)
    log_density = model.compile_logp(jacobian=False, mode="FAST_COMPILE")
    rng, learnt = np.random.default_rng(1), design.spread >= 0

    def by_hand(point: dict[str, np.ndarray]) -> float:
        spreads = np.exp(point["spreads_log__"])
        coefficients = np.zeros(len(learnt))
        coefficients[~learnt], coefficients[learnt] = point["fixed"], point["scores"] * spreads[design.spread[learnt]]
        cells, value = design.matrix[:, 0, :] @ coefficients, norm.logpdf(point["scores"]).sum()
        if len(design.rest):
            cells, value = (
                cells + point["rest"][:, 0] * spreads[design.rest[0]],
                value + norm.logpdf(point["rest"]).sum(),
            )
        value += (
            halfnorm.logpdf(spreads, scale=GROUP_SPREAD).sum() + norm.logpdf(point["fixed"], scale=AVERAGE_SPREAD).sum()
        )
        return float(value + norm.logpdf(MEANS, cells, ERRORS).sum())

    shapes = {name: np.shape(start) for name, start in model.initial_point().items()}
    first, second = ({name: rng.normal(size=shape) for name, shape in shapes.items()} for _ in range(2))
    assert log_density(first) - log_density(second) == pytest.approx(by_hand(first) - by_hand(second))
