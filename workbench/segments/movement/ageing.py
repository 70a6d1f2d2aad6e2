"""Customers compared with earlier ones who had been known for as long: what growing older alone does is no drift.

Where nobody new comes, days since the last purchase grow and chances fall although everybody behaves as ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.customers.drift import FrozenBins, psi, shares_of
from workbench.segments.movement.chance import psi_by_chance

BANDS = 10
FEWEST = 20


@dataclass(frozen=True, kw_only=True)
class AgedBins(FrozenBins):
    """Bins with what they held by age.

    Attributes:
        ages: Edges of bands of days since the first purchase, the youngest and the oldest included; empty where they weren't kept.
        by_age: A random sample of customers in each band and bin, those without a value last, shape (bands, B + 1).
    """

    ages: tuple[float, ...] = ()
    by_age: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, kw_only=True)
class SameAge:
    """A column of today's customers beside earlier ones of the same age.

    Attributes:
        psi: Stability index between the two; NaN where too few customers are of an age that was known then.
        by_chance: What it reaches by chance.
    """

    psi: float
    by_chance: float


def with_ages(frozen: Mapping[str, FrozenBins], sample: pd.DataFrame) -> dict[str, AgedBins]:
    """Add what a sample's customers hold by age: bands of equally many.

    Args:
        sample: Columns of `frozen`, and age_days.
    """
    age = sample.age_days.to_numpy(dtype=float)
    edges = np.unique(np.quantile(age, np.arange(BANDS + 1) / BANDS))
    return {
        name: AgedBins(
            edges=bins.edges,
            shares=bins.shares,
            count=bins.count,
            ages=tuple(edges.tolist()),
            by_age=tuple(tuple(row) for row in _counts(sample[name], age, edges, bins.edges).tolist()),
        )
        for name, bins in frozen.items()
    }


def at_same_age(name: str, bins: AgedBins, sample: pd.DataFrame, *, columns: int) -> SameAge:
    """Compare a sample of today's customers with the earlier ones, whose bands count as much as today's do."""
    age, edges = sample.age_days.to_numpy(dtype=float), np.array(bins.ages)
    then, now = np.array(bins.by_age, dtype=float), _counts(sample[name], age, edges, bins.edges)
    known = (then.sum(axis=1) >= FEWEST) & (now.sum(axis=1) > 0)
    then, now = then[known], now[known].astype(float)
    if now.sum() < FEWEST:
        return SameAge(psi=np.nan, by_chance=np.nan)
    share, size = now.sum(axis=1) / now.sum(), then.sum(axis=1)
    expected, actual = share @ (then / size[:, None]), now.sum(axis=0) / now.sum()
    alike = FrozenBins(edges=bins.edges, shares=tuple(expected), count=int(1 / (share**2 @ (1 / size))))
    return SameAge(psi=psi(expected, actual), by_chance=psi_by_chance(alike, actual, int(now.sum()), columns=columns))


def _counts(values: pd.Series, age: np.ndarray, ages: np.ndarray, edges: tuple[float, ...]) -> np.ndarray:
    """Customers by band of age and bin; who is younger or older than all bands is left out."""
    measured = values.to_numpy(dtype=float)
    band = np.minimum(np.searchsorted(ages, age, side="right") - 1, max(len(ages) - 2, 0))
    inside = (age >= ages[0]) & (age <= ages[-1])
    rows = [measured[inside & (band == number)] for number in range(max(len(ages) - 1, 1))]
    return np.array(
        [np.round(shares_of(row, edges) * len(row)) if len(row) else np.zeros(len(edges) + 2) for row in rows]
    ).astype(int)
