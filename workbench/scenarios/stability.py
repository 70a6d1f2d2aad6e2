"""Would slightly different inputs have given a different plan? Then the difference is a tie and is called one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from workbench.errors import InfeasiblePlan
from workbench.scenarios.nudged import Nudge, Question, nudged
from workbench.scenarios.objective import Objective
from workbench.scenarios.solve.effort import BRISK
from workbench.scenarios.solve.judged import judged
from workbench.scenarios.solve.search import solve

FLIP = 0.1
DRAWS = 100
SEARCH = replace(BRISK, steps=15, rounds=1, proves=False)
COLUMNS = {
    "nudge": "str",
    "moved": "float64",
    "share": "float64",
    "giver": "str",
    "taker": "str",
    "gain": "float64",
}


@dataclass(frozen=True, kw_only=True)
class Base:
    """The plan that slightly different questions are held against.

    Attributes:
        spend: Shape (H, M, C).
        objective: What plans are judged by.
        worth: Its judged value.
        budget: Currency.
        channels: Length C.
    """

    spend: np.ndarray
    objective: Objective
    worth: float
    budget: float
    channels: Sequence[str]


def nudges(asked: Question, objective: Objective, spend: np.ndarray, channels: Sequence[str]) -> pd.DataFrame:
    """What else would be planned if the budget, a team's room, a return, a price or a limit were 1% higher or lower.

    Args:
        asked: What the plan answers.
        objective: What plans are judged by.
        spend: The plan, shape (H, M, C).
        channels: Length C.

    Returns:
        Columns as in `ScenarioResult.nudges`; the largest move first.
    """
    thin = asked.thinned(DRAWS)
    found = solve(thin.value, asked.limits, objective, starts=[spend], effort=SEARCH).spend
    base = Base(
        spend=found,
        objective=objective,
        worth=judged(thin.value, objective, found),
        budget=asked.limits.budget,
        channels=channels,
    )
    rows = [row for nudge in nudged(thin, found, channels) for row in _rows(nudge, base)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)
    return frame.sort_values("moved", ascending=False, ignore_index=True, kind="stable")


def _rows(nudge: Nudge, base: Base) -> Iterator[tuple[str, float, float, str, str, float]]:
    """Of a change of many things at once, the single ones if together they flip the plan."""
    row = _row(nudge, base)
    if nudge.parts and row[2] > FLIP:
        yield from (_row(part, base) for part in nudge.parts)
    yield row


def _row(nudge: Nudge, base: Base) -> tuple[str, float, float, str, str, float]:
    value, limits = nudge.question.value, nudge.question.limits
    try:
        other = solve(value, limits, base.objective, starts=[base.spend], effort=SEARCH).spend
    except InfeasiblePlan:
        return nudge.name, np.nan, np.nan, "", "", np.nan
    # Of another budget only what moves between channels counts, not the budget's own change.
    kept = base.spend * (other.sum() / base.spend.sum())
    gain = judged(value, base.objective, other) - judged(value, base.objective, kept)
    if gain <= 0 and limits.keeps(kept):
        return nudge.name, 0.0, 0.0, "", "", 0.0
    change = (other - kept).sum(axis=(0, 1))
    moved = 0.5 * float(np.abs(change).sum())
    giver, taker = base.channels[int(change.argmin())], base.channels[int(change.argmax())]
    return nudge.name, moved, moved / base.budget, giver, taker, gain / max(abs(base.worth), 1e-300)
