"""A question put to the curves and its answer: the step that notebooks and sliders share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from workbench.scenarios.allocate import THOROUGH, Allocation, Effort, allocate
from workbench.scenarios.curves import ChannelCurves
from workbench.scenarios.limits import Limits
from workbench.scenarios.objective import RiskDial

LEVEL = 0.9
NEXT_STEP = 0.01


@dataclass(frozen=True)
class Interval:
    """Mean of the draws with the interval that holds `LEVEL` of them; arrays where there are several numbers."""

    estimate: float
    lower: float
    upper: float


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A plan and what it is worth.

    Attributes:
        budget: What was to be spent at most, in currency.
        allocation: The plan with its certificate.
        revenue: Incremental revenue of the plan.
        gain: Revenue above that of the same money in the mix of the reference period.
        probability_of_gain: Share of draws in which the plan is worth more than that.
        by_channel: Incremental revenue by channel: estimate, lower, upper; shape (3, C).
        by_channel_now: Likewise for the spend of the reference period.
    """

    budget: float
    allocation: Allocation
    revenue: Interval
    gain: Interval
    probability_of_gain: float
    by_channel: np.ndarray
    by_channel_now: np.ndarray


def answer(
    curves: ChannelCurves,
    limits: Limits,
    budget: float,
    *,
    risk: float = 0.0,
    starts: Iterable[np.ndarray] = (),
    effort: Effort = THOROUGH,
) -> Answer:
    """Find the best plan for a budget and say what it is worth; errors as in `allocate`."""
    allocation = allocate(curves, limits, budget, dial=RiskDial(risk), starts=(curves.current, *starts), effort=effort)
    planned, now = curves.at(allocation.spend), curves.at(curves.current)
    gain = planned.sum(axis=0) - curves.total(current_mix(curves, budget))
    return Answer(
        budget=budget,
        allocation=allocation,
        revenue=interval_of(planned.sum(axis=0)),
        gain=interval_of(gain),
        probability_of_gain=float(np.mean(gain > 0)),
        by_channel=summary_of(planned),
        by_channel_now=summary_of(now),
    )


def current_mix(curves: ChannelCurves, budget: float) -> np.ndarray:
    """A budget in the proportions of the reference period, shape (C,)."""
    return curves.current * (budget / curves.current.sum())


def marginal_returns(curves: ChannelCurves, spend: np.ndarray) -> np.ndarray:
    """Revenue per unit of currency that the next 1% of a channel's spend brings, by draw: shape (C, D).

    Up to the last node, beyond which nothing is known: there it is the return of the last 1% instead.
    """
    step = NEXT_STEP * np.maximum(spend, NEXT_STEP * curves.spend[:, -1])
    start = np.minimum(spend, curves.spend[:, -1] - step)
    return (curves.at(start + step) - curves.at(start)) / step[:, None]


def interval_of(draws: np.ndarray) -> Interval:
    estimate, lower, upper = summary_of(draws)
    return Interval(float(estimate), float(lower), float(upper))


def summary_of(draws: np.ndarray) -> np.ndarray:
    """Mean, lower and upper end over the last axis, stacked in front."""
    tail = (1 - LEVEL) / 2
    return np.stack([draws.mean(axis=-1), *np.quantile(draws, [tail, 1 - tail], axis=-1)])
