"""The past teaches, the future judges: splits in time, where only outcomes known by then may be learnt from; by chance where there is no time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.errors import SpecError
from workbench.propensity.rows import LEAST_OUTCOMES, TrainingRows

FOLDS = 5
LEAST_IN_FOLD = 10


@dataclass(frozen=True, kw_only=True)
class Split:
    """Rows to learn from and later rows to be judged on.

    Attributes:
        train: Positions of rows whose outcome was known before the test began.
        test: Positions of the latest rows.
        starts: When the test begins.
        by_chance: Whether all rows are of one moment, so that chance alone says which are in the test.
        unknown_then: Earlier rows whose outcome wasn't known when the test began: in neither part.
    """

    train: np.ndarray
    test: np.ndarray
    starts: np.datetime64
    unknown_then: int
    by_chance: bool = False


@dataclass(frozen=True, kw_only=True)
class Folds:
    """Pairs of positions: fit on the first, predict the second.

    Attributes:
        pairs: In order of time where `ordered`.
        ordered: Whether each fold is predicted from earlier rows alone; False where all rows share one moment.
    """

    pairs: tuple[tuple[np.ndarray, np.ndarray], ...]
    ordered: bool

    @property
    def predicted(self) -> np.ndarray:
        """Positions of all rows that some fold predicts, in the order of the pairs."""
        return np.concatenate([later for _, later in self.pairs])


def split_in_time(rows: TrainingRows, share: float) -> Split:
    """Keep about the latest `share` of rows for the test; rows of one moment stay together.

    Raises:
        SpecError: If the rows don't span two moments, or too few outcomes remain on either side.
    """
    moments, first = np.unique(rows.time, return_index=True)
    if len(moments) < 2:
        raise SpecError(
            "all cases were scored at one moment, so none is left to be judged on; use a longer history, or more "
            "as_of_days"
        )
    begins = first[1:]
    cut = int(begins[np.argmin(np.abs(begins - (1 - share) * len(rows)))])
    starts = rows.time[cut]
    train = np.flatnonzero((np.arange(len(rows)) < cut) & (rows.known <= starts))
    test = np.arange(cut, len(rows))
    _require_outcomes(rows, train, test, f"split on {np.datetime_as_string(starts, 'D')}")
    return Split(train=train, test=test, starts=starts, unknown_then=cut - len(train))


def split_by_chance(rows: TrainingRows, share: float, seed: int) -> Split:
    """Keep about a `share` of units for the test, for rows of one moment: what it says of later ones nobody knows.

    Raises:
        SpecError: If too few outcomes remain on either side.
    """
    order = _chance(seed).permutation(rows.unit.max() + 1)
    tested = (order < share * len(order))[rows.unit]
    train, test = np.flatnonzero(~tested), np.flatnonzero(tested)
    _require_outcomes(rows, train, test, "split by chance")
    return Split(train=train, test=test, starts=rows.time[0], unknown_then=0, by_chance=True)


def _require_outcomes(rows: TrainingRows, train: np.ndarray, test: np.ndarray, how: str) -> None:
    for part, positions in (("to learn from", train), ("to be judged on", test)):
        came = int(rows.outcome[positions].sum())
        if min(came, len(positions) - came) < LEAST_OUTCOMES // 2:
            raise SpecError(
                f"{how}, {came:,} outcomes among {len(positions):,} cases are left "
                f"{part}; a score needs {LEAST_OUTCOMES // 2} with and without it: use a longer history, a shorter "
                "horizon_days, or another test_share"
            )


def _chance(seed: int) -> np.random.Generator:
    """A stream of its own: data simulated from the same seed must not be divided along its own lines."""
    return np.random.default_rng((seed, FOLDS))


def time_blocks(time: np.ndarray, count: int) -> np.ndarray:
    """Number of the consecutive block of about equal size, 0 first; rows of one moment share a block.

    Args:
        time: Ascending, shape (rows,).
        count: At most so many blocks.
    """
    first = np.searchsorted(time, time, side="left")
    raw = (first * count) // max(1, len(time))
    return np.unique(raw, return_inverse=True)[1]


def forward_folds(rows: TrainingRows, seed: int) -> Folds:
    """Predict each block of time from the blocks before it; from random parts where time can't be divided."""
    block = time_blocks(rows.time, FOLDS)
    pairs = []
    for number in range(1, block.max() + 1):
        later = np.flatnonzero(block == number)
        earlier = np.flatnonzero((block < number) & (rows.known <= rows.time[later[0]]))
        if _both(rows.outcome[earlier]):
            pairs.append((earlier, later))
    if pairs and _both(rows.outcome[np.concatenate([later for _, later in pairs])]):
        return Folds(pairs=tuple(pairs), ordered=True)
    part = _chance(seed).permutation(rows.unit.max() + 1)[rows.unit] % FOLDS
    random = [(np.flatnonzero(part != k), np.flatnonzero(part == k)) for k in range(FOLDS)]
    return Folds(pairs=tuple(random), ordered=False)


def _both(outcome: np.ndarray) -> bool:
    came = int(outcome.sum())
    return min(came, len(outcome) - came) >= LEAST_IN_FOLD
