"""Sample a prepared model, and once more with more care where the first sample isn't good enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from workbench.mmm.density.sample import Sample, sample_posterior
from workbench.mmm.density.starting_point import StartingPoint
from workbench.mmm.prepare import Prepared

# Of the warm-up, where the last fit tells where to start.
WARM_SHARE = 10
# Of the draws: in the last posterior's coordinates they hold as many effective ones as all of those from a cold start.
WARM_DRAWS = 0.8
# Draws and warm-up of a chain.
FIT, LARGE_FIT = (1000, 1000), (1100, 400)
CHAINS = 4
# Parameters from which a model is large: a step takes milliseconds, and many markets leave no scale so unsure that it must be small.
LARGE, LARGE_ACCEPT = 2000, 0.75
# Draws that are kept: those of a large model hold hardly more information than so few of them, and each takes a megabyte of work.
SAVED, SAVED_OF_LARGE = 1000, 500


def saved_draws(size: int) -> int:
    """How many draws of a model with `size` parameters are kept, over all chains."""
    return SAVED_OF_LARGE if size >= LARGE else SAVED


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

    @classmethod
    def of_fit(cls, size: int, *, draws: int | None, tune: int | None, chains: int, warm: bool = False) -> Self:
        """For a fit that is reported: what is asked for, or else what suits a model of `size` parameters and a `warm` start."""
        usual_draws, usual_tune = LARGE_FIT if size >= LARGE else FIT
        usual_draws = round(usual_draws * WARM_DRAWS) if warm else usual_draws
        return cls(draws=draws or usual_draws, tune=tune or usual_tune, chains=chains)


@dataclass(frozen=True, kw_only=True)
class Standard:
    """What a sample must meet, and how the second attempt is made where it doesn't.

    Attributes:
        is_met: Whether the sample can be used.
        longer: Warm-up of the second attempt, in multiples of what was asked for.
        more: Its draws, likewise: chains that nearly agree need more of them rather than smaller steps.
        target_accept: Of the second attempt; nearer to one for smaller steps.
    """

    is_met: Callable[[Sample], bool]
    longer: int
    target_accept: float
    more: int = 1


def sample_to_standard(
    standard: Standard, prepared: Prepared, effort: Effort, *, seed: int, start: StartingPoint | None = None
) -> Sample:
    """Sample, from `start` with little warm-up if there is one; a second attempt begins afresh and is final.

    A large model is sampled once: again with small steps, it would take half an hour, and the checks say what is missing.

    Raises:
        FitError: If the sampler breaks off.
    """
    settings = {"seed": seed, "draws": effort.draws, "chains": effort.chains}
    data, tune = (prepared.data_around(start), effort.tune // WARM_SHARE) if start else (prepared.data, effort.tune)
    large = prepared.layout.size >= LARGE
    steps: dict[str, Any] = {"target_accept": LARGE_ACCEPT} if large else {}
    sample = sample_posterior(data, **settings, tune=tune, **steps)
    if large or standard.is_met(sample):
        return sample
    settings |= {"draws": standard.more * effort.draws, "tune": standard.longer * effort.tune}
    return sample_posterior(prepared.data, **settings, target_accept=standard.target_accept)
