"""The same model with fewer draws, for questions asked many times beside the one fit that is reported."""

from __future__ import annotations

import numpy as np
from arviz_stats.base import array_stats

from workbench.mmm.density.parameters import Draws, natural
from workbench.mmm.density.sample import Sample
from workbench.mmm.prepare import Prepared
from workbench.mmm.sampling import Effort, Standard, sample_to_standard

R_HAT_LIMIT = 1.1


def short_fit(prepared: Prepared, effort: Effort, *, seed: int) -> Draws:
    """Posterior draws of all chains; sampled longer and with smaller steps where the chains disagree.

    Raises:
        FitError: If the sampler breaks off.
    """
    sample = sample_to_standard(CHAINS_AGREE, prepared, effort, seed=seed)
    vectors = sample.position.reshape(-1, sample.position.shape[-1])
    return natural(vectors, prepared.design, prepared.priors)


def _chains_agree(sample: Sample) -> bool:
    return float(np.max(array_stats.rhat(sample.position, chain_axis=0, draw_axis=1))) <= R_HAT_LIMIT


CHAINS_AGREE = Standard(is_met=_chains_agree, longer=3, target_accept=0.99)
