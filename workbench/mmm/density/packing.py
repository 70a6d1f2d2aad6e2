"""The constants of the density, and their way to compiled code as one array of numbers behind one pointer."""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numba.extending import intrinsic

from workbench.mmm.density.compiled import compiled

SIZES = 7
type CPointer = Any


class DensityData(NamedTuple):
    """Constants of the density as contiguous arrays, for M markets, C channels, T weeks, L lags with lag 0, K columns of
    the baseline, N lift tests and S cells of tests.

    Attributes:
        kpi: Shape (M, T).
        exposure: Shape (M, C, L - 1 + T).
        form: Number of each channel's curve, shape (C,).
        money_scale: Shape (M, C).
        value_weight: Shape (M, T).
        left: Left singular vectors of the baseline, shape (M, K, T).
        singular: Its singular values, shape (M, K).
        prior_mu: Shape (4, C).
        prior_sigma: Shape (4, C).
        noise_scale: Scale of the noise's half-normal, shape (1,).
        spread_scale: Scales of the spreads' half-normals, shape (2,).
        lift: Shape (N,).
        lift_se: Shape (N,).
        cell_test: Index of each cell's test, shape (S,).
        cell_market: Shape (S,).
        cell_channel: Shape (S,).
        cell_scale: Shape (S,).
        cell_lags: Exposure by lag with and without the test's change, shape (2, S, L).
    """

    kpi: np.ndarray
    exposure: np.ndarray
    form: np.ndarray
    money_scale: np.ndarray
    value_weight: np.ndarray
    left: np.ndarray
    singular: np.ndarray
    prior_mu: np.ndarray
    prior_sigma: np.ndarray
    noise_scale: np.ndarray
    spread_scale: np.ndarray
    lift: np.ndarray
    lift_se: np.ndarray
    cell_test: np.ndarray
    cell_market: np.ndarray
    cell_channel: np.ndarray
    cell_scale: np.ndarray
    cell_lags: np.ndarray


def pack(data: DensityData) -> np.ndarray:
    """All constants in one array of doubles: the sizes, then field after field."""
    lags = data.exposure.shape[2] - data.kpi.shape[1] + 1
    sizes = (
        *data.money_scale.shape,
        data.kpi.shape[1],
        lags,
        data.singular.shape[1],
        len(data.cell_test),
        len(data.lift),
    )
    return np.concatenate([np.asarray(field, dtype=float).ravel() for field in (sizes, *data)])


@compiled
def unpack(packed: CPointer) -> DensityData:
    """Views of what `pack` has joined; the indices alone are copied, to whole numbers."""
    markets, channels, weeks, lags, columns, cells, tests = _sizes(numba.carray(packed, (SIZES,)))
    kpi, rest = _matrix(behind(packed, SIZES), markets, weeks)
    exposure, rest = _cube(rest, markets, channels, lags - 1 + weeks)
    form, rest = _indices(rest, channels)
    money_scale, rest = _matrix(rest, markets, channels)
    value_weight, rest = _matrix(rest, markets, weeks)
    left, rest = _cube(rest, markets, columns, weeks)
    singular, rest = _matrix(rest, markets, columns)
    prior_mu, rest = _matrix(rest, 4, channels)
    prior_sigma, rest = _matrix(rest, 4, channels)
    noise_scale, rest = _vector(rest, 1)
    spread_scale, rest = _vector(rest, 2)
    lift, rest = _vector(rest, tests)
    lift_se, rest = _vector(rest, tests)
    cell_test, rest = _indices(rest, cells)
    cell_market, rest = _indices(rest, cells)
    cell_channel, rest = _indices(rest, cells)
    cell_scale, rest = _vector(rest, cells)
    cell_lags, rest = _cube(rest, 2, cells, lags)
    return DensityData(
        kpi,
        exposure,
        form,
        money_scale,
        value_weight,
        left,
        singular,
        prior_mu,
        prior_sigma,
        noise_scale,
        spread_scale,
        lift,
        lift_se,
        cell_test,
        cell_market,
        cell_channel,
        cell_scale,
        cell_lags,
    )


@compiled
def _sizes(first: np.ndarray) -> tuple[int, int, int, int, int, int, int]:
    """M, C, T, L, K, S and N as whole numbers."""
    markets, channels, weeks, lags = int(first[0]), int(first[1]), int(first[2]), int(first[3])
    return markets, channels, weeks, lags, int(first[4]), int(first[5]), int(first[6])


def _behind(_: Any, pointer: Any, count: Any) -> Any:
    """The address of the number that many places further."""
    return pointer(pointer, numba.int64), lambda context, builder, signature, values: builder.gep(
        values[0], [values[1]]
    )


behind: Any = intrinsic(_behind)


@compiled
def _vector(numbers: CPointer, length: int) -> tuple[np.ndarray, CPointer]:
    """The numbers as an array, and the address of those that follow."""
    return numba.carray(numbers, (length,)), behind(numbers, length)


@compiled
def _matrix(numbers: CPointer, rows: int, columns: int) -> tuple[np.ndarray, CPointer]:
    return numba.carray(numbers, (rows, columns)), behind(numbers, rows * columns)


@compiled
def _cube(numbers: CPointer, layers: int, rows: int, columns: int) -> tuple[np.ndarray, CPointer]:
    return numba.carray(numbers, (layers, rows, columns)), behind(numbers, layers * rows * columns)


@compiled
def _indices(numbers: CPointer, length: int) -> tuple[np.ndarray, CPointer]:
    values, rest = _vector(numbers, length)
    whole = np.empty(length, dtype=np.int64)
    for i in range(length):
        whole[i] = int(values[i])
    return whole, rest
