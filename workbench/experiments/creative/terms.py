"""Of what a creative's result is made: its parts, pairs of parts, and parts in a segment."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from workbench.experiments.creative.cells import Cells

# Half of what is believed of each kind of term lies below, on the log-odds of a proportion, or as a fraction of a mean:
# a part may do more than a pair does beyond its parts, or than a segment changes of it.
PART_SCALE, PAIR_SCALE, SEGMENT_SCALE, OWN_SCALE = 0.3, 0.15, 0.15, 0.1


@dataclass(frozen=True, kw_only=True)
class Term:
    """Effects that share one spread.

    Attributes:
        name: `parts`, `pairs` or `segments`.
        labels: What each effect belongs to: one part, two, or a part and a segment.
        columns: One where a cell has it, shape (cells, effects).
        scale: Median of the spread that is believed before the data.
    """

    name: str
    labels: tuple[tuple[str, ...], ...]
    columns: np.ndarray
    scale: float


@dataclass(frozen=True, kw_only=True)
class Design:
    """Cells are creatives × segments, the segment running fastest.

    Attributes:
        segments: One where a cell is in a segment, shape (cells, S); these effects are not shrunken.
        terms: Those that are, each by a spread of its own.
        own_scale: Median of the spread of what single cells have of their own; 0 where a term already says as much.
    """

    segments: np.ndarray
    terms: tuple[Term, ...]
    own_scale: float


def build_design(cells: Cells) -> Design:
    """The terms that these factors and segments make possible."""
    creatives, segments = len(cells.creatives), len(cells.segments)
    parts = [_indicators(cells, (factor,)) for factor in range(len(cells.factors))]
    pairs = [_indicators(cells, chosen) for chosen in combinations(range(len(cells.factors)), 2)]
    segment = np.tile(np.eye(segments), (creatives, 1))
    terms = [_term("parts", parts, PART_SCALE, segments)]
    if pairs:
        terms.append(_term("pairs", pairs, PAIR_SCALE, segments))
    if segments > 1:
        terms.append(_by_segment(parts, cells.segments))
    # With two of factors and segments in all, the last term already has one effect a cell.
    own = OWN_SCALE if len(cells.factors) + (segments > 1) > 2 else 0.0
    return Design(segments=segment, terms=tuple(terms), own_scale=own)


type _Indicators = tuple[list[tuple[str, ...]], np.ndarray]


def _indicators(cells: Cells, factors: tuple[int, ...]) -> _Indicators:
    """Which creatives have which combination of these factors' parts, shape (creatives, combinations)."""
    seen = [tuple(creative[factor] for factor in factors) for creative in cells.creatives]
    labels = sorted(set(seen))
    names = [tuple(f"{cells.factors[f]}: {part}" for f, part in zip(factors, label, strict=True)) for label in labels]
    return names, np.array([[label == combination for label in labels] for combination in seen], dtype=float)


def _term(name: str, groups: list[_Indicators], scale: float, segments: int) -> Term:
    labels = tuple(label for names, _ in groups for label in names)
    columns = np.hstack([indicators for _, indicators in groups])
    return Term(name=name, labels=labels, columns=np.repeat(columns, segments, axis=0), scale=scale)


def _by_segment(parts: list[_Indicators], segments: tuple[str, ...]) -> Term:
    labels = tuple((*label, segment) for names, _ in parts for label in names for segment in segments)
    columns = np.kron(np.hstack([indicators for _, indicators in parts]), np.eye(len(segments)))
    return Term(name="segments", labels=labels, columns=columns, scale=SEGMENT_SCALE)
