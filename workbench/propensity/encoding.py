"""Raw columns as numbers that both models read: clipped numbers, merged rare levels, encoded many-level columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api import types

MOST_LEVELS = 12
LEAST_IN_LEVEL = 30
PRIOR_ROWS = 20.0
ENCODING_FOLDS = 5
MISSING, OTHER = "(missing)", "(other)"
CLIP = (0.005, 0.995)


@dataclass(frozen=True, kw_only=True)
class NumberColumn:
    """A number: clipped to the range that training has seen, the median where missing, a flag that says so."""

    name: str
    low: float
    high: float
    median: float
    quartiles: tuple[float, float]
    flags_missing: bool

    @property
    def width(self) -> int:
        return 1 + self.flags_missing

    def matrix(self, column: pd.Series) -> np.ndarray:
        raw = column.to_numpy(dtype=float)
        missing = np.isnan(raw)
        number = np.clip(np.where(missing, self.median, raw), self.low, self.high)
        return np.column_stack([number, missing]) if self.flags_missing else number[:, None]

    def words(self) -> tuple[str, ...]:
        return ("low", "medium", "high", "missing")

    def word_of(self, column: pd.Series) -> np.ndarray:
        """Which of `words` describes each row."""
        raw = column.to_numpy(dtype=float)
        low, high = self.quartiles
        place = (raw > low).astype(int) + (raw >= high) if low < high else np.where(raw > low, 2, 0)
        return np.where(np.isnan(raw), 3, place)


@dataclass(frozen=True, kw_only=True)
class LevelColumn:
    """Text of few levels: one flag a level, rare and unknown levels merged."""

    name: str
    levels: tuple[str, ...]

    @property
    def width(self) -> int:
        return len(self.levels)

    def matrix(self, column: pd.Series) -> np.ndarray:
        return (self.word_of(column)[:, None] == np.arange(len(self.levels))).astype(float)

    def words(self) -> tuple[str, ...]:
        return (*self.levels, OTHER)

    def word_of(self, column: pd.Series) -> np.ndarray:
        return level_codes(column, self.levels)


@dataclass(frozen=True, kw_only=True)
class RateColumn:
    """Text of many levels: each level's rate of the outcome, drawn towards the whole's as far as the level is small.

    Attributes:
        levels: Levels of at least `LEAST_IN_LEVEL` rows; all others are merged.
        log_odds: Of each level and, last, of the merged ones.
    """

    name: str
    levels: tuple[str, ...]
    log_odds: np.ndarray

    width = 1

    def matrix(self, column: pd.Series) -> np.ndarray:
        return self.log_odds[level_codes(column, self.levels)][:, None]

    def words(self) -> tuple[str, ...]:
        return ("low rate", "medium rate", "high rate")

    def word_of(self, column: pd.Series) -> np.ndarray:
        rate = self.log_odds[level_codes(column, self.levels)]
        low, high = np.quantile(self.log_odds, [1 / 3, 2 / 3])
        return (rate > low).astype(int) + (rate >= high) if low < high else np.ones(len(rate), dtype=int)


type EncodedColumn = NumberColumn | LevelColumn | RateColumn


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """How raw columns become the numbers that models read."""

    columns: tuple[EncodedColumn, ...]

    @property
    def feature_of(self) -> np.ndarray:
        """Position in `columns` of each column of the matrix."""
        return np.repeat(np.arange(len(self.columns)), [column.width for column in self.columns])

    def matrix(self, features: pd.DataFrame) -> np.ndarray:
        """Shape (rows, numbers)."""
        return np.hstack([column.matrix(features[column.name]) for column in self.columns])


def fit_encoder(features: pd.DataFrame, outcome: np.ndarray) -> tuple[Encoder, np.ndarray]:
    """An encoder, and the training rows as it encodes them without letting a row see its own outcome.

    Args:
        features: Raw columns, in order of time.
        outcome: Shape (rows,).
    """
    columns = tuple(_fit_column(features[name], outcome) for name in features.columns)
    parts = [
        _out_of_fold(features[column.name], column, outcome)
        if isinstance(column, RateColumn)
        else column.matrix(features[column.name])
        for column in columns
    ]
    return Encoder(columns=columns), np.hstack(parts)


def level_codes(column: pd.Series, levels: tuple[str, ...]) -> np.ndarray:
    """Position of each row's level, `len(levels)` for those not among them."""
    codes = pd.Index(levels, dtype=object).get_indexer(pd.Index(column.fillna(MISSING), dtype=object))
    return np.where(codes < 0, len(levels), codes)


def _fit_column(column: pd.Series, outcome: np.ndarray) -> EncodedColumn:
    name = str(column.name)
    if types.is_numeric_dtype(column):
        present = column.to_numpy(dtype=float)
        present = present[~np.isnan(present)]
        present = present if len(present) else np.zeros(1)
        low, high = np.quantile(present, CLIP) if len(np.unique(present)) > 2 else (present.min(), present.max())
        if low == high:
            low, high = present.min(), present.max()
        quarter, three_quarters = np.quantile(present, [0.25, 0.75])
        return NumberColumn(
            name=name,
            low=float(low),
            high=float(high),
            median=float(np.median(present)),
            quartiles=(float(quarter), float(three_quarters)),
            flags_missing=bool(column.isna().any()),
        )
    sizes = column.fillna(MISSING).value_counts()
    frequent = tuple(sorted(map(str, sizes.index[sizes >= LEAST_IN_LEVEL]))) or (str(sizes.index[0]),)
    if len(frequent) <= MOST_LEVELS:
        return LevelColumn(name=name, levels=frequent)
    codes = level_codes(column, frequent)
    return RateColumn(name=name, levels=frequent, log_odds=_rates(codes, outcome, len(frequent) + 1))


def _rates(codes: np.ndarray, outcome: np.ndarray, levels: int) -> np.ndarray:
    rows = np.bincount(codes, minlength=levels)
    came = np.bincount(codes, weights=outcome, minlength=levels)
    whole = (outcome.sum() + 0.5) / (len(outcome) + 1)
    rate = (came + PRIOR_ROWS * whole) / (rows + PRIOR_ROWS)
    return np.log(rate / (1 - rate))


def _out_of_fold(column: pd.Series, fitted: RateColumn, outcome: np.ndarray) -> np.ndarray:
    codes, levels = level_codes(column, fitted.levels), len(fitted.levels) + 1
    fold = np.arange(len(column)) % ENCODING_FOLDS
    encoded = np.zeros(len(column))
    for number in range(ENCODING_FOLDS):
        here = fold == number
        encoded[here] = _rates(codes[~here], outcome[~here], levels)[codes[here]]
    return encoded[:, None]
