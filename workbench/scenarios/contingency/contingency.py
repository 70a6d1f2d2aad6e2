"""What to do when things come other than planned: one call makes all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.config.contingency import Reserve as ReserveLimits
from workbench.config.contingency import Triggers
from workbench.scenarios.contingency.compare import scenario_draws, scenario_plans, scenario_table
from workbench.scenarios.contingency.fingerprint import scenario_hash
from workbench.scenarios.contingency.orders import Direction, cut_order, order_plans, order_table, reinvest_order
from workbench.scenarios.contingency.presolve import presolve
from workbench.scenarios.contingency.reserve import NO_RESERVE, Reserve, reserve_outcomes, size_reserve
from workbench.scenarios.contingency.states import FALLEN, State, fallen
from workbench.scenarios.contingency.triggers import (
    CALIBRATED_ON,
    VERIFIED_ON,
    WATCHED_FOR_POWER,
    Band,
    Paths,
    detection,
    trigger_bands,
)
from workbench.scenarios.contingency.worlds import Worlds


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What the plans were made of, for their hashes.

    Attributes:
        model: See `fingerprint.model_hash`.
        limits: See `fingerprint.limits_hash`.
        data: Fingerprint of each input, by name.
        settings: Whatever else decides a plan: risk, mode, seed, version.
    """

    model: str
    limits: str
    data: Mapping[str, str]
    settings: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Contingency:
    """Plans made ahead, orders of cutting and adding, a reserve, and triggers; fields that a result can inherit and save.

    Attributes:
        states: Worlds, the expected one first.
        scenarios: One row a world; see `compare.scenario_table`.
        scenario_plans: Their plans; see `compare.scenario_plans`.
        scenario_draws: What they cause, by draw; see `compare.scenario_draws`.
        cut_order: See `orders.order_table`.
        reinvest_order: Likewise.
        order_plans: Every plan on both paths; see `orders.order_plans`.
        reserve: Money to hold back.
        reserve_curve: What each amount held back would bring; see `reserve.size_reserve`.
        triggers: One row a quantity and week: `watch`, `unit`, `week` (1 is the first), `ends` (the last day of it),
            `planned`, `lower`, `upper` (sums since the first week).
        detection: One row a world, and one for results a fifth below plan: how often and when triggers sound in it; see
            `triggers.detection`.
        margin: Share of revenue that is profit before media.
        false_alarms: Promised share of quarters with any alarm although plan and model are right.
        cost_of_nesting: By direction; see `orders.Order`.
        model_hash: See `fingerprint.model_hash`.
        limits_hash: See `fingerprint.limits_hash`.
        data_hashes: Fingerprint of each input, by name.
    """

    states: tuple[State, ...]
    scenarios: pd.DataFrame
    scenario_plans: pd.DataFrame
    scenario_draws: pd.DataFrame
    cut_order: pd.DataFrame
    reinvest_order: pd.DataFrame
    order_plans: pd.DataFrame
    reserve: Reserve
    reserve_curve: pd.DataFrame
    triggers: pd.DataFrame
    detection: pd.DataFrame
    margin: float
    false_alarms: float
    cost_of_nesting: dict[Direction, float]
    model_hash: str
    limits_hash: str
    data_hashes: dict[str, str]


def contingency(
    worlds: Worlds,
    states: Sequence[State],
    planned: np.ndarray,
    *,
    gap: float,
    paths: Paths,
    units: Mapping[str, str],
    triggers: Triggers,
    reserve: ReserveLimits,
    origin: Origin,
    margin: float = 1.0,
    seed: int,
) -> Contingency:
    """Prepare for what may come other than planned.

    Args:
        worlds: The planner.
        states: See `states.build_states`.
        planned: The plan, shape (H, M, C).
        gap: Its certificate.
        paths: Draws quarters of a state under the plan, as they would be measured; see `predicted.Quarters`.
        units: Unit of each quantity that is watched.
        triggers: When to act.
        reserve: How much may be held back.
        origin: What the plan was made of.
        margin: Share of revenue that is profit before media.
        seed: Of simulated quarters.
    """
    expected, cells = states[0], worlds.cells
    presolved = presolve(worlds, states, planned, gap)
    orders = (
        cut_order(worlds, expected, planned, lead_weeks=triggers.lead_weeks),
        reinvest_order(worlds, expected, planned, lead_weeks=triggers.lead_weeks),
    )
    held, curve = _reserve(worlds, states, planned, reserve, seed)
    bands, detected = _triggers(states, paths, triggers, seed)
    hashes = [scenario_hash(state, **vars(origin)) for state in states]
    cut, reinvest = (order_table(order, cells.markets, cells.channels) for order in orders)
    return Contingency(
        states=tuple(states),
        scenarios=scenario_table(presolved, hashes, margin=margin),
        scenario_plans=scenario_plans(presolved, cells.weeks, cells.markets, cells.channels),
        scenario_draws=scenario_draws(presolved),
        cut_order=cut,
        reinvest_order=reinvest,
        order_plans=order_plans(orders, cells.weeks, cells.markets, cells.channels),
        reserve=held,
        reserve_curve=curve,
        triggers=trigger_table(bands, cells.weeks, units),
        detection=detected,
        margin=margin,
        false_alarms=triggers.false_alarms,
        cost_of_nesting={order.direction: order.cost_of_nesting for order in orders},
        model_hash=origin.model,
        limits_hash=origin.limits,
        data_hashes=dict(origin.data),
    )


def trigger_table(bands: Sequence[Band], weeks: pd.DatetimeIndex, units: Mapping[str, str]) -> pd.DataFrame:
    """Rows of `Contingency.triggers`."""
    ends = weeks + pd.Timedelta(days=6)
    frames = [
        pd.DataFrame(
            {
                "watch": band.watch,
                "unit": units[band.watch],
                "week": np.arange(1, len(ends) + 1),
                "ends": ends,
                "planned": band.planned,
                "lower": band.lower,
                "upper": band.upper,
            }
        )
        for band in bands
    ]
    return pd.concat(frames, ignore_index=True)


def _triggers(
    states: Sequence[State], paths: Paths, triggers: Triggers, seed: int
) -> tuple[tuple[Band, ...], pd.DataFrame]:
    """Bounds, and how they do in fresh quarters of every state."""
    calibrate, verify = np.random.default_rng(seed).spawn(2)
    expected = states[0]
    bands = trigger_bands(paths(calibrate, CALIBRATED_ON, expected), triggers.false_alarms)
    watched = (*states, fallen(expected)) if all(state.name != FALLEN for state in states) else states
    rows = [
        detection(
            bands,
            paths(verify, VERIFIED_ON if state is expected else WATCHED_FOR_POWER, state),
            state.name,
            kind=state.kind,
            probability=state.probability,
        )
        for state in watched
    ]
    return bands, pd.DataFrame(rows)


def _reserve(
    worlds: Worlds, states: Sequence[State], planned: np.ndarray, reserve: ReserveLimits, seed: int
) -> tuple[Reserve, pd.DataFrame]:
    opportunities = [state for state in states if state.kind == "opportunity"]
    if not opportunities or reserve.share_upper == 0:
        return NO_RESERVE, pd.DataFrame(columns=["amount", "gain", "gain_lower", "gain_upper"], dtype=float)
    outcomes = reserve_outcomes(worlds, states[0], opportunities, planned, share_upper=reserve.share_upper)
    return size_reserve(outcomes, seed=seed)
