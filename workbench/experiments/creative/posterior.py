"""What each creative would do in each segment, after partial pooling over parts, pairs of parts and segments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit
from threadpoolctl import threadpool_limits

from workbench.experiments.creative.cells import Cells
from workbench.experiments.creative.gibbs import sample_cells
from workbench.experiments.creative.terms import build_design

DRAWS = 6_000
FEWEST_EFFECTIVE_DRAWS = 400
# Proportions are linearised at their own pooled estimate, which settles in a few rounds of a few draws.
ROUNDS, DRAWS_A_ROUND, WARM_UP_A_ROUND = 3, 100, 50


@dataclass(frozen=True, kw_only=True)
class Posterior:
    """Draws of what each creative would bring.

    Attributes:
        values: The metric by creative and segment, shape (draws, C, S).
        spread: On the working scale (log-odds, or fractions of the mean), by term and last of single cells, (draws, terms + 1).
        terms: Names of the terms.
        effective_draws: How many independent draws the worst known cell is worth.
    """

    values: np.ndarray
    spread: np.ndarray
    terms: tuple[str, ...]
    effective_draws: float


def settled_posterior(cells: Cells, *, seed: int) -> Posterior:
    """The posterior by as many draws as it takes, within reason; a check tells if it took more."""
    posterior = sample_posterior(cells, seed=seed)
    enough = posterior.effective_draws >= FEWEST_EFFECTIVE_DRAWS
    return posterior if enough else sample_posterior(cells, seed=seed, draws=4 * DRAWS)


# The matrices are small: several threads would wait for each other longer than they compute.
@threadpool_limits.wrap(limits=1, user_api="blas")
def sample_posterior(cells: Cells, *, seed: int, draws: int = DRAWS) -> Posterior:
    """Draw from the posterior of all cells; proportions on the log-odds, everything else relative to the average."""
    rng = np.random.default_rng(seed)
    design = build_design(cells)
    scale = 1.0 if cells.proportion else _scale(cells)
    observed, precision = (
        _from_counts(cells, _pooled_log_odds(cells)) if cells.proportion else _from_means(cells, scale)
    )
    for _ in range(ROUNDS if cells.proportion else 0):
        found = sample_cells(
            observed, precision, design, draws=DRAWS_A_ROUND, rng=rng, warm_up=WARM_UP_A_ROUND
        ).level.mean(axis=0)
        observed, precision = _from_counts(cells, found.reshape(cells.units.shape))
    sampled = sample_cells(observed, precision, design, draws=draws, rng=rng)
    values = expit(sampled.level) if cells.proportion else scale * sampled.level
    return Posterior(
        values=values.reshape(draws, *cells.units.shape),
        spread=sampled.spread,
        terms=tuple(term.name for term in design.terms),
        effective_draws=min(effective_draws(cell) for cell in sampled.level[:, cells.units.ravel() > 0].T),
    )


def effective_draws(chain: np.ndarray) -> float:
    """How many independent draws a chain's mean is worth, from the variance of its batches' means."""
    size = int(np.sqrt(len(chain)))
    batches = chain[: len(chain) // size * size].reshape(-1, size).mean(axis=1)
    return float(min(len(chain), len(chain) * chain.var() / (size * batches.var(ddof=1))))


def _pooled_log_odds(cells: Cells) -> np.ndarray:
    return np.full(cells.units.shape, logit(cells.average))


def _from_counts(cells: Cells, log_odds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The binomial likelihood as a Gaussian at these log-odds: same slope, same curvature."""
    rate = expit(log_odds)
    precision = cells.units * rate * (1 - rate)
    successes = cells.units * np.where(cells.units > 0, cells.mean, 0.0)
    step = (successes - cells.units * rate) / np.where(precision > 0, precision, 1.0)
    return (log_odds + step).ravel(), precision.ravel()


def _from_means(cells: Cells, scale: float) -> tuple[np.ndarray, np.ndarray]:
    observed = np.where(np.isfinite(cells.variance), cells.mean, 0.0) / scale
    return observed.ravel(), (scale**2 / cells.variance).ravel()


def _scale(cells: Cells) -> float:
    """The average's size; for a metric that averages near zero, such as profit, a tenth of its standard deviation at unit grain."""
    known = np.isfinite(cells.variance)
    unit_sd = np.sqrt(np.average(cells.variance[known] * cells.units[known], weights=cells.units[known]))
    return float(max(abs(cells.average), unit_sd / 10))
