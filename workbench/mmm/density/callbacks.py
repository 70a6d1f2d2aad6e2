"""The density as C functions that the sampler calls without Python: no interpreter lock, no cost a call."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from subprocess import DEVNULL, Popen
from typing import Any

import numba
import numpy as np
from numba import types
from numba.core.ccallback import CFunc
from numba.core.sigutils import normalize_signature

from workbench.mmm.density.compiled import OPTIONS, keep
from workbench.mmm.density.crossing import SIGNATURE
from workbench.mmm.density.forward import fill, forward
from workbench.mmm.density.log_density import log_density
from workbench.mmm.density.packing import DensityData, pack, packed_data

DONE, GRADIENT_NOT_FINITE, DENSITY_NOT_FINITE = 0, 3, 4
NUMBERS = types.CPointer(types.double)


def density_at(position: np.ndarray, data: DensityData) -> tuple[float, np.ndarray]:
    """Log-density at a position of the sampler and its gradient, up to a constant."""
    density, gradient = np.empty(1), np.empty(len(position))
    arrays = (np.asarray(position, dtype=float), gradient, density, packed(data))
    density_callback().ctypes(len(position), *(_address(array) for array in arrays))
    return float(density[0]), gradient


def parameters_at(position: np.ndarray, data: DensityData) -> np.ndarray:
    """The layout's vector at a position of the sampler."""
    saved = np.empty(2 * len(position))
    arrays = (np.asarray(position, dtype=float), saved, packed(data))
    position_callback().ctypes(len(position), len(saved), *(_address(array) for array in arrays))
    return saved[: len(position)]


def packed(data: DensityData) -> np.ndarray:
    """What the C functions below take: the constants in one array, with the address of the first half."""
    # The density first: while it compiles, another process compiles the half that it doesn't contain.
    compile_density()
    return pack(data._replace(forward=np.array([forward_callback().address])))


def compile_density() -> None:
    """Compile what a first fit would else wait for, and keep it on the disk."""
    density_callback()
    position_callback()


@cache
def density_callback() -> CFunc:
    return _callback(_density, types.int64(types.uint64, NUMBERS, NUMBERS, NUMBERS, NUMBERS), BesideFirstHalf)


@cache
def position_callback() -> CFunc:
    return _callback(_position, types.int64(types.uint64, types.uint64, NUMBERS, NUMBERS, NUMBERS))


@cache
def forward_callback() -> CFunc:
    return _callback(fill, SIGNATURE)


class BesideFirstHalf(CFunc):
    """Compiled while a process of its own compiles the functions that it doesn't contain: numba does one at a time.

    What that process can't do, whoever needs it does.
    """

    def _compile_uncached(self) -> Any:
        command = f"from {__name__} import forward_callback, position_callback; forward_callback(); position_callback()"
        with ExitStack() as stack:
            with suppress(OSError):
                stack.enter_context(Popen([sys.executable, "-c", command], stdout=DEVNULL, stderr=DEVNULL))
            return super()._compile_uncached()  # type: ignore[misc]


def _callback(function: Any, signature: Any, kind: type[CFunc] = CFunc) -> CFunc:
    """Compile it, or fetch it from the disk; `numba.cfunc` would do so while this module is imported."""
    callback = keep(kind(function, normalize_signature(signature), {}, OPTIONS))
    with _without_collection():
        callback.compile()
    return callback


@contextmanager
def _without_collection() -> Iterator[None]:
    """Most of what a compiler makes is kept: to look through it for garbage again and again takes a tenth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _address(array: np.ndarray) -> Any:
    return array.ctypes.data_as(ctypes.POINTER(ctypes.c_double))


def _density(size, position, gradient, density, packed):  # type: ignore[no-untyped-def]
    """Density and gradient at one position; a code above 0 makes the sampler turn back, a divergence.

    `np.isfinite` asks whether a number less itself is zero, which additions in any order are free to answer beforehand.
    """
    value, slopes = log_density(numba.carray(position, (size,)), packed_data(packed))
    numba.carray(density, (1,))[0] = value
    out = numba.carray(gradient, (size,))
    finite = True
    for i in range(size):
        out[i] = slopes[i]
        finite &= abs(slopes[i]) < np.inf
    if not finite:
        return GRADIENT_NOT_FINITE
    return DONE if abs(value) < np.inf else DENSITY_NOT_FINITE


def _position(size, _, position, saved, packed):  # type: ignore[no-untyped-def]
    """What is saved of each draw: the layout's vector, and the sampler's own position."""
    moved, out = numba.carray(position, (size,)), numba.carray(saved, (2 * size,))
    point = forward(moved, packed_data(packed))[1][0]
    for i in range(size):
        out[i] = point[i]
        out[size + i] = moved[i]
    return DONE
