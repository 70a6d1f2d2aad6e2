"""Draw from the posterior with nutpie."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow

from workbench.errors import FitError
from workbench.mmm.density.callbacks import density_at, density_callback, packed, position_callback
from workbench.mmm.density.deferred import deferred
from workbench.mmm.density.packing import DensityData
from workbench.mmm.density.starting_point import StartingPoint

# Only to convert what it drew would nutpie need arviz, which takes a second to load, all of its plots included.
with deferred("arviz"):
    import nutpie
    from nutpie.compile_pymc import CompiledPyMCModel

TARGET_ACCEPT = 0.88
START_SD = 0.3


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What the sampler returned.

    Attributes:
        position: Unconstrained vectors in the layout's own coordinates, shape (chain, draw, size).
        energy: Energy of each transition, shape (chain, draw).
        start: Coordinates in which these draws have mean 0 and standard deviation 1, for the next fit.
        divergences: Divergent transitions after warm-up.
        steps: Leapfrog steps of all chains after warm-up.
        compile_seconds: Until the density could be evaluated; near zero once the disk holds it compiled.
        sampling_seconds: Warm-up and draws.
    """

    position: np.ndarray
    energy: np.ndarray
    start: StartingPoint
    divergences: int
    steps: int
    compile_seconds: float
    sampling_seconds: float

    def flat(self, draws: int) -> np.ndarray:
        """At most `draws` evenly spaced vectors over all chains, shape (draw, size)."""
        vectors = self.position.reshape(-1, self.position.shape[-1])
        kept = np.unique(np.linspace(0, len(vectors) - 1, min(draws, len(vectors))).astype(int))
        return vectors[kept]


def sample_posterior(
    data: DensityData,
    *,
    seed: int,
    draws: int,
    tune: int,
    chains: int,
    target_accept: float = TARGET_ACCEPT,
) -> Sample:
    """Sample with several chains, as many at a time as there are cores.

    Raises:
        FitError: If the density can't be evaluated, or the sampler breaks off.
    """
    started = time.perf_counter()
    value, gradient = density_at(np.zeros(len(data.centre)), data)
    if not (np.isfinite(value) and np.isfinite(gradient).all()):
        raise FitError(
            "the media-mix density is not finite where sampling starts; look for extreme values in KPI and media"
        )
    model = _as_nutpie(data)
    ready = time.perf_counter()
    try:
        trace = nutpie.sample(
            model,
            draws=draws,
            tune=tune,
            chains=chains,
            cores=min(chains, os.cpu_count() or 1),
            seed=seed,
            target_accept=target_accept,
            progress_bar=False,
            save_warmup=False,
            return_raw_trace=True,
        )
    except RuntimeError as error:
        raise FitError(
            f"the sampler broke off ({error}); look for extreme values in the KPI and the controls"
        ) from error
    posterior, statistics = trace.get_arrow_trace()
    return Sample(
        position=_after_warm_up(posterior, "position", tune),
        energy=_after_warm_up(statistics, "energy", tune),
        start=_next_start(_after_warm_up(posterior, "moved", tune), data),
        divergences=int(_after_warm_up(statistics, "diverging", tune).sum()),
        steps=int(_after_warm_up(statistics, "n_steps", tune).sum()),
        compile_seconds=ready - started,
        sampling_seconds=time.perf_counter() - ready,
    )


def _after_warm_up(chains: Sequence[Any], name: str, tune: int) -> np.ndarray:
    """A column of each chain's Arrow table, shape (chain, draw) or (chain, draw, value)."""
    return np.stack([_rows(pyarrow.array(chain.column(name)).slice(tune)) for chain in chains])


def _rows(column: pyarrow.Array) -> np.ndarray:
    """One row a draw."""
    if pyarrow.types.is_large_list(column.type):
        return np.asarray(column.flatten()).reshape(len(column), -1)
    return np.asarray(column)


def _next_start(moved: np.ndarray, data: DensityData) -> StartingPoint:
    """From the sampler's own positions, shape (chain, draw, size)."""
    centre = data.centre + data.scale * moved.mean(axis=(0, 1))
    return StartingPoint(centre=centre, scale=data.scale * moved.std(axis=(0, 1)), doubt=data.doubt)


def _as_nutpie(data: DensityData) -> CompiledPyMCModel:
    """A model whose density is a C function; it keeps the packed data, which the C function reads, alive."""
    size = len(data.centre)

    def make_start(seed: int) -> np.ndarray:
        return np.random.default_rng(seed).normal(scale=START_SD, size=size)

    return CompiledPyMCModel(
        compiled_logp_func=density_callback(),
        compiled_expand_func=position_callback(),
        initial_point_func=make_start,
        user_data=packed(data),
        n_expanded=2 * size,
        shape_info=(["position", "moved"], [slice(0, size), slice(size, 2 * size)], [(size,), (size,)]),
        dims={},
        reparameterized_names=[],
        shared_data={},
        shared_var_keys={},
        logp_func=None,
        expand_func=None,
        _n_dim=size,
        _shapes={"position": (size,), "moved": (size,)},
        _coords={},
    )
