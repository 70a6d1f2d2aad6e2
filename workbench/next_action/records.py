"""Rows of a small table as records, one attribute a column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd


def records(frame: pd.DataFrame) -> Iterator[Any]:
    """Named tuples; a column's type is known to whoever made the table."""
    return iter(frame.itertuples(index=False))
