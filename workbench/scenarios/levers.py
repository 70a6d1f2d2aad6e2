"""What a plan moves besides media: prices, promotions and other controls, in their own units and in money."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from workbench.scenarios.answer import LEVEL
from workbench.scenarios.problem import Cells, Labels, Problem
from workbench.scenarios.problem.levers import LeverCells
from workbench.wording import interval, money, number, one, percent

# Smaller shares of what a week allows are the search's, not the plan's.
NOTHING = 1e-3
DOUBTFUL = 0.05

WEEKLY = {
    "week": "datetime64[ns]",
    "market": "str",
    "lever": "str",
    "control": "str",
    "otherwise": "float64",
    "value": "float64",
    "spend": "float64",
    "beyond_observed": "bool",
}
TABLE = {
    "lever": "str",
    "control": "str",
    "direction": "str",
    "weeks": "int64",
    "otherwise": "float64",
    "value": "float64",
    "units": "float64",
    "spend": "float64",
    "revenue": "float64",
    "revenue_lower": "float64",
    "revenue_upper": "float64",
    "marginal_return": "float64",
    "marginal_return_lower": "float64",
    "marginal_return_upper": "float64",
    "helps": "float64",
    "beyond_observed": "bool",
}


def levers_weekly(problem: Problem, spend: np.ndarray) -> pd.DataFrame:
    """One row a week, market and lever that is moved there; columns as in `ScenarioResult.levers_weekly`."""
    rows = [row for each in problem.levers for row in _moves(each, problem.cells, spend)]
    return pd.DataFrame(rows, columns=list(WEEKLY)).astype(WEEKLY)


def levers_table(problem: Problem, weekly: pd.DataFrame, plan: pd.DataFrame) -> pd.DataFrame:
    """One row a lever; columns as in `ScenarioResult.levers`.

    Args:
        problem: Of the plan.
        weekly: See `levers_weekly`.
        plan: See `ScenarioResult.plan`.
    """
    by_channel = {row["channel"]: row for row in plan.to_dict("records")}
    rows = [_summary(each, weekly[weekly["lever"] == each.name], by_channel[each.name]) for each in problem.levers]
    return pd.DataFrame(rows, columns=list(TABLE)).astype(TABLE)


def lever_findings(levers: pd.DataFrame, currency: str, labels: Labels) -> tuple[str, ...]:
    """A sentence a lever: how far to move it, what that costs and brings, and whether that is known at all."""
    return tuple(_sentence(row, labels.channel(row["lever"]), currency) for row in levers.to_dict("records"))


def settings(levers_weekly: pd.DataFrame) -> pd.DataFrame:
    """What levers are set to, as canonical rows of `controls`."""
    return levers_weekly[["week", "market", "control", "value"]]


def _moves(lever: LeverCells, cells: Cells, spend: np.ndarray) -> Iterator[tuple[object, ...]]:
    c = cells.channels.index(lever.name)
    money_moved = spend[:, :, c]
    units = money_moved / (lever.cost * cells.price[:, :, c])
    for h, m in zip(*np.nonzero(units > NOTHING * lever.room), strict=True):
        value = lever.otherwise[h, m] + lever.sign * units[h, m]
        beyond = units[h, m] > lever.known[h, m] * (1 + NOTHING)
        named = (cells.weeks[h], cells.markets[m], lever.name, lever.terms.control)
        yield (*named, lever.otherwise[h, m], value, money_moved[h, m], bool(beyond))


def _summary(lever: LeverCells, moves: pd.DataFrame, row: dict[Any, Any]) -> dict[str, Any]:
    moved = (moves["value"] - moves["otherwise"]).abs()
    told = (
        "revenue",
        "revenue_lower",
        "revenue_upper",
        "marginal_return",
        "marginal_return_lower",
        "marginal_return_upper",
    )
    return {
        "lever": lever.name,
        "control": lever.terms.control,
        "direction": lever.terms.direction,
        "weeks": moves["week"].nunique(),
        "otherwise": moves["otherwise"].mean() if len(moves) else lever.otherwise.mean(),
        "value": moves["value"].mean() if len(moves) else lever.otherwise.mean(),
        "units": moved.sum(),
        "spend": row["planned_spend"],
        **{name: row[name] for name in told},
        "helps": float((lever.effect @ lever.room.sum(axis=0) > 0).mean()),
        "beyond_observed": bool(moves["beyond_observed"].any()),
    }


def _sentence(row: dict[Any, Any], name: str, currency: str) -> str:
    doubt = (
        f"; whether it helps at all is not known ({percent(row['helps'], 0)} likely)"
        if DOUBTFUL < row["helps"] < 1 - DOUBTFUL
        else ""
    )
    if not row["weeks"]:
        bring = interval(row["marginal_return_lower"], row["marginal_return_upper"], currency)
        return (
            f"Leave {name} as it is: {one(currency)} spent on moving it {row['direction']} would bring "
            f"{money(row['marginal_return'], currency)} ({bring}) of revenue{doubt}."
        )
    verb = "Raise" if row["direction"] == "up" else "Lower"
    beyond = ", in part beyond all that was ever tried" if row["beyond_observed"] else ""
    weeks = f"{row['weeks']} week{'s' if row['weeks'] > 1 else ''}"
    return (
        f"{verb} {name} in {weeks}, from {number(row['otherwise'])} to {number(row['value'])} on average{beyond}: this costs "
        f"{money(row['spend'], currency)} and is expected to bring {money(row['revenue'], currency)} of revenue "
        f"({percent(LEVEL, 0)} interval {interval(row['revenue_lower'], row['revenue_upper'], currency)}){doubt}."
    )
