"""How far markets stray from what the others predict, beside their own usual: was the test's time like other times?

The inference compares the test's time with all other times. It misleads where markets drift, or something else moves them while
the test runs: then untreated markets stray too. How far they do is compared with other times, and the interval widened by it.

References:
    Abadie, Diamond, Hainmueller (2010), Synthetic Control Methods for Comparative Case Studies, for ranking the treated among
    the untreated by ratios; blocks that were left out stand here in place of the fit's own errors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

UNUSUAL = 0.05
LEAST_DISJOINT = 1 / 3


@dataclass(frozen=True, kw_only=True)
class Straying:
    """Gaps of untreated markets in every block, each in multiples of that market's usual gap.

    Attributes:
        by_block: Root mean square over the markets, the test's own block first, shape (block,); empty where there is none to
            predict, or too little time but the test's to tell what is usual.
        untreated: Each market's gap in the test's block, in multiples of its usual one before the test, shape (market,).
        treated_usual: The usual gap of the treated ones before the test, in KPI units.
        freedom: How many independent markets' distances scatter as much over blocks as these: degrees of freedom of each.
    """

    by_block: np.ndarray
    untreated: np.ndarray
    treated_usual: float
    freedom: float

    @property
    def known(self) -> bool:
        """Whether there are blocks enough for any to be unusual."""
        return len(self.by_block) >= round(1 / UNUSUAL)

    @property
    def tested(self) -> float:
        return float(self.by_block[0])

    @property
    def most(self) -> float:
        """The largest distance in a block that isn't unusual."""
        return float(np.sort(self.by_block)[::-1][int(UNUSUAL * len(self.by_block) + 1e-9)])

    @property
    def p_value(self) -> float:
        """Share of blocks in which untreated markets stray at least as far as in the test's."""
        return float(np.mean(self.by_block >= self.tested * (1 - 1e-9)))

    @property
    def restless(self) -> bool:
        """Whether untreated markets strayed further during the test than they usually do."""
        return self.known and self.p_value <= UNUSUAL

    def widening(self, level: float) -> float:
        """How many times as wide an interval must be as one that takes other times as the measure; at least 1.

        A little more than markets strayed: few of them tell how far, so Student's quantile stands for the normal one.
        """
        tail = (1 + level) / 2
        few = float(stats.t.ppf(tail, self.freedom) / stats.norm.ppf(tail))
        return max(self.tested, 1.0) * few if self.restless else 1.0

    def as_far(self, gap: float) -> int:
        """Untreated markets that stray at least as far as the treated do by `gap`, each beside its usual."""
        return int((self.untreated >= _multiples(np.array(gap), np.array(self.treated_usual)) * (1 - 1e-9)).sum())

    def rank_p_value(self, gap: float) -> float:
        """Of the treated being like the untreated: the rank of their `gap` among all of them as a share."""
        return (1 + self.as_far(gap)) / (1 + len(self.untreated))


def measure_straying(
    gaps: np.ndarray, disjoint: np.ndarray, before: np.ndarray, treated_before: np.ndarray
) -> Straying:
    """Put gaps beside what is usual for each market.

    Each block stands beside those that share no period with it: neighbours of a restless one are restless too, and would make it
    look usual. What is usual for ranking comes from the time before the test alone: fits that see the test's time as well are
    thrown off by an effect, and the larger it is the more.

    Args:
        gaps: Of each untreated market in blocks of all periods, the test's own first, shape (block, market); NaN where nothing
            predicts it.
        disjoint: Whether two blocks share no period, shape (block, block).
        before: Gaps in blocks of the time before the test, shape (block before, market).
        treated_before: Those of the treated ones, shape (block before,).
    """
    usual = np.sqrt(disjoint @ gaps**2 / np.maximum(disjoint.sum(axis=1, keepdims=True), 1))
    told = float(disjoint.mean(axis=1).min()) >= LEAST_DISJOINT
    moved = (usual > 0).all(axis=0) & told
    squares = (gaps[:, moved] / usual[:, moved]) ** 2
    by_block = np.sqrt(squares.mean(axis=1)) if moved.any() else np.empty(0)
    return Straying(
        by_block=by_block,
        untreated=_multiples(gaps[0], _root_mean_square(before))[_root_mean_square(gaps) > 0],
        treated_usual=float(_root_mean_square(treated_before)),
        freedom=_freedom(by_block[disjoint[0]] ** 2) if moved.any() else math.nan,
    )


def _freedom(squares: np.ndarray) -> float:
    """Degrees of freedom of the chi-squared distribution with the same relative scatter (Satterthwaite), at least 1."""
    scatter = float(squares.var() / squares.mean() ** 2)
    return max(2 / scatter, 1.0) if scatter > 0 else math.inf


def _root_mean_square(gaps: np.ndarray) -> np.ndarray:
    return np.asarray(np.sqrt((gaps**2).mean(axis=0)))


def _multiples(gaps: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """Infinite where a market strays that never did."""
    sizes = np.abs(gaps)
    return np.divide(sizes, usual, out=np.where(sizes > 0, np.inf, 0.0), where=usual > 0)
