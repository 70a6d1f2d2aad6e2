"""Named check of the sampler."""

from __future__ import annotations

import numpy as np
from arviz_stats.base import array_stats

from workbench.mmm.density.sample import Sample
from workbench.result import Check

R_HAT_LIMIT = 1.01
ESS_LIMIT = 400
# Of information on the energy (E-BFMI): low where the sampler can't move between energies, as with heavy tails.
ENERGY_LIMIT = 0.3
TAIL = (0.05, 0.95)


def convergence_check(sample: Sample) -> Check:
    """R-hat, bulk and tail effective sample size over all sampled parameters, divergences and energy."""
    axes = {"chain_axis": 0, "draw_axis": 1}
    r_hat = float(np.max(array_stats.rhat(sample.position, **axes)))
    bulk = float(np.min(array_stats.ess(sample.position, method="bulk", **axes)))
    tail = float(np.min(array_stats.ess(sample.position, method="tail", prob=TAIL, **axes)))
    energy = float(np.min(array_stats.bfmi(sample.energy)))
    mixed = r_hat <= R_HAT_LIMIT and min(bulk, tail) >= ESS_LIMIT and energy >= ENERGY_LIMIT
    passed = mixed and sample.divergences == 0
    settled = (
        "The calculation arrived at the same numbers from different starts"
        if passed
        else "The calculation did not settle, don't use its numbers: raise draws and tune, or state the returns that you expect"
    )
    found = (
        f"R-hat is at most {r_hat:.4f} (limit {R_HAT_LIMIT}), the effective sample size at least {bulk:,.0f} in the bulk and "
        f"{tail:,.0f} in the tails (limit {ESS_LIMIT}), the energy's fraction of information at least {energy:.2f} "
        f"(limit {ENERGY_LIMIT}), with {sample.divergences} divergent transitions"
    )
    return Check(
        name="convergence",
        passed=bool(passed),
        value=r_hat,
        threshold=R_HAT_LIMIT,
        detail=f"{settled}; {found}.",
    )
