"""The constants of the density, and their way to compiled code as one array of numbers behind one pointer."""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numba.extending import intrinsic

from workbench.mmm.density.compiled import compiled
from workbench.mmm.density.lag_weights import ADSTOCK_FORMS
from workbench.mmm.density.likelihood import Rotation
from workbench.mmm.density.parameters import BLOCKS, CHANNEL_BLOCKS, channel_priors, density_layout, half_normal_scales
from workbench.mmm.density.responses import FORMS
from workbench.mmm.density.starting_point import StartingPoint
from workbench.mmm.inputs.design import Design
from workbench.mmm.inputs.lift_tests import LiftTests
from workbench.mmm.inputs.priors import Priors

VALUES, PLACES = len(CHANNEL_BLOCKS), len(BLOCKS)

SIZES = 10
type CPointer = Any


class DensityData(NamedTuple):
    """Constants of the density as contiguous arrays, for M markets, C channels, T weeks, L lags with lag 0, K common and J own
    columns of the baseline, R ramps of effectiveness, P parameters, N lift tests and S cells of tests.

    Attributes:
        kpi: Shape (M, T).
        exposure: Shape (M, C, L - 1 + T).
        form: Number of each channel's curve, shape (C,).
        adstock: Number of each channel's carry-over, shape (C,).
        money_scale: Shape (M, C).
        value_weight: Shape (M, T).
        left: Left singular vectors of the common baseline, shape (K, T).
        singular: Its singular values, shape (K,).
        persistence: Of surprises, shape (1,).
        own: The markets' own columns, shape (M, J, T).
        own_prior_sd: Shape (J,).
        own_sign: Shape (J,).
        ramps: Shape (R, T).
        prior_mu: Shape (5, C).
        prior_sigma: Shape (5, C).
        starts: First place of each block of parameters, shape (block,).
        half_normal: Scale of the half-normal whose logarithm a place holds, else 0, shape (P,).
        centre: Middle of each of the sampler's coordinates, shape (P,).
        scale: Their unit, shape (P,).
        doubt: Standard error with which the data know a market's difference in log swing, shape (C,).
        lift: Shape (N,).
        lift_se: Shape (N,).
        cell_test: Index of each cell's test, shape (S,).
        cell_market: Shape (S,).
        cell_channel: Shape (S,).
        cell_week: Shape (S,).
        cell_scale: Shape (S,).
        cell_lags: Exposure by lag with and without the test's change, shape (2, S, L).
    """

    kpi: np.ndarray
    exposure: np.ndarray
    form: np.ndarray
    adstock: np.ndarray
    money_scale: np.ndarray
    value_weight: np.ndarray
    left: np.ndarray
    singular: np.ndarray
    persistence: np.ndarray
    own: np.ndarray
    own_prior_sd: np.ndarray
    own_sign: np.ndarray
    ramps: np.ndarray
    prior_mu: np.ndarray
    prior_sigma: np.ndarray
    starts: np.ndarray
    half_normal: np.ndarray
    centre: np.ndarray
    scale: np.ndarray
    doubt: np.ndarray
    lift: np.ndarray
    lift_se: np.ndarray
    cell_test: np.ndarray
    cell_market: np.ndarray
    cell_channel: np.ndarray
    cell_week: np.ndarray
    cell_scale: np.ndarray
    cell_lags: np.ndarray


def density_data(
    design: Design, priors: Priors, rotation: Rotation, tests: LiftTests, start: StartingPoint
) -> DensityData:
    """Constants of a fit that samples in coordinates around `start`."""
    mu, sigma = channel_priors(priors)
    layout, baseline = density_layout(design), design.baseline
    return DensityData(
        kpi=np.ascontiguousarray(design.kpi.T),
        exposure=np.ascontiguousarray(design.exposure.transpose(1, 2, 0)),
        form=np.array([FORMS[form] for form in design.saturation]),
        adstock=np.array([ADSTOCK_FORMS[form] for form in design.adstock]),
        money_scale=np.ascontiguousarray(design.money_scale),
        value_weight=np.ascontiguousarray(design.value_weight.T),
        left=np.ascontiguousarray(rotation.left.T),
        singular=np.ascontiguousarray(rotation.singular),
        persistence=np.array([rotation.persistence]),
        own=np.ascontiguousarray(baseline.own.transpose(0, 2, 1)),
        own_prior_sd=baseline.own_prior_sd,
        own_sign=baseline.own_sign,
        ramps=np.ascontiguousarray(design.effectiveness_ramps),
        prior_mu=mu,
        prior_sigma=sigma,
        starts=layout.starts,
        half_normal=half_normal_scales(layout, priors, baseline),
        centre=start.centre,
        scale=start.scale,
        doubt=start.doubt,
        lift=tests.lift,
        lift_se=tests.standard_error,
        cell_test=tests.membership.argmax(axis=0) if len(tests) else np.zeros(0, dtype=np.int64),
        cell_market=tests.market,
        cell_channel=tests.channel,
        cell_week=tests.week,
        cell_scale=design.kpi_scale[tests.market],
        cell_lags=np.ascontiguousarray(np.stack([tests.lags, tests.lags_without])),
    )


