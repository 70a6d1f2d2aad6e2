"""Whether those who are scored, and their scores, are still spread as the last run saw them.

A model that is right of last year's customers can be wrong of this year's long before their outcomes show it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api import types

from workbench.customers.amounts import as_text
from workbench.customers.drift import FrozenBins, frozen_bins, psi, psi_by_chance, shares_of
from workbench.propensity.encoding import MISSING, MOST_LEVELS, level_codes
from workbench.result import Check
from workbench.wording import number

ALARM = 0.2
SCORE = "probability"
NAMES = {"column": "drift_of_columns", "score": "drift_of_the_score"}
COLUMNS = ("name", "kind", "psi", "by_chance", "alarm")


@dataclass(frozen=True, kw_only=True)
class FrozenColumn:
    """How one column was spread.

    Attributes:
        bins: Of numbers, or of the positions of `levels`.
        levels: Of text, the most frequent first; others are one more. Empty for numbers.
    """

    bins: FrozenBins
    levels: tuple[str, ...] = ()


def freeze(features: pd.DataFrame, probability: np.ndarray) -> dict[str, FrozenColumn]:
    """How columns and the score are spread today, for the next run to compare with.

    Args:
        features: Raw columns of those who were scored, or of a sample of them.
        probability: Of everyone who was scored, shape (cases,).
    """
    if not len(features):
        return {}
    frozen = {str(name): _freeze(features[name]) for name in features.columns}
    return frozen | {SCORE: FrozenColumn(bins=frozen_bins(probability))}


def drift(frozen: Mapping[str, FrozenColumn], features: pd.DataFrame, probability: np.ndarray) -> pd.DataFrame:
    """One row a column that both runs read, and the score.

    Returns:
        name, kind (column, score), psi, by_chance (what two samples of one distribution may show), alarm: psi is at least that and
        `ALARM`.
    """
    today = {str(name): features[name] for name in features.columns} | {SCORE: pd.Series(probability)}
    shared = {name: column for name, column in frozen.items() if name in today and len(today[name])}
    rows = [
        (name, "score" if name == SCORE else "column", *_moved(column, today[name])) for name, column in shared.items()
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS[:-1])).astype({"name": "str", "kind": "str", "psi": float})
    return table.assign(alarm=table.psi >= np.maximum(table.by_chance.astype(float), ALARM))


def drift_checks(table: pd.DataFrame, since: str) -> tuple[Check, ...]:
    """One check of columns and one of the score; none without an earlier run."""
    return tuple(_check(part, str(kind), since) for kind, part in table.groupby("kind"))


def _freeze(column: pd.Series) -> FrozenColumn:
    if types.is_numeric_dtype(column):
        return FrozenColumn(bins=frozen_bins(column.to_numpy(dtype=float)))
    levels = tuple(map(str, column.fillna(MISSING).value_counts().index[:MOST_LEVELS]))
    edges = tuple(place + 0.5 for place in range(len(levels)))
    shares = shares_of(level_codes(column, levels).astype(float), edges)
    return FrozenColumn(bins=FrozenBins(edges=edges, shares=tuple(shares), count=len(column)), levels=levels)


def _moved(frozen: FrozenColumn, column: pd.Series) -> tuple[float, float]:
    if frozen.levels:
        values = level_codes(as_text(column), frozen.levels).astype(float)
    else:
        values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    index = psi(np.array(frozen.bins.shares), shares_of(values, frozen.bins.edges))
    return index, psi_by_chance(frozen.bins, len(values))


def _check(part: pd.DataFrame, kind: str, since: str) -> Check:
    indices = dict(zip(part["name"].str.replace("_", " "), part.psi.astype(float), strict=True))
    worst = max(indices, key=lambda name: indices[name])
    moved = ", ".join(f"{name} ({number(indices[name], 2)})" for name in part["name"][part.alarm].str.replace("_", " "))
    if moved:
        detail = (
            f"Since {since} the spread has moved in {moved}: the stability index alarms from {number(ALARM)}. Find out whether "
            f"{'the score is used on other people than it learnt from' if kind == 'score' else 'these columns are filled in otherwise'}"
            " before acting on it."
        )
    else:
        detail = (
            f"Those who are scored are spread as on {since}: the largest stability index is {number(indices[worst], 2)} ({worst}), "
            f"below {number(ALARM)}."
        )
    return Check(name=NAMES[kind], passed=not moved, value=indices[worst], threshold=ALARM, detail=detail)
