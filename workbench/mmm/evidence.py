"""What speaks for a fit and against it beyond the weeks that it was fitted to: forecasts, other forms, a placebo."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
from workbench.result import Check, estimates_frame


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Judgement of one model on one panel.

    Attributes:
        holdout: Forecasts of weeks that it had not seen; None where nobody asked.
        placebo: What it says of a channel that can't have worked; None where nobody asked.
        family: The same model in other forms; None where nobody asked or the panel is too short to weigh them.
    """

    holdout: Holdout | None = None
    placebo: Placebo | None = None
    family: Family | None = None

    def labelled(self, labels: Mapping[str, str]) -> Evidence:
        """The same, of channels that bear their labels."""
        placebo, family = self.placebo, self.family
        return replace(
            self,
            placebo=placebo and replace(placebo, source=labels[placebo.source]),
            family=family and replace(family, channels=tuple(labels[name] for name in family.channels)),
        )


def gather_evidence(
    panel: Panel,
    config: MediaMix,
    channels: Mapping[str, Channel],
    lift: pd.DataFrame | None = None,
    *,
    judge: bool = True,
    seed: int,
) -> Evidence:
    """Fit again, shorter, with weeks held out, with a placebo, and in other forms; not at all unless asked to `judge`.

    The other arguments are those of `prepare.prepare`.

    Raises:
        SpecError: If a lift record can't be placed.
        FitError: If the sampler fails.
    """
    if not judge:
        return Evidence()
    holdout = hold_out(panel, config, channels, lift, seed=seed)
    return Evidence(
        holdout=holdout,
        placebo=fit_placebo(panel, config, channels, lift, seed=seed),
        family=fit_family(panel, config, channels, lift, seed=seed, holdout=holdout) if holdout.origins else None,
    )


def with_evidence(result: MediaMixResult, evidence: Evidence) -> MediaMixResult:
    """The result with what the evidence adds to its checks and estimates."""
    added = estimates_frame(family_estimates(evidence.family)) if evidence.family else result.estimates[:0]
    return result.but(
        checks=(*result.checks, *_checks(evidence.labelled(result.labels))),
        estimates=pd.concat([result.estimates, added], ignore_index=True),
    )


def _checks(evidence: Evidence) -> Iterator[Check]:
    if evidence.holdout:
        yield from holdout_checks(evidence.holdout)
    if evidence.placebo:
        yield placebo_check(evidence.placebo)
    if evidence.family:
        yield form_sensitivity_check(evidence.family)
