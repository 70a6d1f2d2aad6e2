"""Which group each person is in: as the attribute says, or, where it is a number of many values, a band of about as many people."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.customers.amounts import as_number, is_number

MOST_VALUES = 12
BANDS = 5
DIGITS = 2


def groups_of(attribute: pd.Series) -> pd.Series:
    """Names of groups, one a person; missing where the attribute is.

    A number of more than `MOST_VALUES` values, such as an age, is told in `BANDS` bands at most: from their lower end, which is round,
    to below the next one's. Hardly anybody shares a number's very value, so nothing could be compared by it.

    Args:
        attribute: Text, flags or numbers, also as text; see `amounts`.
    """
    if attribute.nunique() <= MOST_VALUES or not is_number(attribute):
        return attribute.astype("str")
    values = as_number(attribute).to_numpy()
    known = np.isfinite(values)
    if len(np.unique(values[known])) <= MOST_VALUES:
        return attribute.astype("str")
    starts = _starts(values[known])
    names = np.array(_names(starts, whole=bool((values[known] == np.round(values[known])).all())), dtype=object)
    told = pd.Series(None, index=attribute.index, dtype=object, name=attribute.name)
    told[known] = names[np.searchsorted(starts, values[known], side="right")]
    return told.astype("str")


def _starts(values: np.ndarray) -> np.ndarray:
    """Lower ends of all bands but the first, ascending: round numbers near the quantiles.

    Where the least value is that of nearly everybody, such as no visit, it is a band of its own.
    """
    if len(starts := _round_quantiles(values, BANDS)):
        return starts
    others = values[values > values.min()]
    return np.union1d(others.min(), _round_quantiles(others, BANDS - 1))


def _round_quantiles(values: np.ndarray, parts: int) -> np.ndarray:
    ends = np.quantile(values, np.arange(1, parts) / parts)
    rounded = np.array([float(f"{end:.{DIGITS}g}") for end in ends])
    return np.unique(rounded[(rounded > values.min()) & (rounded <= values.max())])


def _names(starts: np.ndarray, *, whole: bool) -> list[str]:
    lower = [_written(start) for start in starts]
    upper = [_written(start - 1) if whole and start == round(start) else _written(start) for start in starts]
    between = [f"{low}–{high}" if low != high else low for low, high in zip(lower[:-1], upper[1:], strict=True)]
    return [f"< {lower[0]}", *between, f"≥ {lower[-1]}"]


def _written(end: float) -> str:
    return f"{end:.0f}" if end == round(end) else f"{end}"
