"""Exponential and logarithm without branches, so that loops over weeks that call them become vector instructions.

    e^x − 1 = 2^k (e^r − 1) + 2^k − 1   with k the integer nearest to x / ln 2 and r = x − k ln 2, |r| ≤ ½ ln 2
    ln x    = k ln 2 + 2 artanh(s)      with x = 2^k m, √½ ≤ m < √2 and s = (m − 1) / (m + 1), |s| < 0.172
    tanh x  = −d / (2 + d)              with d = e^(−2x) − 1

e^r − 1 and artanh are the first terms of their Taylor series, enough for the precision of a double. The bits of a double
are its sign, eleven of 1023 + k and 52 of m; a double near 1.5 · 2^52 holds an integer in its last bits.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.extending import intrinsic

from workbench.mmm.density.compiled import UNWRAPPED

LOG2_E = 1.0 / math.log(2.0)
LN_2 = math.log(2.0)
# The first 32 bits of ln 2 and the rest: k times the first is exact.
LN_2_HIGH, LN_2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
INTEGER_IN_BITS = 1.5 * 2.0**52
EXPONENT_IN_BITS = 2.0**52
EXPONENT_IN_BITS_BITS = np.int64(0x4330000000000000)
ONE_BITS = np.int64(0x3FF0000000000000)
ROOT_HALF_BITS = np.int64(0x3FE6A09E667F3BCD)
MANTISSA_MASK = np.int64(0x000FFFFFFFFFFFFF)
MANTISSA_BITS = np.int64(52)
LARGEST = 700.0
INT64, DOUBLE = ir.IntType(64), ir.DoubleType()


def _bits_of(_: Any, number: Any) -> Any:
    """The 64 bits of a double as an integer."""
    return numba.int64(number), lambda context, builder, signature, values: builder.bitcast(values[0], INT64)


def _double_of(_: Any, bits: Any) -> Any:
    """The double that has these 64 bits."""
    return numba.float64(bits), lambda context, builder, signature, values: builder.bitcast(values[0], DOUBLE)


bits_of: Any = intrinsic(_bits_of)
double_of: Any = intrinsic(_double_of)
# No reassociation: it would cancel the numbers that are added to round.
elementary = numba.njit(error_model="numpy", fastmath={"contract"}, forceinline=True, **UNWRAPPED)


@elementary
def expm1_parts(x: float) -> tuple[float, float]:
    """2^k and e^r − 1, for x within ±700; beyond, those of ±700."""
    bounded = min(max(x, -LARGEST), LARGEST)
    shifted = bounded * LOG2_E + INTEGER_IN_BITS
    k = shifted - INTEGER_IN_BITS
    r = (bounded - k * LN_2_HIGH) - k * LN_2_LOW
    power = double_of((bits_of(shifted) << MANTISSA_BITS) + ONE_BITS)
    series = 1.0 / 479001600.0
    series = 1.0 / 39916800.0 + r * series
    series = 1.0 / 3628800.0 + r * series
    series = 1.0 / 362880.0 + r * series
    series = 1.0 / 40320.0 + r * series
    series = 1.0 / 5040.0 + r * series
    series = 1.0 / 720.0 + r * series
    series = 1.0 / 120.0 + r * series
    series = 1.0 / 24.0 + r * series
    series = 1.0 / 6.0 + r * series
    series = 0.5 + r * series
    return power, r + r * r * series


@elementary
def exp(x: float) -> float:
    """e^x for x within ±700; beyond, that of ±700."""
    power, rest = expm1_parts(x)
    return power + power * rest


@elementary
def tanh(x: float) -> float:
    """Hyperbolic tangent."""
    power, rest = expm1_parts(-2.0 * x)
    below_one = power * rest + (power - 1.0)
    return -below_one / (2.0 + below_one)


@elementary
def log(x: float) -> float:
    """Natural logarithm of a normal number above 0."""
    bits = bits_of(x)
    above = bits - ROOT_HALF_BITS
    m = double_of((above & MANTISSA_MASK) + ROOT_HALF_BITS)
    biased = ((above + ONE_BITS) >> MANTISSA_BITS) | EXPONENT_IN_BITS_BITS
    k = double_of(biased) - (EXPONENT_IN_BITS + 1023.0)
    s = (m - 1.0) / (m + 1.0)
    squared = s * s
    series = 1.0 / 21.0
    series = 1.0 / 19.0 + squared * series
    series = 1.0 / 17.0 + squared * series
    series = 1.0 / 15.0 + squared * series
    series = 1.0 / 13.0 + squared * series
    series = 1.0 / 11.0 + squared * series
    series = 1.0 / 9.0 + squared * series
    series = 1.0 / 7.0 + squared * series
    series = 1.0 / 5.0 + squared * series
    series = 1.0 / 3.0 + squared * series
    return k * LN_2 + 2.0 * (s + s * squared * series)
