"""The same model with fewer draws, for questions asked many times beside the one fit that is reported."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from arviz_stats.base import array_stats

from workbench.mmm.density.parameters import Draws, natural
from workbench.mmm.density.sample import sample_posterior
from workbench.mmm.prepare import Prepared

R_HAT_LIMIT = 1.1
LONGER = 3
CAREFUL_ACCEPT = 0.99


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
    """Posterior draws of all chains; sampled longer and with smaller steps where the chains disagree.

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
    vectors = sample.position.reshape(-1, sample.position.shape[-1])
    return natural(vectors, prepared.design, prepared.priors)


def _r_hat(position: np.ndarray) -> float:
    return float(np.max(array_stats.rhat(position, chain_axis=0, draw_axis=1)))
