"""The same model with fewer draws, for questions asked many times beside the one fit that is reported."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from arviz_stats.base import array_stats

from workbench.mmm.density.parameters import Draws, natural
from workbench.mmm.density.sample import sample_posterior
from workbench.mmm.prepare import Prepared

R_HAT_LIMIT = 1.05
LONGER = 3
CAREFUL_ACCEPT = 0.99
# Draws × weeks × markets × channels; each array of that size takes 160 MB.
CELLS_IN_MEMORY = 2e7
LEAST_DRAWS = 50


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How long a short fit samples.

    Attributes:
        draws: Posterior draws a chain.
        tune: Warm-up draws a chain.
        chains: Independent chains.
    """

    draws: int = 400
    tune: int = 400
    chains: int = 2


def short_fit(prepared: Prepared, effort: Effort, *, seed: int) -> Draws:
    """Posterior draws, as many as memory allows; sampled longer and with smaller steps where the chains disagree.

    Raises:
        FitError: If the sampler breaks off.
    """
    sample = sample_posterior(prepared.data, seed=seed, draws=effort.draws, tune=effort.tune, chains=effort.chains)
    if _r_hat(sample.position) > R_HAT_LIMIT:
        sample = sample_posterior(
            prepared.data,
            seed=seed,
            draws=effort.draws,
            tune=LONGER * effort.tune,
            chains=effort.chains,
            target_accept=CAREFUL_ACCEPT,
        )
    kept = max(LEAST_DRAWS, int(CELLS_IN_MEMORY / np.prod(prepared.design.shape)))
    return natural(sample.flat(kept), prepared.design, prepared.priors)


def _r_hat(position: np.ndarray) -> float:
    return float(np.max(array_stats.rhat(position, chain_axis=0, draw_axis=1)))
