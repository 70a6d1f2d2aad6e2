"""How far markets stray from what the others predict, beside their own usual: was the test's time like other times?

The inference compares the test's time with all other times. It misleads where markets drift, or something else moves them while
the test runs: then untreated markets stray too. How far they do is compared with other times, and the treated ones with them.

References:
    Abadie, Diamond, Hainmueller (2010), Synthetic Control Methods for Comparative Case Studies, for ranking the treated among
    the untreated by ratios; blocks that were left out stand here in place of the fit's own errors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

UNUSUAL = 0.05


@dataclass(frozen=True, kw_only=True)
class Straying:
    """Gaps of untreated markets in every block, each in multiples of that market's usual gap.

    Attributes:
        by_block: Root mean square over the markets, the test's own block first, shape (block,); empty where there is none to
            predict.
        untreated: Each market's gap in the test's block, in multiples of its usual one before the test, shape (market,).
        treated: The same of the treated ones, after the effect that would just not matter is taken off.
    """

    by_block: np.ndarray
    untreated: np.ndarray
    treated: float

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
    def as_far(self) -> int:
        """Untreated markets that stray at least as far as the treated, each beside its usual."""
        return int((self.untreated >= self.treated * (1 - 1e-9)).sum())

    @property
    def rank_p_value(self) -> float:
        """Of the treated being like the untreated: its rank among all of them as a share."""
        return (1 + self.as_far) / (1 + len(self.untreated))


def measure_straying(gaps: np.ndarray, before: np.ndarray, treated_gap: float, treated_before: np.ndarray) -> Straying:
    """Put gaps beside what is usual for each market.

    What is usual for ranking comes from the time before the test alone: fits that see the test's time as well are thrown off by
    an effect, and the larger it is the more.

    Args:
        gaps: Of each untreated market in blocks of all periods, the test's own first, shape (block, market); NaN where nothing
            predicts it.
        before: The same in blocks of the time before the test, shape (block before, market).
        treated_gap: Of the treated ones in the test's block, without the effect that would just not matter.
        treated_before: Their gaps in blocks of the time before the test, shape (block before,).
    """
    size = _root_mean_square(gaps)
    squares = (gaps[:, size > 0] / size[size > 0]) ** 2
    return Straying(
        by_block=np.sqrt(squares.mean(axis=1)) if squares.shape[1] else np.empty(0),
        untreated=_multiples(gaps[0], _root_mean_square(before))[size > 0],
        treated=float(_multiples(np.array([treated_gap]), _root_mean_square(treated_before[:, None]))[0]),
    )


def _root_mean_square(gaps: np.ndarray) -> np.ndarray:
    return np.asarray(np.sqrt((gaps**2).mean(axis=0)))


def _multiples(gaps: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """Infinite where a market strays that never did."""
    sizes = np.abs(gaps)
    return np.divide(sizes, usual, out=np.where(sizes > 0, np.inf, 0.0), where=usual > 0)
