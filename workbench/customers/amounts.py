"""Columns of numbers, whatever their type says: flags, decimals, and amounts that came as text."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pandas.api import types

# How tables of text write that an amount is missing.
BLANK = frozenset({"", "-", "?", "na", "n/a", "nan", "none", "null"})
AMOUNT = r"[+-]?(?:0|[1-9]\d*)?(?:\.\d*)?(?:[eE][+-]?\d+)?"


def is_number(column: pd.Series) -> bool:
    """Whether a column holds numbers or flags, whatever its type says."""
    if types.is_bool_dtype(column) or types.is_numeric_dtype(column):
        return True
    return types.infer_dtype(column, skipna=True) in ("boolean", "decimal") or holds_amounts(column)


def holds_amounts(column: pd.Series) -> bool:
    """Whether text is of decimal numbers, but for what stands for a missing one; whole numbers alone may be codes."""
    if not (types.is_object_dtype(column) or types.is_string_dtype(column)):
        return False
    present = column.dropna()
    if present.empty or types.infer_dtype(present) != "string":
        return False
    text = present.str.strip()
    text = text[~text.str.lower().isin(BLANK)]
    return bool(len(text) and text.str.contains(".", regex=False).any() and text.str.fullmatch(AMOUNT).all())


def as_number(column: pd.Series) -> pd.Series:
    """Numbers, flags, decimals and amounts written as text as float64, NaN where there is none."""
    number = pd.to_numeric(column, errors="coerce").astype("float64")
    return number.where(np.isfinite(number))


def as_text(column: pd.Series) -> pd.Series:
    """Levels as text, None where there is none."""
    return column.astype("str").astype(object).where(column.notna(), None)
