"""In which order to cut spend, and to add it: a nested path of plans, each step the cheapest from the one before.

Every step only takes away (or only adds), so that the order can be followed as far as needed and stopped anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from workbench.errors import InfeasiblePlan
from workbench.scenarios.answer import interval_of
from workbench.scenarios.contingency.states import State
from workbench.scenarios.contingency.worlds import Worlds

STEP, DEEPEST = 0.05, 0.3
NOTHING = 1e-6
# Draws by which steps are chosen; what they lose or bring counts all.
SEARCHED = 250
# What stands gives way by so much, lest a limit that it just keeps is missed in the last digit.
ROUNDING = 1e-6

type Direction = Literal["cut", "reinvest"]


@dataclass(frozen=True, kw_only=True)
class Order:
    """A path of plans away from the plan.

    Attributes:
        direction: Whether steps take money away or add it.
        plans: Spend after each step, the plan itself first, shape (S + 1, H, M, C).
        worth: What each causes, by draw, shape (S + 1, D).
        cost_of_nesting: Share of the last plan's value that a plan made afresh with the same money is worth more.
    """

    direction: Direction
    plans: np.ndarray
    worth: np.ndarray
    cost_of_nesting: float

    @property
    def steps(self) -> int:
        return len(self.plans) - 1


def cut_order(
    worlds: Worlds, state: State, planned: np.ndarray, *, lead_weeks: int = 0, deepest: float = DEEPEST
) -> Order:
    """Take money away in steps of a twentieth of the plan, each where it loses least, as far as limits let it.

    Args:
        worlds: The planner.
        state: The world in which losses count.
        planned: The plan, shape (H, M, C).
        lead_weeks: First weeks that can't change any more.
        deepest: Largest cut as a share of the plan.
    """
    return _path(worlds, state, planned, "cut", lead_weeks, deepest)


def reinvest_order(
    worlds: Worlds, state: State, planned: np.ndarray, *, lead_weeks: int = 0, deepest: float = DEEPEST
) -> Order:
    """Add money likewise, each step where it brings most."""
    return _path(worlds, state, planned, "reinvest", lead_weeks, deepest)


def order_table(order: Order, markets: tuple[str, ...], channels: tuple[str, ...]) -> pd.DataFrame:
    """One row a step, market and channel that changes in it, largest first.

    Columns `step`, `channel`, `market`, `amount` (currency, at least 0), `budget` (spend of the whole plan after the step),
    and of the step as a whole `value` (revenue lost or gained), `value_lower`, `value_upper`, `return` (per currency).
    """
    rows = [row for step in range(1, order.steps + 1) for row in _rows_of_step(order, step, markets, channels)]
    columns = ("step", "channel", "market", "amount", "budget", "value", "value_lower", "value_upper", "return")
    return pd.DataFrame(rows, columns=list(columns)).astype({"step": "int64", "channel": "str", "market": "str"})


def order_plans(
    orders: tuple[Order, ...], weeks: pd.DatetimeIndex, markets: tuple[str, ...], channels: tuple[str, ...]
) -> pd.DataFrame:
    """Every plan on the paths: `direction`, `step`, `week`, `market`, `channel`, `spend`."""
    frames = [
        pd.DataFrame(
            {"spend": order.plans[1:].ravel()},
            index=pd.MultiIndex.from_product(
                [[order.direction], range(1, order.steps + 1), weeks, markets, channels],
                names=["direction", "step", "week", "market", "channel"],
            ),
        ).reset_index()
        for order in orders
    ]
    return pd.concat(frames, ignore_index=True)


def _path(
    worlds: Worlds, state: State, planned: np.ndarray, direction: Direction, lead_weeks: int, deepest: float
) -> Order:
    plans = [planned, *_steps(worlds, state, planned, direction, lead_weeks, deepest)]
    value = worlds.value(state)
    worth = np.stack([value.worth(plan) for plan in plans])
    return Order(
        direction=direction,
        plans=np.stack(plans),
        worth=worth,
        cost_of_nesting=_cost_of_nesting(worlds, state, plans, worth, lead_weeks),
    )


def _steps(
    worlds: Worlds, state: State, planned: np.ndarray, direction: Direction, lead_weeks: int, deepest: float
) -> Iterator[np.ndarray]:
    spent, last = float(planned.sum()), planned
    for step in range(1, round(deepest / STEP) + 1):
        sign = -1 if direction == "cut" else 1
        budget = spent * (1 + sign * step * STEP)
        nested = {"most": last * (1 + ROUNDING)} if direction == "cut" else {"least": last * (1 - ROUNDING)}
        try:
            plan = worlds.replan(state, planned, budget=budget, from_week=lead_weeks, draws=SEARCHED, **nested).spend
        except InfeasiblePlan:
            return
        # Where limits leave less than a whole step, the order ends with what they leave.
        if abs(plan.sum() - last.sum()) <= NOTHING * spent:
            return
        last = np.minimum(plan, last) if direction == "cut" else np.maximum(plan, last)
        yield last


def _cost_of_nesting(
    worlds: Worlds, state: State, plans: list[np.ndarray], worth: np.ndarray, lead_weeks: int
) -> float:
    if len(plans) == 1:
        return 0.0
    budget = float(plans[-1].sum()) * (1 + ROUNDING)
    afresh = worlds.replan(state, plans[0], budget=budget, from_week=lead_weeks, draws=SEARCHED).spend
    better = worlds.value(state).worth(afresh).mean()
    return max(0.0, float(1 - worth[-1].mean() / better)) if better > 0 else 0.0


def _rows_of_step(
    order: Order, step: int, markets: tuple[str, ...], channels: tuple[str, ...]
) -> Iterator[tuple[object, ...]]:
    before, after = order.plans[step - 1], order.plans[step]
    moved = np.abs(after - before).sum(axis=0)
    change = np.abs(order.worth[step] - order.worth[step - 1])
    value, per_unit = interval_of(change), float(change.mean() / moved.sum())
    for cell in np.argsort(-moved, axis=None, kind="stable"):
        market, channel = np.unravel_index(cell, moved.shape)
        if moved[market, channel] > NOTHING * before.sum():
            whole = (float(after.sum()), value.estimate, value.lower, value.upper, per_unit)
            yield (step, channels[channel], markets[market], float(moved[market, channel]), *whole)
