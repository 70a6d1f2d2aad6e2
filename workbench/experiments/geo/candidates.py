"""Groups of markets that a geo test could treat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.errors import SpecError


@dataclass(frozen=True, kw_only=True)
class MarketChoice:
    """What is asked of the treated group.

    Attributes:
        sizes: Numbers of treated markets to try.
        required: Markets that must be treated.
        excluded: Markets that must not be; they still serve as donors.
        largest_share: Most of the whole KPI that may be treated.
        fewest_donors: Least number of markets left to compare with.
        groups: Most groups to try at random beside those of markets that move alike.
    """

    sizes: tuple[int, ...] = (2, 3, 4)
    required: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    largest_share: float = 0.5
    fewest_donors: int = 4
    groups: int = 100


def candidate_groups(
    kpi: np.ndarray, names: Sequence[str], choice: MarketChoice, rng: np.random.Generator
) -> list[tuple[int, ...]]:
    """Positions of the markets of each group, every group once.

    Around every market, those that move most like it make one group of each size: they share donors. Random groups follow,
    since an average of markets that differ can be easier to imitate.

    Args:
        kpi: History, shape (period, market).
        names: Of the markets.
        choice: What is asked of the group.
        rng: Draws the random groups.

    Raises:
        SpecError: If a market is unknown, or no group meets the demands.
    """
    _require_known(names, choice)
    share = kpi.sum(axis=0) / kpi.sum()
    groups = dict.fromkeys((*_alike(kpi, names, choice), *_random(names, choice, rng)))
    kept = [group for group in groups if share[list(group)].sum() <= choice.largest_share]
    if not kept:
        raise SpecError(
            f"no group of {', '.join(map(str, choice.sizes))} markets leaves {choice.fewest_donors} donors and treats at most "
            f"{choice.largest_share:.0%} of the KPI; allow fewer markets or a larger share"
        )
    return kept


def _require_known(names: Sequence[str], choice: MarketChoice) -> None:
    unknown = [name for name in (*choice.required, *choice.excluded) if name not in names]
    if unknown:
        raise SpecError(f"the history holds no market {unknown[0]}; it holds {', '.join(list(names)[:20])}")
    both = sorted(set(choice.required) & set(choice.excluded))
    if both:
        raise SpecError(f"{both[0]} is both required and excluded; name it in one of the two")


def _alike(kpi: np.ndarray, names: Sequence[str], choice: MarketChoice) -> Iterator[tuple[int, ...]]:
    eligible = _eligible(names, choice)
    with np.errstate(invalid="ignore"):
        likeness = np.nan_to_num(np.corrcoef(kpi.T), nan=-1.0)
    for centre in eligible:
        by_likeness = sorted(eligible, key=lambda market: -likeness[centre, market] - (market == centre))
        for size in _sizes(names, choice):
            yield _group(names, choice, by_likeness, size)


def _random(names: Sequence[str], choice: MarketChoice, rng: np.random.Generator) -> Iterator[tuple[int, ...]]:
    eligible, sizes = _eligible(names, choice), _sizes(names, choice)
    for draw in range(choice.groups if sizes else 0):
        yield _group(names, choice, list(rng.permutation(eligible)), sizes[draw % len(sizes)])


def _group(names: Sequence[str], choice: MarketChoice, preferred: Sequence[int], size: int) -> tuple[int, ...]:
    required = [list(names).index(name) for name in choice.required]
    others = [int(market) for market in preferred if market not in required]
    return tuple(sorted(required + others[: size - len(required)]))


def _eligible(names: Sequence[str], choice: MarketChoice) -> list[int]:
    return [position for position, name in enumerate(names) if name not in choice.excluded]


def _sizes(names: Sequence[str], choice: MarketChoice) -> list[int]:
    most = min(len(names) - choice.fewest_donors, len(_eligible(names, choice)))
    return [size for size in choice.sizes if max(len(choice.required), 1) <= size <= most]
