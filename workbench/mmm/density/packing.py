"""The constants of the density, and their way to compiled code as one array of numbers behind one pointer.

Compiled code sees the fields of `DensityData` as attributes of that pointer: `data.kpi` is a view of what `pack` has joined.
Thirty arrays handed from function to function instead would take most of the time that the density takes to compile.
"""

from __future__ import annotations

from typing import Any, NamedTuple, get_type_hints

import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.core.imputils import lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import intrinsic, models, register_model
from numba.np.arrayobj import populate_array

from workbench.mmm.density.lag_weights import ADSTOCK_FORMS
from workbench.mmm.density.likelihood import Rotation
from workbench.mmm.density.parameters import channel_priors, density_layout, half_normal_scales
from workbench.mmm.density.responses import FORMS
from workbench.mmm.density.starting_point import StartingPoint
from workbench.mmm.inputs.design import Design
from workbench.mmm.inputs.lift_tests import LiftTests
from workbench.mmm.inputs.priors import Priors

type Vector = np.ndarray
type Matrix = np.ndarray
type Cube = np.ndarray
type Indices = np.ndarray

DIMENSIONS: dict[Any, int] = {Vector: 1, Matrix: 2, Cube: 3, Indices: 1}
# Of each field, the header says where it starts, and its shape.
HEADER_WIDTH = 1 + max(DIMENSIONS.values())


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
        forward: Address of the C function that computes the responses, shape (1,); 0 until this process has it.
    """

    kpi: Matrix
    exposure: Cube
    form: Indices
    adstock: Indices
    money_scale: Matrix
    value_weight: Matrix
    left: Matrix
    singular: Vector
    persistence: Vector
    own: Cube
    own_prior_sd: Vector
    own_sign: Indices
    ramps: Matrix
    prior_mu: Matrix
    prior_sigma: Matrix
    starts: Indices
    half_normal: Vector
    centre: Vector
    scale: Vector
    doubt: Vector
    lift: Vector
    lift_se: Vector
    cell_test: Indices
    cell_market: Indices
    cell_channel: Indices
    cell_week: Indices
    cell_scale: Vector
    cell_lags: Cube
    forward: Indices


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
        forward=np.zeros(1, dtype=np.int64),
    )


def pack(data: DensityData) -> np.ndarray:
    """All constants in one array of 64-bit words: the header, then field after field."""
    header, words = np.zeros((len(data), HEADER_WIDTH), dtype=np.int64), []
    place = header.size
    for number, (field, kind) in enumerate(zip(data, KINDS.values(), strict=True)):
        header[number, : 1 + field.ndim] = place, *field.shape
        words.append(np.ascontiguousarray(field, dtype=_word(kind)).ravel().view(np.float64))
        place += field.size
    return np.concatenate([header.ravel().view(np.float64), *words])


KINDS: dict[str, Any] = get_type_hints(DensityData)
FIELDS = tuple(KINDS)


def _word(kind: Any) -> Any:
    return np.int64 if kind is Indices else np.float64


class PackedType(types.Type):
    """Compiled code's type of the pointer to what `pack` has joined."""

    def __init__(self) -> None:
        super().__init__(name="PackedDensityData")


PACKED = PackedType()


@register_model(PackedType)
class PackedModel(models.PrimitiveModel):
    """In memory it is that pointer."""

    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, ir.DoubleType().as_pointer())


@intrinsic
def packed_data(_: Any, pointer: Any) -> Any:
    """The constants behind a pointer to doubles."""
    return PACKED(pointer), lambda context, builder, signature, values: values[0]


@infer_getattr
class PackedAttributes(AttributeTemplate):
    """Each field is an array of the dimensions that `DensityData` declares."""

    key = PackedType

    def generic_resolve(self, value: Any, attr: str) -> Any:  # type: ignore[override]
        return _array_type(attr) if attr in KINDS else None


@lower_getattr_generic(PackedType)
def view_of_field(context: Any, builder: Any, _: Any, pointer: Any, name: str) -> Any:
    """A view of one field: its start and shape are in the header."""
    kind, word = _array_type(name), ir.IntType(64)
    header = builder.bitcast(pointer, word.as_pointer())
    start, *shape = (_constant(builder, header, name, i) for i in range(1 + kind.ndim))
    strides = [ir.Constant(word, 8)]
    for length in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], length))
    array = context.make_array(kind)(context, builder)
    first = builder.bitcast(builder.gep(pointer, [start]), array.data.type)
    populate_array(array, data=first, shape=shape, strides=strides, itemsize=ir.Constant(word, 8), meminfo=None)
    return array._getvalue()


def _constant(builder: Any, header: Any, name: str, i: int) -> Any:
    """A number of the header; that nothing ever changes it spares compiled loops from reading it again."""
    place = ir.Constant(ir.IntType(64), HEADER_WIDTH * FIELDS.index(name) + i)
    number = builder.load(builder.gep(header, [place]))
    number.set_metadata("invariant.load", builder.module.add_metadata([]))
    return number


def _array_type(name: str) -> Any:
    kind = KINDS[name]
    return types.Array(numba.from_dtype(np.dtype(_word(kind))), DIMENSIONS[kind], "C")
