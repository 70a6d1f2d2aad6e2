"""The pooled model, stated in PyMC: what `sample.py` draws from without compiling it. A test holds the two together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.segments.pooling.cell_likelihoods import CellLikelihoods
from workbench.segments.pooling.design import GROUP_SPREAD, Design

if TYPE_CHECKING:
    import pymc as pm


def pooled_model(likelihoods: CellLikelihoods, design: Design) -> pm.Model:
    """Cells' parameters = average + shifts by group and covariate + rest, not centred, with each cell's parabola as likelihood."""
    import pymc as pm
    import pytensor.tensor as pt

    learnt = design.spread >= 0
    with pm.Model() as model:
        spreads = pm.HalfNormal("spreads", GROUP_SPREAD, shape=len(design.spreads))
        fixed = pm.Normal("fixed", design.prior_mean[~learnt], design.prior_spread[~learnt])
        scores = pm.Normal("scores", shape=int(learnt.sum()))
        shifts = scores * spreads[design.spread[learnt]]
        coefficients = pt.zeros(len(learnt))[np.flatnonzero(~learnt)].set(fixed)
        coefficients = coefficients[np.flatnonzero(learnt)].set(shifts)
        cells = pt.tensordot(design.matrix, coefficients, axes=([2], [0]))
        if len(design.rest):
            rest = pm.Normal("rest", shape=likelihoods.linear.shape)
            cells = cells + rest * spreads[design.rest]
        pm.Deterministic("cells", cells)
        curved = (likelihoods.information * cells[:, None, :]).sum(axis=2)
        pm.Potential("orders", (likelihoods.linear * cells).sum() - (curved * cells).sum() / 2)
    return model
