"""How large an effect a geo test would find, by pretending tests in its history.

Every block of history as long as the test is a test in which nothing happened. A lift is put on top of the treated markets, and
the same conformal inference as in the readout is asked whether it sees it. Designs are chosen by the earlier half of the
pretended tests and judged by the later half: judged by those that chose it, the best of many looks better than it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.experiments.geo.blocks import LeftOutBlock, left_out_block

MOST_BLOCKS = 60
WINDOWS = 20


@dataclass(frozen=True, kw_only=True)
class PretendedTests:
    """The blocks of a history for tests of one length.

    Attributes:
        kpi: Shape (period, market).
        length: Periods of a test.
        starts: First period of each block, wrapped around the end; evenly spaced, at most `MOST_BLOCKS`.
        blocks: What is known outside each, of all markets.
        alpha: P-value at which an effect counts as seen.
    """

    kpi: np.ndarray
    length: int
    starts: np.ndarray
    blocks: tuple[LeftOutBlock, ...]
    alpha: float

    @property
    def windows(self) -> np.ndarray:
        """Positions in `starts` of the blocks that don't wrap around: the pretended tests."""
        return np.flatnonzero(self.starts + self.length <= len(self.kpi))

    @property
    def earlier(self) -> np.ndarray:
        """Pretended tests that designs are chosen by."""
        return self.windows[: len(self.windows) // 2]

    @property
    def later(self) -> np.ndarray:
        """Pretended tests that chosen designs are judged by."""
        return self.windows[len(self.windows) // 2 :]


def pretend(kpi: np.ndarray, length: int, alpha: float) -> PretendedTests:
    """Leave blocks of the test's length out of the history of all markets.

    Args:
        kpi: Shape (period, market).
        length: Periods of a test.
        alpha: P-value at which an effect counts as seen.
    """
    starts = np.unique(np.linspace(0, len(kpi) - 1, min(len(kpi), MOST_BLOCKS)).round().astype(int))
    blocks = tuple(left_out_block(kpi, start, length) for start in starts)
    return PretendedTests(kpi=kpi, length=length, starts=starts, blocks=blocks, alpha=alpha)


def gaps_without_effect(tests: PretendedTests, group: Sequence[int]) -> np.ndarray:
    """Gap of each block of a treated group from all other markets, shape (block,)."""
    markets = tests.kpi.shape[1]
    treated = np.isin(np.arange(markets), group)
    return np.array([block.gap(treated / treated.sum(), np.flatnonzero(~treated)) for block in tests.blocks])


def screened_lift(tests: PretendedTests, group: Sequence[int], power: float) -> float:
    """The lift that earlier pretended tests would see with this power, were the fits to other blocks blind to it.

    A test in block b with effect e is seen where |gap_b + e| exceeds the critical gap of all other blocks.
    """
    gaps = gaps_without_effect(tests, group)
    sizes = np.abs(gaps)
    allowed = max(int(np.floor(tests.alpha * len(gaps) + 1e-9)) - 1, 0)
    ordered = np.sort(sizes)[::-1]
    # The block of the test itself isn't one of the others.
    critical = np.where(sizes >= ordered[allowed], ordered[allowed + 1], ordered[allowed])
    mean = tests.kpi[:, list(group)].mean(axis=1)
    levels = np.array([mean[start : start + tests.length].mean() for start in tests.starts[tests.earlier]])
    needed = (critical - gaps)[tests.earlier] / levels
    return float(np.quantile(needed, power, method="inverted_cdf"))


@dataclass(frozen=True, kw_only=True)
class LiftedTests:
    """Pretended tests of one group that wait for a lift.

    Attributes:
        blocks: Of the series donors, mean treated, and mean treated within each window and zero elsewhere.
        donors: Number of donors.
        windows: Positions of the pretended tests among the blocks.
        largest_first: Positions of all blocks, the largest gap without an effect first.
        alpha: P-value at which an effect counts as seen.
    """

    blocks: tuple[LeftOutBlock, ...]
    donors: int
    windows: np.ndarray
    largest_first: np.ndarray
    alpha: float

    def power(self, lift: float) -> float:
        """Share of the pretended tests whose readout sees this lift of the treated markets' KPI."""
        return float(np.mean([self._seen(column, lift) for column in range(len(self.windows))]))

    def _seen(self, column: int, lift: float) -> bool:
        treated = np.zeros(self.donors + 1 + len(self.windows))
        treated[self.donors], treated[self.donors + 1 + column] = 1.0, lift
        own = abs(self.blocks[self.windows[column]].gap(treated, np.arange(self.donors))) * (1 - 1e-9)
        allowed, as_large = int(np.floor(self.alpha * len(self.blocks) + 1e-9)), 0
        # Most of the answer lies in the blocks whose gap is large anyway: the first few settle most tests that see nothing.
        for position in self.largest_first:
            as_large += abs(self.blocks[position].gap(treated, np.arange(self.donors))) >= own
            if as_large > allowed:
                return False
        return True


def lift_tests(tests: PretendedTests, group: Sequence[int]) -> LiftedTests:
    """Make ready to put lifts on top of a group in up to `WINDOWS` later pretended tests, evenly spaced."""
    chosen = np.linspace(0, len(tests.later) - 1, min(WINDOWS, len(tests.later))).round().astype(int)
    windows = tests.later[chosen]
    donors = np.delete(tests.kpi, list(group), axis=1)
    mean = tests.kpi[:, list(group)].mean(axis=1)
    lifted = [_only_within(mean, tests.starts[window], tests.length) for window in windows]
    series = np.column_stack([donors, mean, *lifted])
    blocks = tuple(_of_donors(left_out_block(series, start, tests.length), donors.shape[1]) for start in tests.starts)
    return LiftedTests(
        blocks=blocks,
        donors=donors.shape[1],
        windows=windows,
        largest_first=np.argsort(-np.abs(gaps_without_effect(tests, group)), kind="stable"),
        alpha=tests.alpha,
    )


def _only_within(series: np.ndarray, start: int, length: int) -> np.ndarray:
    within = np.zeros_like(series)
    within[start : start + length] = series[start : start + length]
    return within


def _of_donors(block: LeftOutBlock, donors: int) -> LeftOutBlock:
    """The same fits in as many rows as there are donors: further rows are zero for all of them, as the donors come first."""
    return LeftOutBlock(factor=block.factor[:donors], contrast=block.contrast)
