"""Ids: a letter and a number."""

from __future__ import annotations

from functools import lru_cache

import numpy as np


@lru_cache(maxsize=8)
def numbered(letter: str, count: int, digits: int) -> np.ndarray:
    """`C000001`, `C000002` …, shape (count,); more digits where the last number needs them. Shared: not to be written to."""
    width = max(digits, len(str(count)))
    number = np.arange(1, count + 1)[:, None] // 10 ** np.arange(width - 1, -1, -1) % 10
    codes = np.full((count, width + 1), ord(letter), dtype="uint32")
    codes[:, 1:] = number + ord("0")
    ids = codes.view(f"U{width + 1}")[:, 0]
    ids.flags.writeable = False
    return ids
