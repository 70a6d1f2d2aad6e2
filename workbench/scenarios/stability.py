"""Would slightly different inputs have given a different plan? Then the difference is a tie and is called one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from workbench.scenarios.capacity.value import CapacityValue
from workbench.scenarios.objective import Objective
from workbench.scenarios.problem.rows import Limits
from workbench.scenarios.problem.value import MediaValue
from workbench.scenarios.response import ResponseValue
from workbench.scenarios.solve.effort import BRISK
from workbench.scenarios.solve.search import solve

NUDGE = 0.01
FLIP = 0.1
DRAWS = 100
SEARCH = replace(BRISK, steps=15, rounds=1)
COLUMNS = ("nudge", "moved", "share", "giver", "taker", "gain")


@dataclass(frozen=True, kw_only=True)
class Nudge:
    """A slightly different question.

    Attributes:
        name: In words.
        value: What plans are worth.
        limits: The budget among them.
    """

    name: str
    value: MediaValue
    limits: Limits


def nudges(
    media: ResponseValue,
    capacity: CapacityValue | None,
    limits: Limits,
    objective: Objective,
    spend: np.ndarray,
    channels: tuple[str, ...],
) -> pd.DataFrame:
    """The plans that 1% more or less budget or room of a team, and 1% higher or lower returns of each channel, would give.

    Args:
        media: What media cause.
        capacity: What teams make of it; None for all of it.
        limits: Of the plan, the budget among them.
        objective: What plans are judged by.
        spend: The plan, shape (H, M, C).
        channels: Length C.

    Returns:
        Columns as in `ScenarioResult.nudges`; the largest move first.
    """
    thin = media.thinned(DRAWS)
    served = None if capacity is None else capacity.thinned(DRAWS)
    now = thin if served is None else served
    base = solve(now, limits, objective, starts=[spend], effort=SEARCH).spend
    worth = float(now.worth(base).mean())
    asked = _nudged(thin, served, limits, base, channels)
    rows = [_row(nudge, base, worth, objective, limits.budget, channels) for nudge in asked]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.sort_values("moved", ascending=False, ignore_index=True, kind="stable")


def _nudged(
    media: ResponseValue,
    capacity: CapacityValue | None,
    limits: Limits,
    spend: np.ndarray,
    channels: tuple[str, ...],
) -> Iterator[Nudge]:
    def under(changed: ResponseValue) -> MediaValue:
        return changed if capacity is None else capacity.with_media(changed)

    for sign, word in ((-1, "less"), (1, "more")):
        budget = min(limits.budget, float(spend.sum())) * (1 + sign * NUDGE)
        yield Nudge(name=f"1% {word} budget", value=under(media), limits=limits.with_budget(budget))
        if capacity is not None:
            roomier = [(team, capacity.with_team(team.scaled(1 + sign * NUDGE))) for team in capacity.teams]
            yield from (
                Nudge(name=f"1% {word} capacity of {team.name}", value=value, limits=limits) for team, value in roomier
            )
    for index, channel in enumerate(channels):
        for sign, word in ((-1, "lower"), (1, "higher")):
            factor = np.where(media.blocks.channel == index, 1 + sign * NUDGE, 1.0)
            blocks = replace(media.blocks, coefficient=media.blocks.coefficient * factor)
            changed = under(replace(media, blocks=blocks))
            yield Nudge(name=f"returns of {channel} 1% {word}", value=changed, limits=limits)


def _row(
    nudge: Nudge, base: np.ndarray, worth: float, objective: Objective, budget: float, channels: tuple[str, ...]
) -> tuple[str, float, float, str, str, float]:
    other = solve(nudge.value, nudge.limits, objective, starts=[base], effort=SEARCH).spend
    change = other.sum(axis=(0, 1)) - base.sum(axis=(0, 1))
    # Of another budget only what moves between channels counts, not the budget's own change.
    change = change - (other.sum() / base.sum() - 1) * base.sum(axis=(0, 1))
    moved = 0.5 * float(np.abs(change).sum())
    gain = _gain(nudge, other, base) / max(abs(worth), 1e-300)
    return nudge.name, moved, moved / budget, channels[int(change.argmin())], channels[int(change.argmax())], gain


def _gain(nudge: Nudge, other: np.ndarray, base: np.ndarray) -> float:
    """What following the nudge's own plan is worth in its world, over the same money in the plan's proportions."""
    kept = base * (other.sum() / base.sum())
    return float(nudge.value.worth(other).mean() - nudge.value.worth(kept).mean())
