"""Columns that know the outcome: filled in afterwards, and therefore absent or different when a score is needed.

A cause drifts with the season and shares what it tells with other columns. A trace of the outcome tells the outcome apart from
its absence within every stretch of time, and better on its own than all other columns together. A single cause may do so, too:
then only the company knows, and says so in `known_before`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api import types

from workbench.propensity.auc import auc_with_error
from workbench.propensity.encoding import MISSING, fit_encoder
from workbench.propensity.learners import fit_learner
from workbench.propensity.metrics import Z
from workbench.propensity.rows import TrainingRows
from workbench.propensity.time_split import Split, time_blocks

BLOCKS = 20
OUTCOMES_IN_BLOCK = 10
SUSPICIOUS_AUC = 0.75
LEAST_GAIN = 0.05
VALUE_BINS = 20
PRIOR_ROWS = 5.0


@dataclass(frozen=True, kw_only=True)
class Leakage:
    """What the search found.

    Attributes:
        table: One row an attribute: column, auc, lower, upper (within blocks of time, on its own), gain (of held-out AUC, NaN
            where not suspicious), verdict (`leakage`, `known before`, `clean`).
        columns: Those that leak, the most telling first.
        auc_of_rest: Held-out AUC of all other columns together, NaN where nothing was suspicious.
        auc_with: Held-out AUC with the leaking columns, NaN without any.
    """

    table: pd.DataFrame
    columns: tuple[str, ...]
    auc_of_rest: float
    auc_with: float


def find_leakage(rows: TrainingRows, split: Split, known_before: Collection[str], seed: int) -> Leakage:
    """Search the attributes; columns made of dated events can't know what came later.

    Args:
        rows: In order of time.
        split: What the gain is judged on.
        known_before: Columns that the company vouches for.
    """
    attributes = [name for name in rows.features.columns if name not in rows.made]
    block = _blocks(rows)
    found = [(name, *auc_within_blocks(rows.features[name], rows.outcome, block)) for name in attributes]
    table = pd.DataFrame(found, columns=["column", "auc", "error"])
    table = table.assign(lower=table.auc - Z * table.error, upper=np.minimum(1, table.auc + Z * table.error))
    table = table.drop(columns="error").sort_values("auc", ascending=False, kind="stable").reset_index(drop=True)
    suspicious = [str(name) for name in table.column[table.lower >= SUSPICIOUS_AUC]]
    doubted = [name for name in suspicious if name not in known_before]
    gains, rest_auc, with_auc = _gains(rows, split, doubted, seed)
    leaks = tuple(name for name in doubted if _leaks(name, table, gains, rest_auc))
    verdict = [
        "leakage" if name in leaks else "known before" if name in known_before and name in suspicious else "clean"
        for name in table.column
    ]
    return Leakage(
        table=table.assign(gain=table.column.map(gains).astype(float), verdict=verdict),
        columns=leaks,
        auc_of_rest=rest_auc,
        auc_with=with_auc if leaks else np.nan,
    )


def auc_within_blocks(column: pd.Series, outcome: np.ndarray, block: np.ndarray) -> tuple[float, float]:
    """How well a column alone ranks the cases of one block by the outcome rates of its values in the other blocks.

    Args:
        column: Raw values; a missing one counts as a value.
        outcome: Shape (rows,).
        block: Number of each row's block, shape (rows,).

    Returns:
        The AUC within blocks, weighted by their number of pairs over rows, and its standard error.
    """
    value = _values(column)
    blocks, values = int(block.max()) + 1, int(value.max()) + 1
    rows = np.bincount(block * values + value, minlength=blocks * values).reshape(blocks, values)
    came = np.bincount(block * values + value, weights=outcome, minlength=blocks * values).reshape(blocks, values)
    # Drift of the whole rate must not pass for knowledge of the column: each block counts against its own rate.
    expected = rows * (came.sum(axis=1) / rows.sum(axis=1))[:, None]
    excess, size = (came - expected), rows
    if blocks > 1:
        excess, size = excess.sum(axis=0) - excess, size.sum(axis=0) - size
    score = excess / (size + PRIOR_ROWS)
    parts = [(np.flatnonzero(block == b), score[b]) for b in range(blocks)]
    results = [
        (*auc_with_error(by_value[value[here]], outcome[here]), _pairs(outcome[here])) for here, by_value in parts
    ]
    usable = np.array([result for result in results if np.isfinite(result).all()])
    if not len(usable):
        return 0.5, np.nan
    weight = usable[:, 2] / usable[:, 2].sum()
    return float(weight @ usable[:, 0]), float(np.sqrt(weight**2 @ usable[:, 1] ** 2))


def _blocks(rows: TrainingRows) -> np.ndarray:
    rarer = min(int(rows.outcome.sum()), int((~rows.outcome).sum()))
    block = time_blocks(rows.time, max(2, min(BLOCKS, rarer // OUTCOMES_IN_BLOCK)))
    if block.max() > 0:
        return block
    return np.arange(len(rows)) % 2


def _values(column: pd.Series) -> np.ndarray:
    if not types.is_numeric_dtype(column):
        return pd.factorize(column.fillna(MISSING))[0]
    raw = column.to_numpy(dtype=float)
    ends = np.linspace(0, 1, VALUE_BINS + 1)[1:-1]
    edges = np.unique(np.nanquantile(raw, ends)) if column.notna().any() else np.empty(0)
    return np.where(np.isnan(raw), len(edges) + 1, np.searchsorted(edges, raw, side="right"))


def _pairs(outcome: np.ndarray) -> float:
    came = float(outcome.sum())
    return came * (len(outcome) - came) / len(outcome)


def _gains(rows: TrainingRows, split: Split, doubted: list[str], seed: int) -> tuple[dict[str, float], float, float]:
    """Held-out AUC that each doubted column adds to the rest; of the rest; of everything."""
    if not doubted:
        return {}, np.nan, np.nan
    rest = [name for name in rows.features.columns if name not in doubted]
    alone = _held_out_auc(rows, split, rest, seed)
    gains = {name: _held_out_auc(rows, split, [*rest, name], seed) - alone for name in doubted}
    return gains, alone, _held_out_auc(rows, split, [*rest, *doubted], seed)


def _held_out_auc(rows: TrainingRows, split: Split, columns: list[str], seed: int) -> float:
    if not columns:
        return 0.5
    train, test = rows.only(columns).at(split.train), rows.only(columns).at(split.test)
    encoder, matrix = fit_encoder(train.features, train.outcome)
    learner = fit_learner("logistic regression", matrix, train.outcome, seed)
    return auc_with_error(learner.log_odds(encoder.matrix(test.features)), test.outcome)[0]


def _leaks(name: str, table: pd.DataFrame, gains: dict[str, float], auc_of_rest: float) -> bool:
    alone = float(table.set_index("column").auc[name])
    return gains[name] >= LEAST_GAIN and alone > auc_of_rest
