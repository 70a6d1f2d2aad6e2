"""The contingencies as the document that other systems read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from workbench.scenarios.contingency.contingency import Contingency
from workbench.scenarios.contingency.document import VERSION, Contingencies
from workbench.scenarios.contingency.states import EXPECTED, State

KEYS = ["market", "channel"]
BELOW = (
    "Confirm the numbers, then follow cut_order as far as money must be saved, or the plan of the scenario that fits."
)
ABOVE = "Follow reinvest_order as far as money can be found, or the plan of the scenario that fits."


def contingency_document(
    found: Contingency,
    *,
    currency: str,
    forced: bool = False,
    capacity: pd.DataFrame | None = None,
) -> Contingencies:
    """What `contingency.json` says.

    Args:
        found: The contingencies.
        currency: ISO 4217 code.
        forced: Whether the media mix failed a check and was used all the same.
        capacity: See `capacity.team_weeks`; None or empty where no team is configured.
    """
    planned = found.scenario_plans[found.scenario_plans["scenario"] == EXPECTED]
    return Contingencies.model_validate(
        {
            "version": VERSION,
            "currency": currency,
            "forced": forced,
            "model_hash": found.model_hash,
            "limits_hash": found.limits_hash,
            "data": found.data_hashes,
            "weeks": _days(planned["week"].drop_duplicates()),
            "scenarios": [
                _scenario(row, state, found.scenario_plans)
                for row, state in zip(_records(found.scenarios), found.states, strict=True)
            ],
            "cut_order": _steps(found.cut_order, _paths(found.order_plans, planned, "cut")),
            "reinvest_order": _steps(found.reinvest_order, _paths(found.order_plans, planned, "reinvest")),
            "reserve": asdict(found.reserve),
            "triggers": [
                row | {"ends": row["ends"].date(), "below": BELOW, "above": ABOVE} for row in _records(found.triggers)
            ],
            "false_alarms": _false_alarms(found),
            "detected": _records(found.detection[["scenario", "caught", "median_week"]]),
            "capacity": [] if capacity is None or capacity.empty else _capacity(capacity),
        }
    )


def _scenario(row: dict[str, Any], state: State, plans: pd.DataFrame) -> dict[str, Any]:
    plan = plans[plans["scenario"] == state.name]
    weekly = plan.groupby(KEYS, sort=False)["spend"].agg(list)
    return {
        **{key: row[key] for key in ("kind", "probability", "hash", "from_week", "budget", "refusal")},
        "name": state.name,
        "world": {key: getattr(state, key) for key in ("response", "baseline", "price", "capacity")},
        "revenue": _interval(row, "revenue"),
        "gain": _interval(row, "gain"),
        "certificate": row["gap"],
        "spend": [
            {"market": market, "channel": channel, "weekly": spend}
            for market, channel, spend in weekly.reset_index().itertuples(index=False)
        ],
    }


def _paths(plans: pd.DataFrame, planned: pd.DataFrame, direction: str) -> pd.DataFrame:
    """Spend after each step, the plan itself as step 0: indexed by step, market, channel, a column a week."""
    steps = pd.concat([planned.assign(step=0), plans[plans["direction"] == direction]])
    return steps.pivot_table(index=["step", *KEYS], columns="week", values="spend", aggfunc="sum", sort=False)


def _steps(order: pd.DataFrame, paths: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            "step": step,
            "budget": rows["budget"].iloc[0],
            "value": _interval(rows.iloc[0], "value"),
            "moves": [
                {**{key: row[key] for key in (*KEYS, "amount")}, "weekly": _change(paths, step, row)}
                for row in _records(rows)
            ],
        }
        for step, rows in order.groupby("step")
    ]


def _change(paths: pd.DataFrame, step: Any, row: Mapping[str, Any]) -> list[float]:
    cells: Any = [(at, row["market"], row["channel"]) for at in (step - 1, step)]
    before, after = paths.loc[cells].to_numpy()
    return [float(change) for change in np.abs(after - before)]


def _false_alarms(found: Contingency) -> dict[str, Any]:
    on_plan = found.detection[found.detection["scenario"] == EXPECTED].iloc[0]
    return {
        "per_quarter": found.false_alarms,
        "simulated": on_plan["caught"],
        "error": on_plan["caught_error"],
        "quarters": on_plan["quarters"],
    }


def _capacity(team_weeks: pd.DataFrame) -> list[dict[str, Any]]:
    """Weeks in which a team's room has an end."""
    known = team_weeks[np.isfinite(team_weeks["room"])].rename(columns={"room": "units"})
    return [row | {"week": row["week"].date()} for row in _records(known[["team", "week", "units", "step_worth"]])]


def _interval(row: Mapping[str, Any] | pd.Series, name: str) -> dict[str, float]:
    return {"estimate": row[name], "lower": row[f"{name}_lower"], "upper": row[f"{name}_upper"]}


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows by column name, None where a number is missing."""
    return [
        {str(name): None if isinstance(value, float) and np.isnan(value) else value for name, value in row.items()}
        for row in frame.to_dict("records")
    ]


def _days(weeks: pd.Series) -> list[Any]:
    return [week.date() for week in pd.DatetimeIndex(weeks)]
