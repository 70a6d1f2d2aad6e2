"""Effects where and when there was none: the same readout of markets that weren't treated, and of times before the test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.experiments.geo.blocks import LeftOutBlock, left_out_block
from workbench.experiments.geo.conformal import suppose_effects
from workbench.experiments.geo.effects import GeoEffect
from workbench.experiments.geo.panel import GeoPanel
from workbench.experiments.geo.straying import Straying, measure_straying
from workbench.experiments.result import PLACEBO_COLUMNS

MOST_BLOCKS = 120
MOST_BLOCKS_BEFORE = 60


@dataclass(frozen=True, kw_only=True)
class Placebos:
    """Pretended tests, as long as the real one; gaps are per market and period, in KPI units.

    Attributes:
        starts: First period of each pretended test before the real one, length P.
        gaps_in_time: Of the treated markets, shape (P,).
        p_values_in_time: Of no effect, shape (P,).
        gaps_in_space: Of each donor market during the real test, shape (J,).
        p_values_in_space: Of no effect, shape (J,).
        straying: How far markets strayed during the real test, beside other times.
    """

    starts: pd.DatetimeIndex
    gaps_in_time: np.ndarray
    p_values_in_time: np.ndarray
    gaps_in_space: np.ndarray
    p_values_in_space: np.ndarray
    straying: Straying


def pretend_tests(panel: GeoPanel, penalty: float | None) -> Placebos:
    """Read out every pretended test in time and in space.

    Args:
        panel: The real test.
        penalty: Of its ridge augmentation, None for none.
    """
    in_time, blocks = _gaps_in_time(panel, penalty), _block_starts(panel)
    in_space = _gaps_in_space(panel, blocks, penalty)
    starts = _spread(len(in_time), MOST_BLOCKS_BEFORE)
    whole = len(in_time) - panel.periods_tested + 1
    return Placebos(
        starts=panel.dates[:whole],
        gaps_in_time=in_time[:whole],
        p_values_in_time=_p_values(in_time[:, None])[:whole, 0],
        gaps_in_space=in_space[0],
        p_values_in_space=_p_values(in_space)[0],
        straying=measure_straying(
            in_space, _disjoint(blocks, panel), _gaps_in_space_before(panel, starts, penalty), in_time[starts]
        ),
    )


def placebo_frame(placebos: Placebos, panel: GeoPanel, effect: GeoEffect, cell: str) -> pd.DataFrame:
    """All pretended tests and the real one after them, as fractions of what would have been: `PLACEBO_COLUMNS`."""
    levels = _block_means(panel.mean_treated, panel.periods_tested)[: len(placebos.starts)]
    in_time = pd.DataFrame(
        {
            "kind": "time",
            "name": [*placebos.starts.strftime("%Y-%m-%d"), f"{panel.dates[panel.tested][0]:%Y-%m-%d}"],
            "estimate": [*_relative(placebos.gaps_in_time, levels), effect.lift.estimate],
            "p_value": [*placebos.p_values_in_time, effect.p_value],
        }
    )
    in_space = pd.DataFrame(
        {
            "kind": "space",
            "name": [*panel.donor_names, ", ".join(panel.treated_names)],
            "estimate": [
                *_relative(placebos.gaps_in_space, panel.donors[panel.tested].mean(axis=0)),
                effect.lift.estimate,
            ],
            "p_value": [*placebos.p_values_in_space, effect.p_value],
        }
    )
    both = [frame.assign(cell=cell, tested=frame.index == len(frame) - 1) for frame in (in_time, in_space)]
    return pd.concat(both, ignore_index=True)[list(PLACEBO_COLUMNS)].astype(PLACEBO_COLUMNS)


def _gaps_in_time(panel: GeoPanel, penalty: float | None) -> np.ndarray:
    """Gap of each block before the test, the rest of that time fitted, shape (period before,)."""
    before = ~panel.tested
    pretended = np.arange(before.sum()) < panel.periods_tested
    supposed = suppose_effects(panel.mean_treated[before], panel.donors[before], pretended, penalty)
    return supposed.gaps()


def _block_starts(panel: GeoPanel) -> np.ndarray:
    """First period of the test's block and then of others, wrapped around the end, shape (block,)."""
    periods = len(panel.dates)
    return np.asarray((int(np.argmax(panel.tested)) + _spread(periods, MOST_BLOCKS)) % periods)


def _disjoint(starts: np.ndarray, panel: GeoPanel) -> np.ndarray:
    """Whether two blocks, each wrapped around the end, share no period, shape (block, block)."""
    apart = (starts[:, None] - starts) % len(panel.dates)
    return np.asarray(np.minimum(apart, len(panel.dates) - apart) >= panel.periods_tested)


def _gaps_in_space(panel: GeoPanel, starts: np.ndarray, penalty: float | None) -> np.ndarray:
    """Gap of each donor, predicted by the others, in each block of all periods, shape (block, donor)."""
    return _gaps_of_donors([left_out_block(panel.donors, start, panel.periods_tested) for start in starts], penalty)


def _spread(periods: int, most: int) -> np.ndarray:
    """Positions evenly over the periods, the first among them; all of them where they are few."""
    return np.asarray(np.linspace(0, periods, min(periods, most), endpoint=False).astype(int))


def _gaps_in_space_before(panel: GeoPanel, starts: np.ndarray, penalty: float | None) -> np.ndarray:
    """The same in some blocks of the time before the test, by fits to that time only, shape (start, donor)."""
    before = panel.donors[~panel.tested]
    return _gaps_of_donors([left_out_block(before, start, panel.periods_tested) for start in starts], penalty)


def _gaps_of_donors(blocks: Sequence[LeftOutBlock], penalty: float | None) -> np.ndarray:
    donors = blocks[0].contrast.size
    if donors < 2:
        return np.full((len(blocks), donors), np.nan)
    return np.array([[_gap_of(block, market, penalty) for market in range(donors)] for block in blocks])


def _gap_of(block: LeftOutBlock, market: int, penalty: float | None) -> float:
    series = np.arange(block.contrast.size)
    others = np.delete(series, market)
    return block.gap((series == market).astype(float), others, block.correction(others, penalty))


def _p_values(gaps: np.ndarray) -> np.ndarray:
    """Share of blocks whose gap is at least as large, for each block and series, shape (block, series)."""
    sizes = np.abs(gaps)
    ordered = np.sort(sizes, axis=0)
    at_least = [
        len(column) - np.searchsorted(column, size * (1 - 1e-9))
        for column, size in zip(ordered.T, sizes.T, strict=True)
    ]
    return np.column_stack(at_least) / len(gaps)


def _block_means(series: np.ndarray, length: int) -> np.ndarray:
    return np.asarray(np.lib.stride_tricks.sliding_window_view(series, length).mean(axis=1))


def _relative(gaps: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Gaps as fractions of what would have been, NaN where that isn't positive."""
    expected = levels - gaps
    return np.divide(gaps, expected, out=np.full(len(gaps), np.nan), where=expected > 0)
