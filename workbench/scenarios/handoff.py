"""The plan as other systems take it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from workbench.scenarios.result import ScenarioResult
from workbench.wording import number


def media_plan_weekly(result: ScenarioResult) -> pd.DataFrame:
    """The plan by `week`, `market` and `channel` with `spend` and the part of it that is `committed`, in `currency`; levers aside."""
    columns = ["week", "market", "channel", "spend", "committed"]
    media = result.plan_weekly[~result.plan_weekly["channel"].isin(result.levers["lever"])]
    return media[columns].reset_index(drop=True).assign(currency=result.currency, forced=result.forced)


def lever_plan_weekly(result: ScenarioResult) -> pd.DataFrame:
    """What to set by `week` and `market`, for those who do it: `control`, what it would be `otherwise`, `set_to`, and in words."""
    moves = result.levers_weekly.rename(columns={"value": "set_to"})
    action = pd.Series([_in_words(row) for row in moves.to_dict("records")], index=moves.index, dtype="str")
    columns = ["week", "market", "control", "otherwise", "set_to", "action", "spend"]
    return moves.assign(action=action)[columns].assign(currency=result.currency, forced=result.forced)


def _in_words(move: dict[Any, Any]) -> str:
    verb = "raise" if move["set_to"] > move["otherwise"] else "lower"
    return f"{verb} {move['control']} from {number(move['otherwise'])} to {number(move['set_to'])}"
