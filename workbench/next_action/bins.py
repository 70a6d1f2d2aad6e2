"""Customers' features in a few bins each, so that what an action brings is a sum of plain statements about a customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api import types

from workbench.customers.feature_words import phrase
from workbench.wording import number

BINS = 5
MOST_LEVELS = 12
LEAST_IN_LEVEL = 100
UNKNOWN, OTHER = "unknown", "other"


@dataclass(frozen=True, kw_only=True)
class Ranges:
    """A number, cut where as many customers lie on either side.

    Attributes:
        edges: Ascending; a bin begins with its edge.
        whole: Whether all values are whole numbers from 0 up.
    """

    name: str
    edges: tuple[float, ...]
    whole: bool = False

    @property
    def size(self) -> int:
        return len(self.edges) + 2

    def codes(self, column: pd.Series) -> np.ndarray:
        raw = pd.to_numeric(column).to_numpy(dtype=float)
        return np.where(np.isnan(raw), len(self.edges) + 1, np.digitize(raw, self.edges)).astype(np.int8)

    def words(self) -> tuple[str, ...]:
        """What each bin says, a phrase each."""
        told = phrase(self.name)
        between = (self._between(low, high) for low, high in zip(self.edges, self.edges[1:], strict=False))
        first = "0" if self.whole and self.edges[0] == 1 else f"below {number(self.edges[0])}"
        bins = (first, *between, f"{number(self.edges[-1])} or more", UNKNOWN)
        return tuple(f"{told}: {words}" for words in bins)

    def _between(self, low: float, high: float) -> str:
        if not self.whole:
            return f"{number(low)} to below {number(high)}"
        return number(low) if high - low == 1 else f"{number(low)} to {number(high - 1)}"


@dataclass(frozen=True, kw_only=True)
class Levels:
    """A text, its rare values together."""

    name: str
    levels: tuple[str, ...]

    @property
    def size(self) -> int:
        return len(self.levels) + 1

    def codes(self, column: pd.Series) -> np.ndarray:
        found = pd.Index(self.levels, dtype=object).get_indexer(pd.Index(_texts(column), dtype=object))
        return np.where(found < 0, len(self.levels), found).astype(np.int8)

    def words(self) -> tuple[str, ...]:
        return tuple(f"{phrase(self.name)}: {level}" for level in (*self.levels, OTHER))


type Bins = Ranges | Levels


def fit_bins(rows: pd.DataFrame, names: Sequence[str]) -> tuple[Bins, ...]:
    """Bins of all features that have more than one; texts of many values are left out."""
    fitted = (_fit(rows[name]) for name in names)
    return tuple(bins for bins in fitted if bins is not None)


def codes_of(rows: pd.DataFrame, bins: Sequence[Bins]) -> np.ndarray:
    """In which bin each row is, shape (row, feature)."""
    return np.column_stack([each.codes(rows[each.name]) for each in bins])


def _fit(column: pd.Series) -> Bins | None:
    name = str(column.name)
    if types.is_numeric_dtype(column) and not types.is_bool_dtype(column):
        present = column.dropna().to_numpy(dtype=float)
        if not len(present) or present.min() == present.max():
            return None
        edges = np.unique(np.quantile(present, np.arange(1, BINS) / BINS, method="nearest"))
        edges = edges[edges > present.min()]
        # Where most are alike, such as without an order, the first others make the edge.
        edges = edges if len(edges) else np.array([present[present > present.min()].min()])
        whole = bool((present == np.floor(present)).all() and present.min() >= 0)
        return Ranges(name=name, edges=tuple(float(edge) for edge in edges), whole=whole)
    sizes = pd.Series(_texts(column)).value_counts()
    frequent = tuple(sorted(map(str, sizes.index[sizes >= LEAST_IN_LEVEL])))
    return Levels(name=name, levels=frequent) if 1 < len(frequent) <= MOST_LEVELS else None


def _texts(column: pd.Series) -> np.ndarray:
    return column.astype("str").where(column.notna(), UNKNOWN).to_numpy(dtype=object)
