"""Ticks of an axis in the words of every other number: plotly's own would write €−5k and €500m for half a euro."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from workbench.apps.amount import POINTS
from workbench.wording import is_currency, money, number, percent

ABOUT = 5
_STEPS = np.array([1.0, 2.0, 2.5, 5.0, 10.0])


def ticks(values: object, unit: str) -> dict[str, Any]:
    """Round places from the least to the largest of some values, zero among them, with what each is called.

    >>> ticks([0.0011], "%")["ticktext"], ticks([-0.004, 0.003], POINTS)["ticktext"]
    (['0.000%', '0.025%', '0.050%', '0.075%', '0.100%'], ['−0.4', '−0.2', '0', '0.2'])
    >>> ticks([-1200.0, 2900.0], "EUR")["ticktext"], ticks([0.02, 0.09], "%")["ticktext"]
    (['−€1k', '€0', '€1k', '€2k'], ['0%', '2%', '4%', '6%', '8%'])
    """
    known = np.append(np.asarray(values, dtype=float).ravel(), 0.0)
    low, high = float(np.nanmin(known)), float(np.nanmax(known))
    step = _round_step((high - low) / ABOUT) if high > low else 1.0
    places = step * np.arange(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
    return {
        "tickmode": "array",
        "tickvals": places.tolist(),
        "ticktext": [_called(place, step, unit) for place in places],
    }


def _round_step(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(step))
    return float(power * _STEPS[np.searchsorted(_STEPS, step / power - 1e-9)])


def _decimals(step: float) -> int:
    """As many as tell one place from the next: steps of 0.25 take two."""
    return next(digits for digits in range(12) if math.isclose(round(step, digits), step, rel_tol=1e-6))


def _called(place: float, step: float, unit: str) -> str:
    if unit == POINTS:
        return number(100 * place, 3)
    if unit == "%":
        return percent(place, _decimals(100 * step))
    if is_currency(unit):
        text = money(0.0 if abs(place) < step / 2 else place, unit)
        return text.removesuffix(".00") if step >= 1 else text
    return number(0.0 if abs(place) < step / 2 else place)
