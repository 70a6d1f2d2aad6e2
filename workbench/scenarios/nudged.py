"""Slightly different questions: budget, room of teams, returns, prices and limits, each by 1%."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Self

import numpy as np

from workbench.scenarios.capacity.value import CapacityValue
from workbench.scenarios.problem import Cells, doubted
from workbench.scenarios.problem.rows import Limits, Switch
from workbench.scenarios.problem.value import MediaValue
from workbench.scenarios.response import ResponseValue

NUDGE = 0.01
# All or nothing of a fixed amount, such as a lever that is moved all the way: it goes with its cells.
FIXED = 1e-9


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a plan answers.

    Attributes:
        media: What media cause.
        capacity: What teams make of it; None for all of it.
        cells: Of the plan.
        doubt: See `Problem.doubt`.
        limits: The budget among them.
    """

    media: ResponseValue
    capacity: CapacityValue | None
    cells: Cells
    doubt: np.ndarray
    limits: Limits

    @property
    def value(self) -> MediaValue:
        served = self.media if self.capacity is None else self.capacity.with_media(self.media)
        return doubted(served, self.cells, self.doubt)

    def thinned(self, draws: int) -> Self:
        capacity = None if self.capacity is None else self.capacity.thinned(draws)
        return replace(self, media=self.media.thinned(draws), capacity=capacity)


@dataclass(frozen=True, kw_only=True)
class Nudge:
    """A slightly different question.

    Attributes:
        name: In words.
        question: Anew.
        parts: Single changes, where the question changes many things at once.
    """

    name: str
    question: Question
    parts: tuple[Nudge, ...] = ()


def nudged(asked: Question, spend: np.ndarray, channels: Sequence[str]) -> Iterator[Nudge]:
    """Everything that a plan rests on, 1% up and down.

    Args:
        asked: What the plan answers.
        spend: The plan, shape (H, M, C).
        channels: Length C.
    """
    for sign, word in ((-1, "less"), (1, "more")):
        budget = min(asked.limits.budget, float(spend.sum())) * (1 + sign * NUDGE)
        yield Nudge(name=f"1% {word} budget", question=replace(asked, limits=asked.limits.with_budget(budget)))
        yield from _roomier(asked, sign, word)
    for index, channel in enumerate(map(asked.cells.labels.channel, channels)):
        for sign, word in ((-1, "lower"), (1, "higher")):
            factor = np.where(asked.media.blocks.channel == index, 1 + sign * NUDGE, 1.0)
            yield Nudge(name=f"returns of {channel} 1% {word}", question=_with_returns(asked, factor))
            yield Nudge(name=f"the price of {channel} 1% {word}", question=_with_prices(asked, factor))
    yield from _with_limits(asked, spend, channels)


def _roomier(asked: Question, sign: int, word: str) -> Iterator[Nudge]:
    for team in asked.capacity.teams if asked.capacity else ():
        capacity = asked.capacity.with_team(team.scaled(1 + sign * NUDGE)) if asked.capacity else None
        yield Nudge(name=f"1% {word} capacity of {team.called}", question=replace(asked, capacity=capacity))


def _with_returns(asked: Question, factor: np.ndarray) -> Question:
    blocks = asked.media.blocks
    changed = replace(blocks, coefficient=blocks.coefficient * factor)
    return replace(asked, media=replace(asked.media, blocks=changed))


def _with_prices(asked: Question, factor: np.ndarray) -> Question:
    """Also of what goes on being spent when the plan is over; what was bought before stays."""
    blocks = asked.media.blocks
    changed = replace(
        blocks, exposure_per_spend=blocks.exposure_per_spend / factor[:, None], after=blocks.after / factor
    )
    return replace(asked, media=replace(asked.media, blocks=changed))


def _with_limits(asked: Question, spend: np.ndarray, channels: Sequence[str]) -> Iterator[Nudge]:
    """Limits that hold the plan, one by one; the others, which can only matter when they are wider, all at once."""
    free = []
    for name, narrower, wider in _limits(asked.limits, [*map(asked.cells.labels.channel, channels)]):
        wide = Nudge(name=f"{name} 1% wider", question=replace(asked, limits=wider))
        if narrower.keeps(spend):
            free.append((wide, wider))
        else:
            yield wide
            yield Nudge(name=f"{name} 1% narrower", question=replace(asked, limits=narrower))
    if free:
        together = asked.limits
        for _, wider in free:
            together = _merged(asked.limits, together, wider)
        yield Nudge(
            name="limits that don't hold the plan 1% wider",
            question=replace(asked, limits=together),
            parts=tuple(wide for wide, _ in free),
        )


def _limits(limits: Limits, channels: Sequence[str]) -> Iterator[tuple[str, Limits, Limits]]:
    """Each limit by its name, 1% narrower and 1% wider."""
    for index, rule in enumerate(limits.rules):
        if rule.kind != "budget":
            yield f"limits on {rule.called}", _with_rule(limits, index, -1), _with_rule(limits, index, 1)
    for index, channel in enumerate(channels):
        yield f"the largest weeks of {channel}", _with_cells(limits, index, -1), _with_cells(limits, index, 1)
    switches = sorted((s for s in limits.switches if not _is_fixed(s)), key=lambda switch: switch.reason)
    for reason, _ in groupby(switches, key=lambda switch: switch.reason):
        yield f"all or nothing by {reason}", _with_switches(limits, reason, -1), _with_switches(limits, reason, 1)


def _with_rule(limits: Limits, index: int, sign: int) -> Limits:
    rules = [rule.widened(sign * NUDGE) if number == index else rule for number, rule in enumerate(limits.rules)]
    return replace(limits, rules=tuple(rules))


def _with_cells(limits: Limits, channel: int, sign: int) -> Limits:
    upper = limits.upper.copy()
    upper[:, :, channel] = np.maximum(limits.lower, upper * (1 + sign * NUDGE))[:, :, channel]
    own = np.zeros(limits.shape, dtype=bool)
    own[:, :, channel] = True
    switches = [
        _scaled(switch, 1 + sign * NUDGE) if _is_fixed(switch) and own.ravel()[switch.cells].all() else switch
        for switch in limits.switches
    ]
    return replace(limits, upper=upper, switches=tuple(switches))


def _with_switches(limits: Limits, reason: str, sign: int) -> Limits:
    switches = [
        replace(s, least=s.least * (1 - sign * NUDGE)) if s.reason == reason and not _is_fixed(s) else s
        for s in limits.switches
    ]
    return replace(limits, switches=tuple(switches))


def _is_fixed(switch: Switch) -> bool:
    return switch.least >= switch.most * (1 - FIXED)


def _scaled(switch: Switch, factor: float) -> Switch:
    return replace(switch, least=switch.least * factor, most=switch.most * factor)


def _merged(original: Limits, together: Limits, other: Limits) -> Limits:
    """`together` with what `other` changes of the original."""
    return replace(
        together,
        upper=np.maximum(together.upper, other.upper),
        rules=tuple(
            theirs if theirs is not own else ours
            for own, ours, theirs in zip(original.rules, together.rules, other.rules, strict=True)
        ),
        switches=tuple(
            theirs if theirs is not own else ours
            for own, ours, theirs in zip(original.switches, together.switches, other.switches, strict=True)
        ),
    )
