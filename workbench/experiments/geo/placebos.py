"""Effects where and when there was none: the same readout of markets that weren't treated, and of times before the test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.experiments.geo.blocks import LeftOutBlock, leave_blocks_out
from workbench.experiments.geo.conformal import suppose_effects
from workbench.experiments.geo.effects import GeoEffect
from workbench.experiments.geo.panel import GeoPanel
from workbench.experiments.result import PLACEBO_COLUMNS


@dataclass(frozen=True, kw_only=True)
class Placebos:
    """Pretended tests, as long as the real one; gaps are per market and period, in KPI units.

    Attributes:
        starts: First period of each pretended test before the real one, length P.
        gaps_in_time: Of the treated markets, shape (P,).
        p_values_in_time: Of no effect, shape (P,).
        gaps_in_space: Of each donor market during the real test, shape (J,).
        p_values_in_space: Of no effect, shape (J,).
    """

    starts: pd.DatetimeIndex
    gaps_in_time: np.ndarray
    p_values_in_time: np.ndarray
    gaps_in_space: np.ndarray
    p_values_in_space: np.ndarray


def pretend_tests(panel: GeoPanel, penalty: float | None) -> Placebos:
    """Read out every pretended test in time and in space.

    Args:
        panel: The real test.
        penalty: Of its ridge augmentation, None for none.
    """
    in_time, in_space = _gaps_in_time(panel, penalty), _gaps_in_space(panel, penalty)
    whole = len(in_time) - panel.periods_tested + 1
    return Placebos(
        starts=panel.dates[:whole],
        gaps_in_time=in_time[:whole],
        p_values_in_time=_p_values(in_time[:, None])[:whole, 0],
        gaps_in_space=in_space[int(np.argmax(panel.tested))],
        p_values_in_space=_p_values(in_space)[int(np.argmax(panel.tested))],
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


def _gaps_in_space(panel: GeoPanel, penalty: float | None) -> np.ndarray:
    """Gap of each donor in each block, predicted by the other donors, shape (period, donor)."""
    donors = panel.donors.shape[1]
    if donors < 2:
        return np.full((len(panel.dates), donors), np.nan)
    blocks = leave_blocks_out(panel.donors, panel.periods_tested)
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
