"""The value of a weekly plan's media under all draws of a response model."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import pairwise
from typing import Self

import numpy as np

from workbench.mmm import ResponseModel
from workbench.scenarios.problem.cells import Cells
from workbench.scenarios.problem.rows import Limits
from workbench.scenarios.problem.value import Tangent
from workbench.scenarios.response.blocks import Blocks, blocks_of
from workbench.scenarios.response.weekly import Caused, WeeklyValue

# Chunks of draws are fixed, so that sums don't depend on how many cores there are.
CHUNKS = 8
# Cells times draws below which threads cost more than they save.
SMALL = 20_000
# Chords of envelopes are kept while they take less memory than this, in numbers; else made again when needed.
KEPT_CHORDS = 30_000_000
# So many numbers are kept of what one more unit of exposure would add at most.
KEPT = 10_000_000


@dataclass(frozen=True, eq=False)
class ResponseValue(WeeklyValue):
    """`MediaValue` of media alone: each week's effect in the plan and the carry-over after it, summed.

    What is carried in, and what goes on being spent after the plan, acts along; what spending nothing in the plan would have left is
    subtracted.

    Attributes:
        blocks: The response.
        lower: Least currency of each cell that tangents must hold for, shape (H, M, C).
        upper: Most, likewise.
    """

    blocks: Blocks
    lower: np.ndarray
    upper: np.ndarray

    @property
    def draws(self) -> int:
        return self.blocks.draws

    def within(self, limits: Limits) -> Self:
        """As the protocol says; blocks whose limits stay as they were keep their chords."""
        narrowed = replace(self, lower=limits.lower, upper=limits.upper)
        known = self.__dict__.get("_kept_chords")
        if known is not None:
            moved = ((limits.lower != self.lower) | (limits.upper != self.upper)).any(axis=0).ravel()
            narrowed.__dict__["_kept_chords"] = narrowed._renewed(known, np.flatnonzero(moved))
        return narrowed

    def thinned(self, draws: int) -> Self:
        kept = np.unique(np.linspace(0, self.draws - 1, min(draws, self.draws)).astype(int))
        return replace(self, blocks=self.blocks.of_draws(kept))

    @property
    def without_plan(self) -> np.ndarray:
        """Currency that past spending and what goes on being spent after the plan cause without it, shape (D, H + L, M)."""
        return self._nothing.swapaxes(1, 2)

    def apart(self) -> list[Self]:
        """Of each channel in a market alone, its spend of shape (H, 1, 1), in the order of the cells of one week."""
        lower, upper = (side.reshape(len(side), -1) for side in (self.lower, self.upper))
        return [
            replace(self, blocks=self.blocks.alone(n), lower=lower[:, n, None, None], upper=upper[:, n, None, None])
            for n in range(lower.shape[1])
        ]

    def in_units(self, value_per_kpi: np.ndarray) -> Self:
        """The same in KPI units, M values of which in currency are given."""
        coefficient = self.blocks.coefficient / value_per_kpi[self.blocks.market]
        return replace(self, blocks=replace(self.blocks, coefficient=coefficient))

    def tangent(self, spend: np.ndarray, weights: np.ndarray) -> Tangent:
        apart = self._by_channel
        effect, slope = apart.pull_back(spend, apart.spread(weights), enveloped=True)
        parts = weights @ effect.sum(axis=1) - (slope * spend).sum(axis=(0, 1))
        return Tangent(constant=float(parts.sum()), slope=slope, parts=parts)

    def weekly(self, spend: np.ndarray, *, enveloped: bool = False) -> np.ndarray:
        """Currency over spending nothing, shape (D, H + L, M): of the response itself, or of its concave envelope."""
        exposure, kept = self.blocks.exposure(spend), self._kept_chords if enveloped else None

        def run(part: slice) -> np.ndarray:
            return self._run(part, exposure, NOTHING_KEPT, enveloped=enveloped, chords=kept)

        return self._over_nothing(_in_threads(run, self._chunks))

    def pull_back(
        self, spend: np.ndarray, sensitivity: np.ndarray, *, enveloped: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """`weekly`, and the gradient of `Σ sensitivity · weekly`, shape (H, M, C); sensitivity has the shape of `weekly`."""
        exposure, chords = self.blocks.exposure(spend), self._kept_chords if enveloped else None

        def run(part: slice) -> tuple[np.ndarray, np.ndarray]:
            kept = self._room(part)
            effect = self._run(part, exposure, kept, enveloped=enveloped, chords=chords)
            return effect, self._pulled(part, kept, sensitivity)

        effects, gradients = zip(*_in_threads(run, self._chunks), strict=True)
        return self._over_nothing(effects), self._by_spend(gradients)

    def caused(self, spend: np.ndarray, *, enveloped: bool = False) -> Caused:
        """As the base says; where draws are too many to be kept in mind, they are computed again when asked for their gradient."""
        if self.draws * len(self.blocks.market) * self.blocks.weeks > KEPT:
            return super().caused(spend, enveloped=enveloped)
        exposure, chords = self.blocks.exposure(spend), self._kept_chords if enveloped else None
        kept = [self._room(part) for part in self._chunks]

        def run(number: int) -> np.ndarray:
            return self._run(self._chunks[number], exposure, kept[number], enveloped=enveloped, chords=chords)

        def pull_back(sensitivity: np.ndarray) -> np.ndarray:
            def pull(number: int) -> np.ndarray:
                return self._pulled(self._chunks[number], kept[number], sensitivity)

            return self._by_spend(_in_threads(pull, range(len(kept))))

        return Caused(self._over_nothing(_in_threads(run, range(len(kept)))), pull_back)

    def spread(self, weights: np.ndarray) -> np.ndarray:
        """Weights of the draws as the sensitivity of their sum over weeks and markets."""
        shape = (self.draws, self.blocks.weeks, self.blocks.markets)
        return np.broadcast_to(weights[:, None, None], shape)

    def _run(
        self, part: slice, exposure: np.ndarray, kept: np.ndarray, *, enveloped: bool, chords: np.ndarray | None
    ) -> np.ndarray:
        """Effects of some draws, shape (D', M, H + L)."""
        return _run(self._blocks_of(part), exposure, self._chords_of(part, chords) if enveloped else NO_CHORDS, kept)

    def _room(self, part: slice) -> np.ndarray:
        return np.empty((part.stop - part.start, len(self.blocks.market), self.blocks.weeks))

    def _pulled(self, part: slice, kept: np.ndarray, sensitivity: np.ndarray) -> np.ndarray:
        """The gradient by exposure, shape (N, H)."""
        from workbench.scenarios.response.kernel import pull_back

        blocks, felt = self._blocks_of(part), np.ascontiguousarray(sensitivity[part].swapaxes(1, 2))
        gradient = np.zeros_like(blocks.exposure_per_spend)
        pull_back(kept, blocks.market, blocks.channel, blocks.weights, felt, gradient)
        return gradient

    def _over_nothing(self, effects: Iterable[np.ndarray]) -> np.ndarray:
        effect = np.concatenate(list(effects))
        effect -= self._nothing
        return effect.swapaxes(1, 2)

    def _by_spend(self, gradients: Iterable[np.ndarray]) -> np.ndarray:
        gradient: np.ndarray = sum(gradients, start=np.zeros(()))
        return (gradient * self.blocks.exposure_per_spend).T.reshape(self.lower.shape)

    def _blocks_of(self, part: slice) -> Blocks:
        return self.blocks.of_draws(part) if len(self._chunks) > 1 else self.blocks

    @cached_property
    def _by_channel(self) -> Self:
        """The same value, summed over markets instead of channels."""
        blocks = replace(self.blocks, market=self.blocks.channel, markets=self.lower.shape[2])
        apart = replace(self, blocks=blocks)
        apart.__dict__["_kept_chords"] = self._kept_chords
        return apart

    @cached_property
    def _nothing(self) -> np.ndarray:
        """What past and later spending cause without the plan, shape (D, M, H + L)."""
        return _run(self.blocks, self.blocks.exposure(np.zeros_like(self.lower)), NO_CHORDS, NOTHING_KEPT)

    @cached_property
    def _kept_chords(self) -> np.ndarray | None:
        if self.draws * len(self.blocks.market) * self.blocks.weeks * 3 > KEPT_CHORDS:
            return None
        return self._all_chords(np.arange(len(self.blocks.market)))

    def _renewed(self, known: np.ndarray, moved: np.ndarray) -> np.ndarray:
        if len(moved) == 0:
            return known
        chords = known.copy()
        chords[:, moved] = self._all_chords(moved)
        return chords

    def _all_chords(self, which: np.ndarray) -> np.ndarray:
        return np.concatenate(_in_threads(lambda part: self._chords(part, which), self._chunks))

    def _chords_of(self, part: slice, kept: np.ndarray | None) -> np.ndarray:
        return self._chords(part, np.arange(len(self.blocks.market))) if kept is None else kept[part]

    def _chords(self, part: slice, which: np.ndarray) -> np.ndarray:
        from workbench.scenarios.response.kernel import envelope

        blocks = self.blocks.of_draws(part).of_blocks(which)
        chords = np.empty((blocks.draws, len(blocks.market), 3, blocks.weeks))
        envelope(
            self.blocks.exposure(self.lower)[which],
            self.blocks.exposure(self.upper)[which],
            blocks.channel,
            blocks.form,
            blocks.weights,
            blocks.half,
            blocks.slope,
            chords,
        )
        return chords

    @cached_property
    def _chunks(self) -> list[slice]:
        count = CHUNKS if self.lower.size * self.draws >= SMALL else 1
        ends = np.unique(np.linspace(0, self.draws, count + 1).astype(int))
        return [slice(int(first), int(last)) for first, last in pairwise(ends)]


def media_value(response: ResponseModel, cells: Cells, limits: Limits) -> ResponseValue:
    """The value of what media cause in the cells of a plan, its tangents made for plans within `limits`."""
    return ResponseValue(blocks_of(response, cells.price, cells.after), limits.lower, limits.upper)


def compile_response() -> None:
    """Compile what a first plan would else wait for, and keep it on the disk."""
    one = np.ones((1, 1))
    blocks = Blocks(
        markets=1,
        market=np.zeros(1, dtype=int),
        channel=np.zeros(1, dtype=int),
        form=np.zeros(1, dtype=int),
        exposure_per_spend=one,
        carry_in=one,
        after=np.ones(1),
        weights=np.full((1, 1, 2), 0.5),
        half=one,
        slope=2.0 * one,
        coefficient=one,
    )
    cells = np.ones((1, 1, 1))
    ResponseValue(blocks, 0.0 * cells, cells).tangent(cells, np.ones(1))


NO_CHORDS = np.empty((0, 0, 3, 0))
NOTHING_KEPT = np.empty((0, 0, 0))


def _run(blocks: Blocks, exposure: np.ndarray, chords: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Weekly effects, shape (D, M, T)."""
    from workbench.scenarios.response.kernel import respond  # here, because numba loads slowly and apps often need none

    effect = np.zeros((blocks.draws, blocks.markets, blocks.weeks))
    respond(
        exposure,
        blocks.market,
        blocks.channel,
        blocks.form,
        blocks.weights,
        blocks.half,
        blocks.slope,
        blocks.coefficient,
        chords,
        effect,
        kept,
    )
    return effect


def _in_threads[Part, Made](run: Callable[[Part], Made], parts: Sequence[Part]) -> list[Made]:
    if len(parts) == 1:
        return [run(part) for part in parts]
    return list(_threads().map(run, parts))


@cache
def _threads() -> ThreadPoolExecutor:
    """Kept, because a plan asks many thousand times; they wait for nothing but work, and work never asks for more of them."""
    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="response")


# A process that was forked has none of the threads.
os.register_at_fork(after_in_child=_threads.cache_clear)
