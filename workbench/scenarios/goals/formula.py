"""Formulas of KPIs: plain arithmetic on named quantities, and nothing else that Python could do."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from workbench.errors import SpecError

LONGEST = 500
NEARBY = 12


@dataclass(frozen=True)
class Formula:
    """A formula that was read.

    Attributes:
        text: As it was written.
        names: What it is made of, in the order of first use.
    """

    text: str
    names: tuple[str, ...]
    tree: ast.expr

    def __call__(self, values: Mapping[str, float | np.ndarray]) -> np.ndarray:
        """Its value, by draw where any of `values` is; NaN where it divides by zero or leaves the numbers.

        Raises:
            KeyError: If a name has no value.
        """
        with np.errstate(all="ignore"):
            found = np.asarray(_value(self.tree, values), dtype=float)
        return np.where(np.isfinite(found), found, np.nan)


def parse(text: str) -> Formula:
    """Read a formula.

    Raises:
        SpecError: If it isn't arithmetic on names and numbers; the message says where it stops being so.
    """
    if not text.strip():
        raise SpecError("the formula is empty; write one such as spend / new_customers")
    if len(text) > LONGEST:
        raise SpecError(
            f"the formula has {len(text)} characters, at most {LONGEST} are read; name parts of it in [kpis]"
        )
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        at = max(0, (error.offset or 1) - 1)
        nearby = text.strip()[max(0, at - NEARBY) : at + NEARBY] or text.strip()
        raise SpecError(f"the formula {text!r} can't be read near {nearby!r}; mend it there") from None
    except (ValueError, RecursionError, MemoryError):
        raise SpecError(f"the formula {text!r} can't be read; use names, numbers, + - * / and brackets") from None
    names = dict.fromkeys(_names(tree, text))
    return Formula(text, tuple(names), tree)


def _names(node: ast.expr, text: str) -> Iterator[str]:
    """The names below a node, refusing whatever isn't arithmetic."""
    match node:
        case ast.Name(id=name):
            yield name
        case ast.Constant(value=float() | int() as value) if not isinstance(value, bool) and abs(value) <= 1e300:
            return
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            yield from _names(operand, text)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATIONS:
            yield from _names(left, text)
            yield from _names(right, text)
        case _:
            part = ast.unparse(node)
            raise SpecError(
                f"the formula {text!r} holds {part!r}, which is not arithmetic; use names, numbers, + - * / and brackets"
            )


def _value(node: ast.expr, values: Mapping[str, float | np.ndarray]) -> float | np.ndarray:
    match node:
        case ast.Name(id=name):
            return values[name]
        case ast.Constant(value=float() | int() as value):
            return float(value)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, values)
        case ast.UnaryOp(operand=operand):
            return _value(operand, values)
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATIONS[type(op)](_value(left, values), _value(right, values))
    raise AssertionError(ast.dump(node))  # `parse` lets no other node pass


def _divide(dividend: float | np.ndarray, divisor: float | np.ndarray) -> np.ndarray:
    divisor = np.asarray(divisor, dtype=float)
    return np.where(divisor == 0, np.nan, np.divide(dividend, np.where(divisor == 0, 1.0, divisor)))


_OPERATIONS: dict[type[ast.operator], Callable[..., float | np.ndarray]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: _divide,
}
