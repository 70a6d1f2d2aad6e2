"""When to act: bounds around the plan that stay silent for a whole quarter as often as promised.

Every quantity is watched as its sum since the plan began, at the end of every week. The bounds are those of equal rank
depth: each draws the line at the same rank of its own distribution, and that rank is chosen so that of all predicted
quarters the promised share crosses any line in any week. It holds for any joint law of the weeks and quantities.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import SpecError
from workbench.scenarios.contingency.states import State

CALIBRATED_ON = 40_000
VERIFIED_ON = 20_000
WATCHED_FOR_POWER = 4_000
NAIVE = 0.1

type Paths = Callable[[np.random.Generator, int, State], Mapping[str, np.ndarray]]
"""Draws quarters of a state under the plan: by quantity, what each week brings, shape (n, H)."""


@dataclass(frozen=True)
class Band:
    """Bounds of one quantity's sum since the plan began.

    Attributes:
        watch: The quantity.
        planned: Median of what is predicted, shape (H,).
        lower: An alarm sounds below, shape (H,).
        upper: An alarm sounds above, shape (H,).
    """

    watch: str
    planned: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

    def crossed(self, path: np.ndarray) -> np.ndarray:
        """By week whether the sums of weekly amounts, shape (..., H), lie outside: -1 below, 1 above, 0 inside."""
        total = np.cumsum(path, axis=-1)
        return (total > self.upper).astype(int) - (total < self.lower).astype(int)


def trigger_bands(paths: Mapping[str, np.ndarray], rate: float) -> tuple[Band, ...]:
    """Bounds that a share `rate` of quarters like these crosses at any time in any quantity.

    Args:
        paths: By quantity, what each week brings in N predicted quarters, shape (N, H); row n is the same quarter in all.
        rate: False alarms of all bounds together, in (0, 1).

    Raises:
        SpecError: If nothing is watched, or the quarters are too few for the rate.
    """
    if not paths:
        raise SpecError("no quantity is watched; name one in planning.triggers.watch")
    totals = {watch: np.cumsum(path, axis=1) for watch, path in paths.items()}
    quarters = len(next(iter(totals.values())))
    depth = np.min([_depth(total) for total in totals.values()], axis=0)
    # The quarter to come is one more of its kind: of N + 1 equally likely places it takes one.
    outside = int(np.floor(rate * (quarters + 1)))
    if not 0 < outside < quarters:
        raise SpecError(f"{quarters} predicted quarters can't show a rate of {rate}; draw more")
    rank = int(np.partition(depth, outside)[outside])
    return tuple(_band(watch, total, rank) for watch, total in totals.items())


def first_alarms(bands: tuple[Band, ...], paths: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """The first alarm of each quarter: `week` (1 is the first, NaN where none), `watch`, `side` (-1 below, 1 above, else 0)."""
    crossed = np.stack([band.crossed(paths[band.watch]) for band in bands])
    by_week = (crossed != 0).any(axis=0)
    sounded, first = by_week.any(axis=1), by_week.argmax(axis=1)
    at_first = crossed[:, np.arange(len(first)), first]
    loudest = (at_first != 0).argmax(axis=0)
    names = np.array([band.watch for band in bands], dtype=object)
    return pd.DataFrame(
        {
            "week": np.where(sounded, first + 1.0, np.nan),
            "watch": np.where(sounded, names[loudest], ""),
            "side": at_first[loudest, np.arange(len(first))],
        }
    )


def detection(
    bands: tuple[Band, ...], paths: Mapping[str, np.ndarray], name: str, *, kind: str, probability: float
) -> dict[str, object]:
    """How often and when quarters of one state sound an alarm, and how often naive bounds of ±10% would."""
    alarms = first_alarms(bands, paths)
    heard = alarms["week"].dropna().to_numpy()
    naive = np.any([_beyond_share(band, paths[band.watch]) for band in bands], axis=0)
    quarters = len(alarms)
    caught = len(heard) / quarters
    return {
        "scenario": name,
        "kind": kind,
        "probability": probability,
        "caught": caught,
        "caught_error": float(np.sqrt(caught * (1 - caught) / quarters)),
        "median_week": float(np.median(heard)) if len(heard) else np.nan,
        "below": float((alarms["side"] == -1).sum()) / quarters,
        "naive": float(naive.mean()),
        "quarters": quarters,
    }


def _depth(total: np.ndarray) -> np.ndarray:
    """How far from the nearer end the most extreme week of each quarter ranks, shape (N,).

    Equal sums, such as those of weeks in which a team is full, rank as far from either end as any of them: no bound drawn at
    a rank up to theirs is crossed by them.
    """
    ordered, deepest = np.sort(total, axis=0), np.full(len(total), len(total))
    for week, sums in zip(ordered.T, total.T, strict=True):
        below = np.searchsorted(week, sums, side="right") - 1
        above = len(sums) - 1 - np.searchsorted(week, sums, side="left")
        deepest = np.minimum(deepest, np.minimum(below, above))
    return deepest


def _band(watch: str, total: np.ndarray, rank: int) -> Band:
    ordered = np.sort(total, axis=0)
    return Band(watch, np.median(total, axis=0), ordered[rank], ordered[len(total) - 1 - rank])


def _beyond_share(band: Band, path: np.ndarray) -> np.ndarray:
    """Quarters in which any single week misses the planned amount of that week by more than a tenth."""
    weekly = np.diff(band.planned, prepend=0.0)
    return (np.abs(path - weekly) > NAIVE * np.abs(weekly)).any(axis=1)
