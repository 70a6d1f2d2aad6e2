"""What a plan asks of the teams, and what more of them would be worth."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from workbench.scenarios.capacity.calendar import Team
from workbench.scenarios.capacity.queue import serve
from workbench.scenarios.capacity.value import CapacityValue

TEAM_WEEK_COLUMNS = (
    "team",
    "unit",
    "week",
    "room",
    "arrive",
    "arrive_lower",
    "arrive_upper",
    "handled",
    "waiting",
    "short",
    "step",
    "step_name",
    "step_worth",
    "step_worth_lower",
    "step_worth_upper",
    "step_cost",
    "steps_that_pay",
)
# More of a team than this many steps in one week is no question of a calendar any more.
MOST_STEPS = 50


def team_weeks(
    value: CapacityValue, spend: np.ndarray, weeks: pd.DatetimeIndex, *, level: float, margin: float = 1.0
) -> pd.DataFrame:
    """Each team in each week of a plan.

    Args:
        value: Worth under capacity.
        spend: The plan, shape (H, M, C), which stays as it is: made anew with more room, it would gain more.
        weeks: Its weeks, length H.
        level: Of the intervals, over draws.
        margin: Share of revenue that is left for what a step costs.

    Returns:
        One row per team and week: `room`, units that `arrive` (with interval), are `handled` and are `waiting` at its end; how
        likely it is that room is `short`; what one more step of room in this week is worth, in currency of margin (with
        interval), over the weeks in which it relieves the queue; and how many steps in this week are worth their cost.
    """
    frames = [_of_team(value, team, spend, weeks, level, margin) for team in value.teams]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(TEAM_WEEK_COLUMNS))


def compare_plans(value: CapacityValue, plans: Mapping[str, np.ndarray], *, level: float) -> pd.DataFrame:
    """What plans promise, and what is left of it with the capacity there is.

    Returns:
        One row per plan, in currency: its `spend`; what media are worth were there room for all (`unlimited`), under capacity
        (`worth`, with interval), and what is `lost` to capacity.
    """
    rows = []
    for name, spend in plans.items():
        unlimited, worth = value.media.worth(spend), value.worth(spend)
        lower, upper = _interval(worth, level)
        rows.append(
            {
                "plan": name,
                "spend": float(spend.sum()),
                "unlimited": float(unlimited.mean()),
                "worth": float(worth.mean()),
                "worth_lower": lower,
                "worth_upper": upper,
                "lost": float((unlimited - worth).mean()),
            }
        )
    return pd.DataFrame(rows)


def step_worth(came: np.ndarray, team: Team, week: int) -> np.ndarray:
    """Currency that one more step of room in one week brings, by draw, shape (D,).

    Args:
        came: Units, shape (D, T, M').
        team: Who serves them.
        week: Index of the week.
    """
    return _worth(came, team, week, 1) - _worth(came, team, week, 0)


def steps_that_pay(came: np.ndarray, team: Team, week: int, *, margin: float = 1.0) -> int:
    """How many more steps of room in one week each bring more margin than they cost on average; the next one doesn't.

    With lost units it is the newsvendor's answer. What a further step brings falls from step to step, so it is found by halving.
    """
    if team.step_cost <= 0.0:
        return 0
    pays, fails = 0, MOST_STEPS + 1
    while fails - pays > 1:
        steps = (pays + fails) // 2
        last = _worth(came, team, week, steps) - _worth(came, team, week, steps - 1)
        pays, fails = (steps, fails) if margin * last.mean() > team.step_cost else (pays, steps)
    return pays


def _of_team(
    value: CapacityValue, team: Team, spend: np.ndarray, weeks: pd.DatetimeIndex, level: float, margin: float
) -> pd.DataFrame:
    horizon = len(weeks)
    came, service = value.service(team, spend)
    arrive = came.sum(axis=2)[:, :horizon]
    lower, upper = _interval(arrive, level)
    worth = margin * np.stack([step_worth(came, team, week) for week in range(horizon)], axis=1)
    worth_lower, worth_upper = _interval(worth, level)
    return pd.DataFrame(
        {
            "team": team.name,
            "unit": team.unit,
            "week": weeks,
            "room": team.room[:horizon],
            "arrive": arrive.mean(axis=0),
            "arrive_lower": lower,
            "arrive_upper": upper,
            "handled": service.served[:, :horizon].mean(axis=0),
            "waiting": service.waiting[:, :horizon].mean(axis=0),
            "short": (service.waiting[:, :horizon] > 0.0).mean(axis=0),
            "step": team.step,
            "step_name": team.step_name,
            "step_worth": worth.mean(axis=0),
            "step_worth_lower": worth_lower,
            "step_worth_upper": worth_upper,
            "step_cost": team.step_cost,
            "steps_that_pay": [steps_that_pay(came, team, week, margin=margin) for week in range(horizon)],
        }
    )[list(TEAM_WEEK_COLUMNS)]


def _worth(came: np.ndarray, team: Team, week: int, steps: int) -> np.ndarray:
    """Currency served with so many more steps of room in one week."""
    room = team.room + np.where(np.arange(len(team.room)) == week, steps * team.step, 0.0)
    return serve(came, room, 1.0 / team.load, team.retention, team.queue, priced=False).worth


def _interval(draws: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    lower, upper = np.quantile(draws, [(1.0 - level) / 2.0, (1.0 + level) / 2.0], axis=0)
    return lower, upper
