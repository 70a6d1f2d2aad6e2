"""Numbers of one table column: one scale and one number of decimals, so that they can be compared at a glance."""

from __future__ import annotations

import math
from collections.abc import Sequence

from workbench import wording

_MILLIONS_FROM = 1e7
_SCIENTIFIC_FROM = 1e15


def column_text(values: Sequence[float], unit: str) -> list[str]:
    """Format a column.

    Args:
        values: Numbers, NaN where there is none.
        unit: `%` (of fractions), `int`, a currency's code, or empty for pure numbers.

    >>> column_text([1234567.0, 951.2, float("nan")], "EUR")
    ['€1,234,567', '€951', '–']
    >>> column_text([0.054, 0.1], "%"), column_text([1.234, 12.0], ""), column_text([-2.5e7, 4e5], "USD")
    (['5.4%', '10.0%'], ['1.23', '12.00'], ['−$25.00m', '$0.40m'])
    >>> column_text([0.0042, 0.0131], "EUR"), column_text([0.77, 0.5], "USD")
    (['€0.0042', '€0.0131'], ['$0.770', '$0.500'])
    """
    if unit == "%":
        return [wording.percent(value) for value in values]
    if unit == "int":
        return [wording.count(value) for value in values]
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    scale, suffix = (1e6, "m") if largest >= _MILLIONS_FROM else (1.0, "")
    decimals = _decimals(largest / scale, money=wording.is_currency(unit))
    symbol = wording.SYMBOLS.get(unit, f"{unit} ") if wording.is_currency(unit) else ""
    return [_fixed(value, scale, decimals, symbol, suffix) for value in values]


def _decimals(largest: float, *, money: bool) -> int:
    if money and largest >= 1:
        return 2 if largest < 100 else 0
    if largest == 0 or largest >= 1000:
        return 0
    return min(6, max(0, 3 - math.ceil(math.log10(largest) + 1e-9))) if largest < 1 else (2 if largest < 100 else 1)


def _fixed(value: float, scale: float, decimals: int, symbol: str, suffix: str) -> str:
    if math.isnan(value):
        return wording.DASH
    if math.isinf(value):
        return (wording.MINUS if value < 0 else "") + "∞"
    if abs(value) >= _SCIENTIFIC_FROM:
        return f"{value:.2e}".replace("-", wording.MINUS)
    size = f"{abs(value) / scale:,.{decimals}f}"
    negative = value < 0 and float(size.replace(",", "")) != 0
    return f"{wording.MINUS if negative else ''}{symbol}{size}{suffix}"
