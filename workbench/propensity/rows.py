"""What a score learns from and whom it scores: rows that know when they happened and when their outcome was known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import ibis
import numpy as np
import pandas as pd

from workbench.errors import DataError
from workbench.result import Check

LEAST_OUTCOMES = 20
MOST_TRAINING_ROWS = 300_000


@dataclass(frozen=True, kw_only=True)
class TrainingRows:
    """Past cases whose outcome is known, in order of time.

    Attributes:
        features: One row a case, raw columns: numbers (NaN where missing) or text (None where missing).
        outcome: Whether it came, shape (rows,).
        time: When the case would have been scored, datetime64, ascending.
        known: When its outcome was known, datetime64, not before `time`.
        unit: Whose case it is, as integers: cases of one customer aren't independent.
        value: Currency that the outcome brought, NaN where it didn't come or the amount isn't known.
        made: Columns made from dated events up to `time`, which can't know what came later.
        groups: Columns by which fairness is audited, as text.
    """

    features: pd.DataFrame
    outcome: np.ndarray
    time: np.ndarray
    known: np.ndarray
    unit: np.ndarray
    value: np.ndarray
    made: frozenset[str]
    groups: pd.DataFrame

    def __len__(self) -> int:
        return len(self.outcome)

    def at(self, index: np.ndarray) -> TrainingRows:
        """Some of the rows; `index` ascends."""
        return replace(
            self,
            features=self.features.iloc[index].reset_index(drop=True),
            groups=self.groups.iloc[index].reset_index(drop=True),
            **{name: getattr(self, name)[index] for name in ("outcome", "time", "known", "unit", "value")},
        )

    def only(self, columns: Sequence[str]) -> TrainingRows:
        """The rows with some of their features."""
        return replace(self, features=self.features[list(columns)])


@dataclass(frozen=True, kw_only=True)
class Population:
    """Everything that a score is made of.

    Attributes:
        training: Cases to learn from and to be judged on.
        open: Who is to be scored, in the engine: `id`, `scored_at`, and the columns of `training.features`.
        rehearsal: Whether nobody is to be scored today, so that `open` are the past cases, to be scored from the test on.
        as_of: The day of scoring.
        exclusions: One row for each column that isn't learnt from: column, reason.
        checks: What was counted and left out.
        noun: What a case is called, in the plural: `leads`, `customers`.
        past: Ids of the cases of `training`, one each; None where a case is more than an id.
    """

    training: TrainingRows
    open: ibis.Table
    rehearsal: bool
    as_of: date
    exclusions: pd.DataFrame
    checks: tuple[Check, ...]
    noun: str
    past: pd.Series | None = None

    @property
    def of_one_moment(self) -> bool:
        """Whether cases without a history of their own all carry one date: only chance can tell the test apart."""
        return self.past is not None and len(np.unique(self.training.time)) == 1


def require_both_outcomes(outcome: np.ndarray, what: str, mend: str) -> None:
    """Refuse what nothing can be learnt from.

    Args:
        outcome: Whether it came, shape (rows,).
        what: What the outcome is called, such as `leads.won`.
        mend: What to do about it.

    Raises:
        DataError: If there are no rows, or fewer than `LEAST_OUTCOMES` of either outcome.
    """
    came = int(outcome.sum())
    if len(outcome) == 0:
        raise DataError(f"{what} is known for no case at all, so there is nothing to learn from; {mend}")
    if came == 0:
        cases = f"{len(outcome):,} case{'s' if len(outcome) > 1 else ''}"
        raise DataError(f"{what} never occurs in {cases}, so there is nothing to learn from; {mend}")
    if came == len(outcome):
        raise DataError(f"{what} occurs in all {came:,} cases, so there is nothing to tell apart; {mend}")
    if min(came, len(outcome) - came) < LEAST_OUTCOMES:
        raise DataError(
            f"{what} occurs in {came:,} of {len(outcome):,} cases; a score needs at least {LEAST_OUTCOMES} with and "
            f"{LEAST_OUTCOMES} without it; {mend}"
        )
