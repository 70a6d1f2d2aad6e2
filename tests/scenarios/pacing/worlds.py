"""Outlooks, responses and what comes, all of known truth and without a fit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.config.capacity import Capacity, Queue
from workbench.mmm import ResponseModel
from workbench.mmm.posterior.outlook import Outlook
from workbench.scenarios.capacity import Team, teams_of
from workbench.scenarios.pacing.actuals import Actuals
from workbench.scenarios.pacing.course import Course, Planned

WEEKS, MARKETS, CHANNELS = 8, 2, 2
CALENDAR = pd.date_range("2026-01-05", periods=WEEKS, freq="7D")


def response(draws: int = 1000, spread: float = 0.3, seed: int = 0) -> ResponseModel:
    """Linear media that carry nothing over, whose returns the draws spread around 2 and 3."""
    rng = np.random.default_rng(seed)
    by_channel = (draws, CHANNELS)
    returns = np.array([2.0, 3.0]) * np.exp(spread * rng.normal(size=by_channel))
    history = np.full((20, MARKETS, CHANNELS), 100.0)
    return ResponseModel(
        markets=("a", "b"),
        channels=("tv", "search"),
        saturation=("none", "none"),
        adstock=("geometric", "geometric"),
        carry_over_weeks=2,
        half_life=np.full(by_channel, 1e-3),
        carry_over_shape=np.ones(by_channel),
        half_saturation=np.full((draws, MARKETS, CHANNELS), np.nan),
        slope=np.ones(by_channel),
        coefficient=np.repeat(returns[:, None], MARKETS, axis=1),
        effectiveness=np.zeros((*by_channel, 1)),
        effectiveness_ramps=np.zeros((1, 20)),
        exposure_per_spend=np.ones((MARKETS, CHANNELS)),
        value_per_kpi=np.ones(MARKETS),
        spend_history=history,
        exposure_history=history,
    )


def outlook(draws: int = 1000, level: float = 1000.0, drift: float = 20.0, seed: int = 1, **changes: object) -> Outlook:
    """A level that the draws spread, with lasting surprises that both markets partly share."""
    rng = np.random.default_rng(seed)
    course = level + drift * rng.normal(size=(draws, 1, MARKETS)) * np.linspace(0.5, 1.5, WEEKS)[:, None]
    usual = {
        "weeks": CALENDAR,
        "markets": ("a", "b"),
        "baseline": course,
        "carried": np.zeros((draws, WEEKS, MARKETS)),
        "noise": np.full((draws, MARKETS), 25.0),
        "week_noise": np.full((draws, MARKETS), 10.0),
        "persistence": 0.5,
        "value_per_kpi": np.ones(MARKETS),
        "currency": "EUR",
        "notes": (),
    }
    return Outlook(**(usual | changes))


def team(room: float, retention: float = 0.5, queue: Queue = "freshest") -> Team:
    half_life = None if retention in (0.0, 1.0) else -7.0 / np.log2(retention)
    capacity = Capacity(unit="orders", per_kpi=1.0, weekly=room, queue=queue, half_life_days=half_life)
    (only,) = teams_of(
        {"fulfilment": capacity}, None, CALENDAR, tail=2, markets=("a", "b"), value_per_kpi=np.ones(MARKETS)
    )
    return only


def planned(teams: tuple[Team, ...] = (), **changes: object) -> Planned:
    shape = (WEEKS, MARKETS, CHANNELS)
    usual = {
        "response": response(),
        "outlook": outlook(),
        "spend": np.full(shape, 100.0),
        "price": np.ones(shape),
        "teams": teams,
    }
    return Planned(**(usual | changes))


def came(plan: Planned, draw: int, rng: np.random.Generator, weeks: int = 4, **changes: object) -> Actuals:
    """What comes if one of the draws is the truth and the plan is followed, over all weeks of the plan."""
    kpi = plan.outlook.baseline[draw] + plan.media(plan.exposure)[draw] + _noise(plan, rng)
    return as_planned(plan, kpi, **changes).first(weeks)


def as_planned(plan: Planned, kpi: np.ndarray, **changes: object) -> Actuals:
    """All weeks of the plan as it was made, but for the KPI and what is changed."""
    usual = {
        "weeks": CALENDAR,
        "spend": plan.spend,
        "exposure": plan.exposure,
        "kpi": kpi,
        "value": np.ones((WEEKS, MARKETS)),
    }
    return Actuals(**(usual | changes))


def course(plan: Planned, actual: Actuals, seed: int = 1) -> Course:
    return Course(planned=plan, known=plan.outlook, actual=actual, seed=seed)


def _noise(plan: Planned, rng: np.random.Generator) -> np.ndarray:
    """Lasting surprises written week by week."""
    ahead, level = plan.outlook, np.zeros(MARKETS)
    weeks = []
    for _ in range(WEEKS):
        fresh = ahead.noise[0] * rng.normal(size=MARKETS) + ahead.week_noise[0] * rng.normal()
        level = ahead.persistence * level + np.sqrt(1 - ahead.persistence**2) * fresh
        weeks.append(level)
    return np.array(weeks)
