"""The density as C functions that the sampler calls without Python: no interpreter lock, no cost a call."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import numba
import numpy as np
from numba import types
from numba.core.ccallback import CFunc
from numba.core.sigutils import normalize_signature

from workbench.mmm.density.compiled import OPTIONS, keep
from workbench.mmm.density.log_density import log_density, parameters
from workbench.mmm.density.packing import DensityData, pack, packed_data

DONE, GRADIENT_NOT_FINITE, DENSITY_NOT_FINITE = 0, 3, 4
NUMBERS = types.CPointer(types.double)


def density_at(position: np.ndarray, data: DensityData) -> tuple[float, np.ndarray]:
    """Log-density at a position of the sampler and its gradient, up to a constant."""
    density, gradient = np.empty(1), np.empty(len(position))
    arrays = (np.asarray(position, dtype=float), gradient, density, pack(data))
    density_callback().ctypes(len(position), *(_address(array) for array in arrays))
    return float(density[0]), gradient


def parameters_at(position: np.ndarray, data: DensityData) -> np.ndarray:
    """The layout's vector at a position of the sampler."""
    saved = np.empty(2 * len(position))
    arrays = (np.asarray(position, dtype=float), saved, pack(data))
    position_callback().ctypes(len(position), len(saved), *(_address(array) for array in arrays))
    return saved[: len(position)]


def compile_density() -> None:
    """Compile what a first fit would else wait for, and keep it on the disk."""
    density_callback()
    position_callback()


@cache
def density_callback() -> CFunc:
    return _callback(_density, types.int64(types.uint64, NUMBERS, NUMBERS, NUMBERS, NUMBERS))


@cache
def position_callback() -> CFunc:
    return _callback(_position, types.int64(types.uint64, types.uint64, NUMBERS, NUMBERS, NUMBERS))


def _callback(function: Any, signature: Any) -> CFunc:
    """Compile it, or fetch it from the disk; `numba.cfunc` would do so while this module is imported."""
    callback = keep(CFunc(function, normalize_signature(signature), {}, OPTIONS))
    callback.compile()
    return callback


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
    point = parameters(moved, packed_data(packed))
    for i in range(size):
        out[i] = point[i]
        out[size + i] = moved[i]
    return DONE
