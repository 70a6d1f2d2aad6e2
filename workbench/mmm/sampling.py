"""Sample a prepared model, and once more with more care where the first sample isn't good enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workbench.mmm.density.sample import Sample, sample_posterior
from workbench.mmm.density.starting_point import StartingPoint
from workbench.mmm.prepare import Prepared

# Of the warm-up, where the last fit tells where to start.
WARM_SHARE = 10


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How long to sample.

    Attributes:
        draws: Posterior draws a chain.
        tune: Warm-up draws a chain.
        chains: Independent chains.
    """

    draws: int = 400
    tune: int = 400
    chains: int = 2


@dataclass(frozen=True, kw_only=True)
class Standard:
    """What a sample must meet, and how the second attempt is made where it doesn't.

    Attributes:
        is_met: Whether the sample can be used.
        longer: Warm-up of the second attempt, in multiples of what was asked for.
        target_accept: Of the second attempt; nearer to one for smaller steps.
    """

    is_met: Callable[[Sample], bool]
    longer: int
    target_accept: float


def sample_to_standard(
    standard: Standard, prepared: Prepared, effort: Effort, *, seed: int, start: StartingPoint | None = None
) -> Sample:
    """Sample, from `start` with little warm-up if there is one; a second attempt begins afresh and is final.

    Raises:
        FitError: If the sampler breaks off.
    """
    settings = {"seed": seed, "draws": effort.draws, "chains": effort.chains}
    data, tune = (prepared.data_around(start), effort.tune // WARM_SHARE) if start else (prepared.data, effort.tune)
    sample = sample_posterior(data, **settings, tune=tune)
    if standard.is_met(sample):
        return sample
    tune = standard.longer * effort.tune
    return sample_posterior(prepared.data, **settings, tune=tune, target_accept=standard.target_accept)