def pack(data: DensityData) -> np.ndarray:
    """All constants in one array of doubles: the sizes, then field after field."""
    lags = data.exposure.shape[2] - data.kpi.shape[1] + 1
    sizes = (
        *data.money_scale.shape,
        data.kpi.shape[1],
        lags,
        len(data.singular),
        len(data.own_sign),
        len(data.ramps),
        len(data.centre),
        len(data.cell_test),
        len(data.lift),
    )
    return np.concatenate([np.asarray(field, dtype=float).ravel() for field in (sizes, *data)])


@compiled
def unpack(packed: CPointer) -> DensityData:
    """Views of what `pack` has joined; the indices alone are copied, to whole numbers."""
    markets, channels, weeks, lags, columns, own_columns, knots, places, cells, tests = _sizes(
        numba.carray(packed, (SIZES,))
    )
    kpi, rest = _matrix(behind(packed, SIZES), markets, weeks)
    exposure, rest = _cube(rest, markets, channels, lags - 1 + weeks)
    form, rest = _indices(rest, channels)
    adstock, rest = _indices(rest, channels)
    money_scale, rest = _matrix(rest, markets, channels)
    value_weight, rest = _matrix(rest, markets, weeks)
    left, rest = _matrix(rest, columns, weeks)
    singular, rest = _vector(rest, columns)
    persistence, rest = _vector(rest, 1)
    own, rest = _cube(rest, markets, own_columns, weeks)
    own_prior_sd, rest = _vector(rest, own_columns)
    own_sign, rest = _indices(rest, own_columns)
    ramps, rest = _matrix(rest, knots, weeks)
    prior_mu, rest = _matrix(rest, VALUES, channels)
    prior_sigma, rest = _matrix(rest, VALUES, channels)
    starts, rest = _indices(rest, PLACES)
    half_normal, rest = _vector(rest, places)
    centre, rest = _vector(rest, places)
    scale, rest = _vector(rest, places)
    doubt, rest = _vector(rest, channels)
    lift, rest = _vector(rest, tests)
    lift_se, rest = _vector(rest, tests)
    cell_test, rest = _indices(rest, cells)
    cell_market, rest = _indices(rest, cells)
    cell_channel, rest = _indices(rest, cells)
    cell_week, rest = _indices(rest, cells)
    cell_scale, rest = _vector(rest, cells)
    cell_lags, rest = _cube(rest, 2, cells, lags)
    baseline = (left, singular, persistence, own, own_prior_sd, own_sign, ramps)
    priors = (prior_mu, prior_sigma, starts, half_normal, centre, scale, doubt)
    cell = (cell_test, cell_market, cell_channel, cell_week, cell_scale, cell_lags)
    return DensityData(
        kpi, exposure, form, adstock, money_scale, value_weight, *baseline, *priors, lift, lift_se, *cell
    )


@compiled
def _sizes(first: np.ndarray) -> tuple[int, int, int, int, int, int, int, int, int, int]:
    """M, C, T, L, K, J, R, P, S and N as whole numbers."""
    markets, channels, weeks, lags, columns = int(first[0]), int(first[1]), int(first[2]), int(first[3]), int(first[4])
    own, knots, places, cells, tests = int(first[5]), int(first[6]), int(first[7]), int(first[8]), int(first[9])
    return markets, channels, weeks, lags, columns, own, knots, places, cells, tests


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
