"""What was integrated out of the likelihood, drawn exactly given the media and the noise of each draw."""

from __future__ import annotations

import numpy as np

from workbench.mmm.density.likelihood import Rotation
from workbench.mmm.density.parameters import Draws
from workbench.mmm.inputs.design import Design
from workbench.mmm.posterior.baseline import BaselineModel
from workbench.mmm.posterior.media import media_of_market
from workbench.mmm.posterior.rotated_baseline import rotated_baseline
from workbench.mmm.response import ResponseModel
from workbench.mmm.shapes.surprises import unwhiten, whiten


def draw_baseline(
    response: ResponseModel, draws: Draws, design: Design, rotation: Rotation, rng: np.random.Generator
) -> BaselineModel:
    """The baseline of every draw, and what all markets share in a week."""
    markets = len(response.markets)
    rotated, weighted = [], np.zeros((response.draws, response.fitted_weeks))
    for m in range(markets):
        residual = whiten(_residual(response, draws, design, m), rotation.persistence)
        rotated.append(residual @ rotation.left)
        weighted += residual * draws.noise[:, m, None] ** -2.0
    coefficients, weeks = draw_integrated(np.stack(rotated, axis=1), weighted, draws, design, rotation, rng)
    both = [np.hstack([coefficients[:, m], draws.own[:, m]]) * design.kpi_scale[m] for m in range(markets)]
    return BaselineModel(
        components=(*design.baseline.component, *design.baseline.own_component),
        columns=np.stack([design.baseline.of_market(m) for m in range(markets)]),
        coefficient=np.stack(both, axis=1, dtype=np.float32, casting="same_kind"),
        week_effect=weeks.astype(np.float32) if design.shared_weeks else None,
        kpi_scale=design.kpi_scale,
    )


def draw_integrated(
    rotated: np.ndarray,
    weighted: np.ndarray,
    draws: Draws,
    design: Design,
    rotation: Rotation,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of the baseline's common columns and effects of the weeks that all markets share, relative to the mean KPI.

    All of this is about whitened weeks, which become lasting ones in the end. Inside of the baseline's space both follow
    `rotated_baseline`; outside of it the weeks are normal with mean g Σ_m r_m / σ_m² and variance g = τ² / (1 + τ² Σ_m 1/σ_m²).

    Args:
        rotated: U'r_m with r_m = KPI − media − sampled effects, whitened, shape (D, M, K).
        weighted: Σ_m r_m / σ_m², shape (D, T).
        draws: Noise and week spread of D draws.
        design: Holds the scale of the columns.
        rotation: Decomposition of the baseline.
        rng: Source of randomness.

    Returns:
        Shapes (D, M, K) and (D, T).
    """
    known = rotated_baseline(rotated, draws.noise, draws.week_spread, rotation.singular)
    coefficients, inside = known.draw(rng)
    spread = draws.week_spread**2
    gain = spread / (1 + spread * (draws.noise**-2.0).sum(axis=1))
    outside = gain[:, None] * weighted + np.sqrt(gain)[:, None] * rng.standard_normal(weighted.shape)
    outside -= (outside @ rotation.left) @ rotation.left.T
    weeks = unwhiten(outside + inside @ rotation.left.T, rotation.persistence)
    return design.baseline.prior_sd * (coefficients @ rotation.right), weeks


def _residual(response: ResponseModel, draws: Draws, design: Design, market: int) -> np.ndarray:
    """What media and sampled effects leave of a market's KPI, relative to its mean, shape (D, T)."""
    media = media_of_market(response, market).sum(axis=-1) / design.kpi_scale[market]
    return design.kpi[:, market] - media - draws.own[:, market] @ design.baseline.own[market].T
