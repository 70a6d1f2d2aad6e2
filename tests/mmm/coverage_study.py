"""Fits of businesses of known truth: how often the 90% intervals hold it, and which checks warn where they don't."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tests.mmm.businesses import Kind
from tests.mmm.worlds import World
from workbench.config import Channel
from workbench.mmm.fit import fit_media_mix
from workbench.mmm.prepare import prepare
from workbench.mmm.result import MediaMixResult
from workbench.result import Provenance

SETTINGS = {"draws": 500, "tune": 500, "chains": 4}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One fit beside the truth, for C channels.

    Attributes:
        roas: Whether each interval of the ROAS holds the truth, shape (C,).
        contribution: Share of weeks and markets whose interval holds what the channel caused there, shape (C,).
        log_error: Logarithm of the estimated over the true ROAS, shape (C,).
        log_width: Logarithm of the interval's upper over its lower end, shape (C,).
        failed: Names of the checks that failed.
    """

    roas: np.ndarray
    contribution: np.ndarray
    log_error: np.ndarray
    log_width: np.ndarray
    failed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Verdicts on one kind of business, summarised: shares of the true values, and of the fits."""

    kind: str
    fits: int
    roas: float
    contribution: float
    median_error: float
    bias: float
    median_width: float
    warned: float
    failed: dict[str, float]


def judge(world: World, kind: Kind, seed: int) -> Verdict:
    """Fit a world as its kind says."""
    channels = {name: Channel(adstock=kind.adstock) for name in world.panel.channels}
    result = fit_media_mix(prepare(world.panel, kind.config, channels), provenance=Provenance(), seed=seed, **SETTINGS)
    found = result.estimates.query("quantity == 'roas'").set_index("entity").loc[list(world.panel.channels)]
    return Verdict(
        roas=((found.lower <= world.roas) & (world.roas <= found.upper)).to_numpy(),
        contribution=_weekly_coverage(result, world),
        log_error=np.log(found.estimate.to_numpy() / world.roas),
        log_width=np.log(found.upper / found.lower).to_numpy(),
        failed=tuple(check.name for check in result.failed_checks),
    )


def summarise(kind: str, verdicts: Sequence[Verdict]) -> Coverage:
    """Coverage over all channels and fits; the median error is that of the ROAS, relative to the truth."""
    errors = np.concatenate([verdict.log_error for verdict in verdicts])
    warnings = Counter(name for verdict in verdicts for name in set(verdict.failed))
    return Coverage(
        kind=kind,
        fits=len(verdicts),
        roas=float(np.concatenate([verdict.roas for verdict in verdicts]).mean()),
        contribution=float(np.concatenate([verdict.contribution for verdict in verdicts]).mean()),
        median_error=float(np.expm1(np.median(np.abs(errors)))),
        bias=float(np.expm1(np.median(errors))),
        median_width=float(np.exp(np.median(np.concatenate([verdict.log_width for verdict in verdicts])))),
        warned=float(np.mean([bool(verdict.failed) for verdict in verdicts])),
        failed={name: count / len(verdicts) for name, count in warnings.most_common()},
    )


def _weekly_coverage(result: MediaMixResult, world: World) -> np.ndarray:
    """By channel, over the weeks and markets in which it caused something."""
    covered = []
    for c, channel in enumerate(world.panel.channels):
        found = result.contributions[result.contributions.component == channel]
        lower, upper, truth = found.lower.to_numpy(), found.upper.to_numpy(), world.media[..., c].ravel()
        covered.append(((lower <= truth) & (truth <= upper))[truth > 0].mean())
    return np.array(covered)
