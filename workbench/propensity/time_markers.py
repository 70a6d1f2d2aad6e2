"""Columns that tell the time instead of the case: the same for all cases of a moment, they can rank none of them.

What they seem to explain is the drift of the outcome's rate, and a model that learns it extrapolates into a future it has not
seen: an interest rate, the version of a form, a counter.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from pandas.api import types

from workbench.propensity.encoding import MISSING
from workbench.propensity.time_split import time_blocks

BLOCKS = 20
LEAST_IN_BLOCK = 50
LARGEST_SHARE = 0.8


def time_markers(features: pd.DataFrame, time: np.ndarray) -> dict[str, float]:
    """Columns of whose variation most lies between blocks of time, each with that share.

    Args:
        features: Raw columns, in order of time.
        time: Ascending, shape (rows,).
    """
    block = time_blocks(time, max(1, min(BLOCKS, len(time) // LEAST_IN_BLOCK)))
    if block.max() < 2:
        return {}
    shares = {str(name): share_between(features[name], block) for name in features.columns}
    return {name: share for name, share in shares.items() if share > LARGEST_SHARE}


def share_between(column: pd.Series, block: np.ndarray) -> float:
    """Share of a column's variance that lies between blocks; of text, of its levels' flags together.

    References:
        For text, Goodman and Kruskal (1954), tau.
    """
    sizes = np.bincount(block)
    if types.is_numeric_dtype(column):
        raw = column.rank().to_numpy(dtype=float)
        here = ~np.isnan(raw)
        raw = np.where(here, raw, np.nanmean(raw) if here.any() else 0.0)
        means = np.bincount(block, weights=raw) / sizes
        total = float(raw.var() * len(raw))
        return float(sizes @ (means - raw.mean()) ** 2) / total if total > 0 else 0.0
    level = pd.factorize(column.fillna(MISSING))[0]
    levels = int(level.max()) + 1
    counts = np.bincount(block * levels + level, minlength=len(sizes) * levels).reshape(len(sizes), levels)
    whole = counts.sum(axis=0) / len(level)
    total = 1 - float((whole**2).sum())
    within = 1 - float(((counts / sizes[:, None]) ** 2).sum(axis=1) @ sizes) / len(level)
    # Rare levels agree with their blocks by chance: that part of the share is expected without any time in it.
    chance = (len(sizes) - 1) / max(1, len(level) - 1)
    return max(0.0, (1 - within / total - chance) / (1 - chance)) if total > 0 else 0.0
