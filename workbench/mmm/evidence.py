"""What speaks for a fit and against it beyond the weeks that it was fitted to: forecasts, other forms, a placebo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from workbench.config import Channel, MediaMix
from workbench.data.panel import Panel
from workbench.mmm.checks.placebo import Placebo, fit_placebo, placebo_check
from workbench.mmm.family.checks import form_sensitivity_check
from workbench.mmm.family.fit import Family, fit_family
from workbench.mmm.family.summary import family_estimates
from workbench.mmm.holdout.checks import holdout_checks
from workbench.mmm.holdout.expanding import Holdout, hold_out
from workbench.mmm.result import MediaMixResult
from workbench.result import estimates_frame


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Judgement of one model on one panel.

    Attributes:
        holdout: Forecasts of weeks that it had not seen.
        placebo: What it says of a channel that can't have worked.
        family: The same model in other forms; None where the panel is too short to weigh them.
    """

    holdout: Holdout
    placebo: Placebo
    family: Family | None


def gather_evidence(
    panel: Panel,
    config: MediaMix,
    channels: Mapping[str, Channel],
    lift: pd.DataFrame | None = None,
    *,
    seed: int,
) -> Evidence:
    """Fit again, shorter, with weeks held out, with a placebo, and in other forms; arguments as of `fit.fit_media_mix`.

    Raises:
        SpecError: If a lift record can't be placed.
        FitError: If the sampler fails.
    """
    holdout = hold_out(panel, config, channels, lift, seed=seed)
    return Evidence(
        holdout=holdout,
        placebo=fit_placebo(panel, config, channels, lift, seed=seed),
        family=fit_family(panel, config, channels, lift, seed=seed) if holdout.origins else None,
    )


def with_evidence(result: MediaMixResult, evidence: Evidence) -> MediaMixResult:
    """The result with what the evidence adds to its checks and estimates."""
    weighed = evidence.family
    checks = (*result.checks, *holdout_checks(evidence.holdout), placebo_check(evidence.placebo))
    if weighed is None:
        return replace(result, checks=checks)
    estimates = pd.concat([result.estimates, estimates_frame(family_estimates(weighed))], ignore_index=True)
    return replace(result, checks=(*checks, form_sensitivity_check(weighed)), estimates=estimates)
