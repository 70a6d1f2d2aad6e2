"""Sums of money that come out the same however the engine adds."""

from __future__ import annotations

import math

import ibis
from ibis import ir

# An engine's threads add in any order, and only exact numbers have the same sum in all of them.
EXACT = "decimal(38, 9)"
# The same digits in half the bytes, for amounts whose size is known to be below `LARGEST_SHORT`.
SHORT_EXACT = "decimal(18, 9)"
LARGEST_SHORT = 1e8
# To which sums of floats are rounded, so that what was paid in cents is told in cents.
_SCALE = 1e9
_WHOLE_BITS = 52


@ibis.udf.scalar.builtin(name="floor", signature=(("float64",), "float64"))
def _floor(number):  # type: ignore[no-untyped-def]
    """The engine's own: Ibis' makes whole numbers of another type, which large sums overflow."""


def told(amount: ir.FloatingValue) -> ir.FloatingValue:
    """A sum of floats to nine decimals, on every engine the same float.

    Engines' own rounding differs where noise leaves a sum half-way between two; these steps are the same everywhere.
    """
    return _floor(amount * _SCALE + 0.5) / _SCALE


def addable(amount: ir.FloatingValue, total: float) -> ir.FloatingValue:
    """Amounts as floats that add up exactly in any order, at half the cost of decimals.

    They become multiples of one power of two, so fine that it moves none by more than total / 2^52 and so coarse that floats hold
    every sum of them whole.

    Args:
        amount: In currency, not negative.
        total: What they add up to together, at least.
    """
    steps = 2.0 ** (_WHOLE_BITS - math.frexp(total)[1])
    return _floor(amount * steps + 0.5) / steps
