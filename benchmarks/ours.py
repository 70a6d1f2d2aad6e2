"""One fit of ours, watched: what it took, and how well it sampled."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from measured import Stopwatch
from numba.core import event

if TYPE_CHECKING:
    from workbench.config import Channel, MediaMix
    from workbench.data.panel import Panel
    from workbench.mmm import MediaMixResult

COMPILING = 1.0


@dataclass(frozen=True)
class WatchedFit:
    """A result, and what it took.

    Attributes:
        result: What `fit_media_mix` returned.
        took: `whole_seconds` up to the posterior draws, `sampling_seconds` of all attempts in it, `end_to_end_seconds` with imports
            before and tables and checks after it, `min_ess`, `r_hat`, `divergences`, `attempts`, `parameters`, and whether compiled
            code was there (`warm`).
    """

    result: MediaMixResult
    took: dict[str, object]


def watched_fit(
    panel: Panel, config: MediaMix, channels: Mapping[str, Channel], *, seed: int, **settings: int
) -> WatchedFit:
    """`prepare` and `fit_media_mix`, to be called once in a fresh process; `settings` are its `draws`, `tune` and `chains`."""
    started = time.perf_counter()
    with event.install_listener("numba:compile", event.TimingListener()) as compiling:
        from arviz_stats.base import array_stats

        from workbench.mmm import fit, prepare, sampling
        from workbench.result import Provenance

        sampling.sample_posterior = attempts = Stopwatch(sampling.sample_posterior)
        imported = time.perf_counter()
        model = prepare.prepare(panel, config, channels)
        result = fit.fit_media_mix(model, provenance=Provenance(), seed=seed, **settings)
    ended = time.perf_counter()
    sample, axes = attempts.returned[-1], {"chain_axis": 0, "draw_axis": 1}
    took = {
        "whole_seconds": attempts.ended - imported,
        "sampling_seconds": sum(attempt.sampling_seconds for attempt in attempts.returned),
        "end_to_end_seconds": ended - started,
        "min_ess": float(np.min(array_stats.ess(sample.position, method="bulk", **axes))),
        "r_hat": float(np.max(array_stats.rhat(sample.position, **axes))),
        "divergences": sample.divergences,
        "draws": sample.position.shape[0] * sample.position.shape[1],
        "attempts": len(attempts.returned),
        "parameters": sample.position.shape[-1],
        "warm": not compiling.done or compiling.duration < COMPILING,
    }
    return WatchedFit(result=result, took=took)
