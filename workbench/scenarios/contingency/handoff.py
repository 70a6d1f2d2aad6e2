"""The contingencies as the document that other systems read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from workbench.config.levers import PlannedLever
from workbench.scenarios.contingency.contingency import Contingency
from workbench.scenarios.contingency.document import VERSION, Contingencies
from workbench.scenarios.contingency.states import EXPECTED, State

KEYS = ["market", "channel"]
BELOW = (
    "Confirm the numbers, then follow cut_order as far as money must be saved, or the plan of the scenario that fits."
)
ABOVE = "Follow reinvest_order as far as money can be found, or the plan of the scenario that fits."


@dataclass(frozen=True, kw_only=True)
class Levers:
    """What a plan moves beside media, and what one unit of it costs.

    Attributes:
        stated: `[planning.levers]`.
        cost: Currency of one unit in each week, shape (H,), by lever and market.
    """

    stated: Mapping[str, PlannedLever] = field(default_factory=dict)
    cost: Mapping[tuple[str, str], np.ndarray] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.stated)

    @property
    def described(self) -> list[dict[str, Any]]:
        markets = list(dict.fromkeys(market for _, market in self.cost))
        return [
            {
                "name": name,
                "control": terms.control,
                "direction": terms.direction,
                "unit": terms.unit,
                "cost": {market: terms.cost_in(market) for market in markets},
            }
            for name, terms in self.stated.items()
        ]

    def units(
        self, name: str, market: str, weekly: Sequence[float], dearer: np.ndarray | None = None
    ) -> list[float] | None:
        """How far money moves a lever, by week; None for media.

        Args:
            name: Of a channel or a lever.
            market: Where.
            weekly: Currency, length H.
            dearer: Factor on the price of each lever, shape (H, L); unset for 1.
        """
        if name not in self.stated:
            return None
        factor = 1.0 if dearer is None else dearer[:, self.names.index(name)]
        return [float(moved) for moved in np.asarray(weekly) / (self.cost[name, market] * factor)]


def contingency_document(
    found: Contingency,
    *,
    currency: str,
    forced: bool = False,
    capacity: pd.DataFrame | None = None,
    levers: Levers | None = None,
) -> Contingencies:
    """What `contingency.json` says.

    Args:
        found: The contingencies.
        currency: ISO 4217 code.
        forced: Whether the media mix failed a check and was used all the same.
        capacity: See `capacity.team_weeks`; None or empty where no team is configured.
        levers: What the plan moves beside media; None for nothing.
    """
    levers = levers or Levers()
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
                _scenario(row, state, found.scenario_plans, levers)
                for row, state in zip(_records(found.scenarios), found.states, strict=True)
            ],
            "cut_order": _steps(found.cut_order, _paths(found.order_plans, planned, "cut"), levers),
            "reinvest_order": _steps(found.reinvest_order, _paths(found.order_plans, planned, "reinvest"), levers),
            "reserve": asdict(found.reserve),
            "triggers": [
                row | {"ends": row["ends"].date(), "below": BELOW, "above": ABOVE} for row in _records(found.triggers)
            ],
            "false_alarms": _false_alarms(found),
            "detected": _records(found.detection[["scenario", "caught", "median_week"]]),
            "levers": levers.described,
            "capacity": [] if capacity is None or capacity.empty else _capacity(capacity),
        }
    )


def _scenario(row: dict[str, Any], state: State, plans: pd.DataFrame, levers: Levers) -> dict[str, Any]:
    plan = plans[plans["scenario"] == state.name]
    weekly = plan.groupby(KEYS, sort=False)["spend"].agg(list)
    dearer = state.price_of(levers.names, plan["week"].nunique())
    return {
        **{key: row[key] for key in ("kind", "probability", "hash", "from_week", "budget", "refusal")},
        "name": state.name,
        "world": {key: getattr(state, key) for key in ("response", "baseline", "price", "capacity")},
        "revenue": _interval(row, "revenue"),
        "gain": _interval(row, "gain"),
        "certificate": row["gap"],
        "spend": [
            {
                "market": market,
                "channel": channel,
                "weekly": spend,
                "units": levers.units(channel, market, spend, dearer),
            }
            for market, channel, spend in weekly.reset_index().itertuples(index=False)
        ],
    }


def _paths(plans: pd.DataFrame, planned: pd.DataFrame, direction: str) -> pd.DataFrame:
    """Spend after each step, the plan itself as step 0: indexed by step, market, channel, a column a week."""
    steps = pd.concat([planned.assign(step=0), plans[plans["direction"] == direction]])
    return steps.pivot_table(index=["step", *KEYS], columns="week", values="spend", aggfunc="sum", sort=False)


def _steps(order: pd.DataFrame, paths: pd.DataFrame, levers: Levers) -> list[dict[str, Any]]:
    return [
        {
            "step": step,
            "budget": rows["budget"].iloc[0],
            "value": _interval(rows.iloc[0], "value"),
            "moves": [_move(row, _change(paths, step, row), levers) for row in _records(rows)],
        }
        for step, rows in order.groupby("step")
    ]


def _move(row: Mapping[str, Any], weekly: list[float], levers: Levers) -> dict[str, Any]:
    kept = {key: row[key] for key in (*KEYS, "amount")}
    return kept | {"weekly": weekly, "units": levers.units(row["channel"], row["market"], weekly)}


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
