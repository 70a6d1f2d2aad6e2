"""Whether chains agree.

References:
    Gelman, Rubin (1992), Inference from Iterative Simulation Using Multiple Sequences; Vehtari et al. (2021) split chains in halves.
"""

from __future__ import annotations

import numpy as np


def largest_rhat(draws: np.ndarray) -> float:
    """Largest split R-hat of several quantities.

    Args:
        draws: Shape (chains, draws, quantities).
    """
    half = draws.shape[1] // 2
    parts = np.concatenate([draws[:, :half], draws[:, half : 2 * half]])
    within = parts.var(axis=1, ddof=1).mean(axis=0)
    between = parts.mean(axis=1).var(axis=0, ddof=1)
    varied = within > 0
    return float(np.sqrt((half - 1) / half + between[varied] / within[varied]).max(initial=1.0))
