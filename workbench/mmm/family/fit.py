"""Fit several forms of one model, and weigh them by how well they foresee weeks that they have not seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.config import Channel, MediaMix
from workbench.data.panel import Panel
from workbench.errors import SpecError
from workbench.mmm.family.forms import Form, is_large, usual_forms
from workbench.mmm.family.stacking import stacking_weights
from workbench.mmm.holdout.expanding import Holdout, foresee
from workbench.mmm.holdout.origins import LEAST_HISTORY, LEAST_HORIZON, ORIGINS, Cut, cut_panel
from workbench.mmm.prepare import prepare
from workbench.mmm.sampling import Effort
from workbench.mmm.short_fit import short_fit

# What all forms together are credited with before any forecast, in weeks; see `stacking`.
PRIOR_WEEKS = 4.0


@dataclass(frozen=True, kw_only=True)
class Member:
    """One form, fitted.

    Attributes:
        form: Which.
        roas: Return over all markets and weeks, D draws for C channels, shape (D, C).
        log_density: Log predictive density of each held-out week and market, shape (point,).
        weight: Share of this form in the mixture of all.
    """

    form: Form
    roas: np.ndarray
    log_density: np.ndarray
    weight: float

    @property
    def score(self) -> float:
        """Mean log predictive density a held-out week and market; more is better."""
        return float(self.log_density.mean())


@dataclass(frozen=True, kw_only=True)
class Family:
    """Forms of one model with their weights, which sum to one; the first form is the configured one.

    Attributes:
        channels: Length C.
        members: One for each form.
        origins: Cuts of the panel at which they were judged.
        horizon: Weeks held out after each.
    """

    channels: tuple[str, ...]
    members: tuple[Member, ...]
    origins: int
    horizon: int

    @property
    def weights(self) -> np.ndarray:
        return np.array([member.weight for member in self.members])


def fit_family(
    panel: Panel,
    config: MediaMix,
    channels: Mapping[str, Channel],
    lift: pd.DataFrame | None = None,
    *,
    seed: int,
    forms: Sequence[Form] | None = None,
    effort: Effort | None = None,
    origins: int | None = None,
    holdout: Holdout | None = None,
) -> Family:
    """Fit each form to the whole panel, and to the weeks before each origin to foresee those after it.

    Args:
        panel: Weekly KPI, media and controls.
        config: Choices that hold for all channels.
        channels: Choices and opinions by channel; a form that a channel states stays in all members.
        lift: Records of finished tests.
        seed: Random seed.
        forms: The first is the one that is reported; unset for the usual ones, fewer on a large panel.
        effort: How long each fit samples.
        origins: Cuts of the panel, fewer where it is short; unset for three, on a large panel one.
        holdout: Of the first form with the same effort and seed, at these origins at least, so that it isn't made again.

    Raises:
        SpecError: If the panel is too short to hold out weeks, or can't answer the question.
        FitError: If the sampler fails.
    """
    cuts = cut_panel(panel, origins or (1 if is_large(panel) else ORIGINS))
    if not cuts:
        raise SpecError(
            f"forms can't be weighed on {len(panel.weeks)} weeks; it takes {LEAST_HISTORY + LEAST_HORIZON} weeks, with spend in "
            f"every channel and sales in every market in the first {LEAST_HISTORY}"
        )
    chosen, short = tuple(forms or usual_forms(panel, config)), effort or Effort()
    models = [(form.of_model(config), form.of_channels(panel.channels, channels)) for form in chosen]
    roas = [_roas(panel, *model, lift, short, seed) for model in models]
    known = [_all_points(holdout.log_density[-len(cuts) :])] if holdout else []
    others = [_log_density(cuts, *model, lift, short, seed) for model in models[len(known) :]]
    log_density = np.stack([*known, *others], axis=1)
    weights = stacking_weights(log_density, 1 / len(panel.markets), PRIOR_WEEKS)
    members = tuple(
        Member(form=form, roas=draws, log_density=log_density[:, k], weight=float(weights[k]))
        for k, (form, draws) in enumerate(zip(chosen, roas, strict=True))
    )
    return Family(channels=panel.channels, members=members, origins=len(cuts), horizon=cuts[0].horizon)


def _roas(
    panel: Panel,
    config: MediaMix,
    channels: Mapping[str, Channel],
    lift: pd.DataFrame | None,
    effort: Effort,
    seed: int,
) -> np.ndarray:
    """Return over all markets, shape (D, C)."""
    spend = panel.window_spend.sum(axis=0)
    draws = short_fit(prepare(panel, config, channels, lift), effort, seed=seed)
    return np.asarray((draws.roas * spend).sum(axis=1) / spend.sum(axis=0))


def _log_density(
    cuts: Sequence[Cut],
    config: MediaMix,
    channels: Mapping[str, Channel],
    lift: pd.DataFrame | None,
    effort: Effort,
    seed: int,
) -> np.ndarray:
    forecasts = [foresee(cut, config, channels, lift, effort, seed) for cut in cuts]
    return _all_points([each.log_density for each in forecasts])


def _all_points(by_origin: Sequence[np.ndarray]) -> np.ndarray:
    """Each held-out week and market, shape (point,)."""
    return np.concatenate([density.ravel() for density in by_origin])
