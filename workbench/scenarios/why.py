"""Why a plan is as it is: the limits that bind, what one more unit of each is worth, and how far plans as good may differ."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pandas as pd
import xarray as xr

from workbench.scenarios.problem.reach import COMMITTED
from workbench.scenarios.problem.rows import Limits, torn
from workbench.scenarios.problem.value import MediaValue
from workbench.scenarios.solve.projection import Polytope, polytope_of
from workbench.scenarios.solve.quick import Ahead

BINDS, HELD = 1e-4, 0.5
DRAWS, HALVES = 200, 7
INDIFFERENT = 1e-3
BROKEN = 1e-4


def binding_limits(limits: Limits, spend: np.ndarray, multipliers: Mapping[str, float]) -> pd.DataFrame:
    """Rules that hold the plan, the most valuable first; columns as in `ScenarioResult.limits`."""
    rows = limits.rows @ spend.ravel()
    near = BINDS * np.maximum(np.abs(rows), 1.0)
    at_end = (rows >= limits.row_upper - near) | (rows <= limits.row_lower + near)
    touched = {name for name, at in zip(limits.row_rule, at_end, strict=True) if at}
    found = [
        {"limit": rule.called, "reason": rule.reason, "kind": rule.kind, "worth": multipliers.get(rule.name, 0.0)}
        for rule in limits.rules
        if rule.name in touched
    ]
    frame = pd.DataFrame(found, columns=["limit", "reason", "kind", "worth"])
    frame = frame.astype({"limit": "str", "reason": "str", "kind": "str", "worth": "float64"})
    return frame.sort_values("worth", ascending=False, ignore_index=True, kind="stable")


def broken_limits(limits: Limits, spend: np.ndarray, upper_reason: np.ndarray) -> tuple[str, ...]:
    """Where the limits come from that a plan breaks by more than `BROKEN` of the budget, in words, each once."""
    near = BROKEN * limits.budget
    rows = limits.rows @ spend.ravel()
    off = np.maximum(limits.row_lower - rows, rows - limits.row_upper) > near
    above = (spend > limits.upper + near).any(axis=0)
    reasons = [
        *([COMMITTED] if (spend < limits.lower - near).any() else []),
        *np.asarray(upper_reason)[above].tolist(),
        *(
            rule.reason
            for rule, (first, last) in zip(limits.rules, _row_ranges(limits), strict=True)
            if off[first:last].any()
        ),
        *(switch.reason for switch in limits.switches if torn(switch, spend) > near),
    ]
    return tuple(dict.fromkeys(str(reason) for reason in reasons))


def binding_of_channels(limits: Limits, spend: np.ndarray, upper_reason: np.ndarray) -> tuple[str, ...]:
    """For each channel, which limit holds most of its money, in words; empty where none does."""
    return tuple(_binding_of(limits, spend, upper_reason, channel) for channel in range(spend.shape[2]))


def held_ahead(limits: Limits, ahead: Ahead, upper_reason: np.ndarray) -> xr.DataArray:
    """The same of each plan found ahead: dimensions `risk`, `budget` and `channel`."""
    reasons = [
        [
            binding_of_channels(limits.with_budget(float(budget)), spend, upper_reason)
            for budget, spend in zip(ahead.budgets, by_budget, strict=True)
        ]
        for by_budget in ahead.spend
    ]
    return xr.DataArray(np.array(reasons, dtype=object), dims=("risk", "budget", "channel"))


def _binding_of(limits: Limits, spend: np.ndarray, upper_reason: np.ndarray, channel: int) -> str:
    own = np.zeros(limits.shape, dtype=bool)
    own[:, :, channel] = True
    cells, total = own.ravel(), float(spend[own].sum())
    amount = limits.rows @ spend.ravel()
    held: dict[str, float] = {}
    for rule, (first, last) in zip(limits.rules, _row_ranges(limits), strict=True):
        of_rule = limits.rows[first:last]
        if not np.all(cells[of_rule.indices]):
            continue
        at = amount[first:last]
        near = BINDS * np.maximum(np.abs(at), 1.0)
        full = (at >= rule.upper - near) | ((at <= rule.lower + near) & (rule.lower > 0))
        held[rule.reason] = held.get(rule.reason, 0.0) + float(at[full].sum())
    at_top = spend[:, :, channel] >= limits.upper[:, :, channel] * (1 - BINDS)
    for market, full_weeks in enumerate(at_top.T):
        reason = str(upper_reason[market, channel])
        held[reason] = held.get(reason, 0.0) + float(spend[full_weeks, market, channel].sum())
    open_to_more = bool((limits.upper[:, :, channel] > spend[:, :, channel]).any())
    if not held or (open_to_more if total == 0 else max(held.values()) < HELD * total):
        return ""
    return max(held, key=lambda reason: held[reason])


def _row_ranges(limits: Limits) -> list[tuple[int, int]]:
    ends = np.cumsum([0, *(len(rule.upper) for rule in limits.rules)]).tolist()
    return list(pairwise(ends))


def almost_as_good(value: MediaValue, limits: Limits, spend: np.ndarray) -> np.ndarray:
    """Least and most spend of each channel for which a plan that we know of is worth at most 0.1% less, shape (2, C).

    Money goes to or comes from the other channels by the nearest plan within the limits: what plans further away could
    do isn't looked at, so that the true ranges are as wide or wider.
    """
    within, thin = polytope_of(limits), value.thinned(DRAWS)
    floor = (1 - INDIFFERENT) * float(thin.worth(spend).mean())
    ends = [
        [_last_good(thin, spend, _pushed(within, spend, c, up), floor)[:, :, c].sum() for c in range(spend.shape[2])]
        for up in (False, True)
    ]
    now = spend.sum(axis=(0, 1))
    return np.stack([np.minimum(ends[0], now), np.maximum(ends[1], now)])


def _pushed(within: Polytope, spend: np.ndarray, channel: int, up: bool) -> np.ndarray:
    # What the channel gives up, the others ask for.
    wanted = spend if up else 2 * spend
    most = (within.upper * within.scale).reshape(spend.shape)
    wanted = wanted.copy()
    wanted[:, :, channel] = most[:, :, channel] if up else 0.0
    point, _ = within.project(wanted.ravel() / within.scale)
    return (point * within.scale).reshape(spend.shape)


def _last_good(value: MediaValue, start: np.ndarray, end: np.ndarray, floor: float) -> np.ndarray:
    """The point nearest to `end` on the way there at which a plan is worth no less than `floor`."""
    good, bad = 0.0, 1.0
    if value.worth(end).mean() >= floor:
        return end
    for _ in range(HALVES):
        middle = 0.5 * (good + bad)
        if value.worth(start + middle * (end - start)).mean() >= floor:
            good = middle
        else:
            bad = middle
    return start + good * (end - start)
