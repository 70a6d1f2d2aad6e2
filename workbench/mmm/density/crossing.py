"""Calls from compiled code to a C function that it knows by its address alone."""

from __future__ import annotations

from typing import Any

import numba
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

ADDRESS, NUMBER = ir.IntType(64), ir.DoubleType()
# Three pointers to doubles, and a double back.
SIGNATURE = types.double(*[types.CPointer(types.double)] * 3)


def _call(_: Any, function: Any, first: Any, second: Any, third: Any) -> Any:
    """What the function at this address returns for three addresses."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        pointer = NUMBER.as_pointer()
        kind = ir.FunctionType(NUMBER, [pointer] * 3)
        given = [builder.inttoptr(value, pointer) for value in values[1:]]
        return builder.call(builder.inttoptr(values[0], kind.as_pointer()), given)

    return types.float64(function, first, second, third), generate


def _address_of(_: Any, pointer: Any) -> Any:
    """Address that a pointer holds."""
    return numba.uintp(pointer), lambda context, builder, signature, values: builder.ptrtoint(values[0], ADDRESS)


call: Any = intrinsic(_call)
address_of: Any = intrinsic(_address_of)
