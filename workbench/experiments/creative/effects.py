"""What parts, pairs of parts and segments change, as averages over everything else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from workbench.experiments.creative.cells import Cells
from workbench.experiments.creative.posterior import Posterior


@dataclass(frozen=True, kw_only=True)
class PartEffect:
    """What a part, or two, or one in a segment, changes.

    Attributes:
        term: `part`, `pair` or `segment`.
        factor: The factor, or two joined by ` × `.
        part: The part, or two joined by ` + `.
        segment: The segment; empty for all.
        units: Units that saw it.
        draws: Change of the metric; of a part against the average creative, of a pair and of a segment beyond what the parts do.
        probability_best: That it is the best part of its factor; NaN for pairs and segments.
    """

    term: str
    factor: str
    part: str
    segment: str
    units: int
    draws: np.ndarray
    probability_best: float = np.nan

    @property
    def mean(self) -> float:
        return float(self.draws.mean())

    def interval(self, level: float) -> tuple[float, float]:
        lower, upper = np.quantile(self.draws, [(1 - level) / 2, (1 + level) / 2])
        return float(lower), float(upper)


def part_effects(cells: Cells, posterior: Posterior, *, higher_is_better: bool = True) -> tuple[PartEffect, ...]:
    """Effects of parts, then of pairs, then of parts by segment; each creative counts alike, each segment by its units."""
    whole = posterior.values @ cells.segment_shares
    mains = {(f, part): _main(cells, whole, f, part) for f in range(len(cells.factors)) for part in _parts(cells, f)}
    return (
        *_parts_of_all(cells, mains, 1 if higher_is_better else -1),
        *_pairs(cells, whole, mains),
        *(_by_segment(cells, posterior, mains) if len(cells.segments) > 1 else ()),
    )


type _Mains = dict[tuple[int, str], np.ndarray]


def _parts(cells: Cells, factor: int) -> list[str]:
    return sorted({creative[factor] for creative in cells.creatives})


def _having(cells: Cells, *wanted: tuple[int, str]) -> np.ndarray:
    return np.array([all(creative[factor] == part for factor, part in wanted) for creative in cells.creatives])


def _main(cells: Cells, value: np.ndarray, factor: int, part: str) -> np.ndarray:
    """Draws of a part's average less that of all creatives."""
    effect: np.ndarray = value[:, _having(cells, (factor, part))].mean(axis=1) - value.mean(axis=1)
    return effect


def _parts_of_all(cells: Cells, mains: _Mains, sign: int) -> Iterator[PartEffect]:
    for f, factor in enumerate(cells.factors):
        parts = _parts(cells, f)
        winner = np.argmax([sign * mains[f, part] for part in parts], axis=0)
        for number, part in enumerate(parts):
            yield PartEffect(
                term="part",
                factor=factor,
                part=part,
                segment="",
                units=int(cells.units[_having(cells, (f, part))].sum()),
                draws=mains[f, part],
                probability_best=float((winner == number).mean()),
            )


def _pairs(cells: Cells, whole: np.ndarray, mains: _Mains) -> Iterator[PartEffect]:
    average = whole.mean(axis=1)
    for one, other in combinations(range(len(cells.factors)), 2):
        for first, second in product(_parts(cells, one), _parts(cells, other)):
            both = _having(cells, (one, first), (other, second))
            if both.any():
                yield PartEffect(
                    term="pair",
                    factor=f"{cells.factors[one]} × {cells.factors[other]}",
                    part=f"{first} + {second}",
                    segment="",
                    units=int(cells.units[both].sum()),
                    draws=whole[:, both].mean(axis=1) - average - mains[one, first] - mains[other, second],
                )


def _by_segment(cells: Cells, posterior: Posterior, mains: _Mains) -> Iterator[PartEffect]:
    for (f, part), main in mains.items():
        for s, segment in enumerate(cells.segments):
            yield PartEffect(
                term="segment",
                factor=cells.factors[f],
                part=part,
                segment=segment,
                units=int(cells.units[_having(cells, (f, part)), s].sum()),
                draws=_main(cells, posterior.values[:, :, s], f, part) - main,
            )
