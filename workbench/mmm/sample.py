"""Draw from the posterior with nutpie."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import nutpie
from nutpie.compiled_pyfunc import PyFuncModel, from_pyfunc

from workbench.errors import FitError
from workbench.mmm.density import DensityData, log_density
from workbench.mmm.parameters import Layout

TARGET_ACCEPT = 0.95
START_SD = 0.3


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What the sampler returned.

    Attributes:
        position: Unconstrained vectors, shape (chain, draw, size).
        divergences: Divergent transitions after warm-up.
        steps: Leapfrog steps of all chains after warm-up.
        compile_seconds: Until the density could be evaluated; near zero once the disk holds it compiled.
        sampling_seconds: Warm-up and draws.
    """

    position: np.ndarray
    divergences: int
    steps: int
    compile_seconds: float
    sampling_seconds: float

    def flat(self, draws: int) -> np.ndarray:
        """At most `draws` evenly spaced vectors over all chains, shape (draw, size)."""
        vectors = self.position.reshape(-1, self.position.shape[-1])
        kept = np.unique(np.linspace(0, len(vectors) - 1, min(draws, len(vectors))).astype(int))
        return vectors[kept]


def sample_posterior(data: DensityData, layout: Layout, *, seed: int, draws: int, tune: int, chains: int) -> Sample:
    """Sample with several chains, as many at a time as there are cores.

    Raises:
        FitError: If the density can't be evaluated, or the sampler breaks off.
    """
    started = time.perf_counter()
    value, gradient = log_density(np.zeros(layout.size), data)
    if not (np.isfinite(value) and np.isfinite(gradient).all()):
        raise FitError(
            "the media-mix density is not finite at its prior mean; look for extreme values in KPI and media"
        )
    ready = time.perf_counter()
    try:
        trace = nutpie.sample(
            _as_nutpie(data, layout),
            draws=draws,
            tune=tune,
            chains=chains,
            cores=min(chains, os.cpu_count() or 1),
            seed=seed,
            target_accept=TARGET_ACCEPT,
            progress_bar=False,
            save_warmup=False,
        )
    except RuntimeError as error:
        raise FitError(
            f"the sampler broke off ({error}); look for extreme values in the KPI and the controls"
        ) from error
    return Sample(
        position=trace["posterior"]["position"].to_numpy(),
        divergences=int(trace["sample_stats"]["diverging"].sum()),
        steps=int(trace["sample_stats"]["n_steps"].sum()),
        compile_seconds=ready - started,
        sampling_seconds=time.perf_counter() - ready,
    )


def _as_nutpie(data: DensityData, layout: Layout) -> PyFuncModel:
    def make_density() -> Callable[[np.ndarray], tuple[float, np.ndarray]]:
        return lambda position: log_density(position, data)

    def make_expand(*_: int) -> Callable[[np.ndarray], dict[str, np.ndarray]]:
        return lambda position: {"position": position}

    def make_start(seed: int) -> np.ndarray:
        return np.random.default_rng(seed).normal(scale=START_SD, size=layout.size)

    return from_pyfunc(
        ndim=layout.size,
        make_logp_fn=make_density,
        make_expand_fn=make_expand,
        expanded_dtypes=[np.dtype("float64")],
        expanded_shapes=[(layout.size,)],
        expanded_names=["position"],
        make_initial_point_fn=make_start,
    )
