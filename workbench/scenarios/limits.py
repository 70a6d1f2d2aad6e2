"""Between which limits a plan may move, and by how little they must give way when they contradict each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from workbench.config.planning import Planning, change_of
from workbench.errors import InfeasiblePlan, SpecError
from workbench.wording import money, percent

TOLERANCE = 1e-9
NO_REFERENCE = "no spend in the reference period that could change"
SINCE_A_YEAR_AGO = "on the same weeks a year ago"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Least and most spend of each channel in the horizon.

    Attributes:
        channels: Length C.
        lower: Currency, shape (C,).
        upper: Currency, shape (C,).
        lower_reason: In words, where each lower limit comes from, length C.
        upper_reason: Likewise for the upper ones.
    """

    channels: tuple[str, ...]
    lower: np.ndarray
    upper: np.ndarray
    lower_reason: tuple[str, ...]
    upper_reason: tuple[str, ...]

    def binding(self, spend: np.ndarray) -> tuple[str, ...]:
        """Which limit holds each channel's spend, in words; empty where none does."""
        near = 1e-4 * np.maximum(self.upper, 1.0)
        held = zip(
            self.lower_reason, self.upper_reason, spend <= self.lower + near, spend >= self.upper - near, strict=True
        )
        return tuple(low if at_low else high if at_high else "" for low, high, at_low, at_high in held)


def free_limits(channels: Iterable[str], upper: np.ndarray, lower: np.ndarray | None = None) -> Limits:
    """Limits that are given outright, shape (C,) each.

    Raises:
        InfeasiblePlan: If a lower limit exceeds its upper one.
    """
    names = tuple(channels)
    low = np.zeros(len(names)) if lower is None else np.asarray(lower, dtype=float)
    limits = Limits(
        channels=names,
        lower=low,
        upper=np.asarray(upper, dtype=float),
        lower_reason=("its lower limit",) * len(names),
        upper_reason=("its upper limit",) * len(names),
    )
    _refuse_crossed(limits, "")
    return limits


def planning_limits(
    planning: Planning,
    channels: tuple[str, ...],
    reference: np.ndarray,
    *,
    horizon_weeks: int,
    currency: str,
    year_ago: np.ndarray | None = None,
) -> Limits:
    """Limits of the configuration for a horizon.

    Args:
        planning: Weekly limits and the largest change.
        channels: The channels that the media mix knows, length C.
        reference: Spend of the reference period, rescaled to the horizon, shape (C,).
        horizon_weeks: Weeks of the horizon.
        currency: For messages.
        year_ago: Spend of the same weeks a year ago, shape (C,): a channel that is silent in the reference period may rise
            from that.

    Raises:
        SpecError: If a limit names a channel that the media mix doesn't know.
        InfeasiblePlan: If a channel's limits contradict each other.
    """
    _refuse_unknown(planning, channels)
    least = _by_channel(planning.minimum, channels, 0.0) * horizon_weeks
    most = _by_channel(planning.maximum, channels, np.inf) * horizon_weeks
    change = np.array([change_of(planning.max_change, channel) for channel in channels])
    returns = np.zeros_like(reference) if year_ago is None else np.where(reference == 0, year_ago, 0.0)
    down, up = reference * (1 - np.minimum(change, 1.0)), (reference + returns) * (1 + change)
    limits = Limits(
        channels=channels,
        lower=np.maximum(least, down),
        upper=np.minimum(most, up),
        lower_reason=tuple(map(_lower_reason, least, down, reference + returns, change)),
        upper_reason=tuple(map(_upper_reason, most, up, reference, change)),
    )
    _refuse_crossed(limits, currency)
    return limits


def refuse_infeasible(limits: Limits, budget: float, currency: str = "") -> None:
    """Check that some plan within the limits costs no more than the budget.

    Raises:
        SpecError: If the budget isn't a positive amount.
        InfeasiblePlan: If even the least spend of all channels exceeds it.
    """
    if not np.isfinite(budget) or budget <= 0:
        raise SpecError(f"budget is {budget}; give a positive amount for the whole horizon")
    least = float(limits.lower.sum())
    if budget < least * (1 - TOLERANCE):
        missing = least - budget
        raise InfeasiblePlan(
            f"the budget of {money(budget, currency)} is below the least spend of all channels, {money(least, currency)}; "
            f"add {money(missing, currency)} ({percent(missing / budget)}) or lower limits by as much, "
            f"first that of {_largest(limits)}"
        )


def _refuse_unknown(planning: Planning, channels: tuple[str, ...]) -> None:
    for name, limits in (("minimum", planning.minimum), ("maximum", planning.maximum)):
        unknown = sorted(set(limits) - set(channels))
        if unknown:
            raise SpecError(
                f"planning.{name} names {unknown[0]}, which the media mix doesn't know; its channels are {', '.join(channels)}"
            )


def _refuse_crossed(limits: Limits, currency: str) -> None:
    crossed = np.flatnonzero(limits.lower > limits.upper * (1 + TOLERANCE))
    if len(crossed):
        first = int(crossed[0])
        low, high = float(limits.lower[first]), float(limits.upper[first])
        raise InfeasiblePlan(
            f"channel {limits.channels[first]} must spend at least {money(low, currency)} ({limits.lower_reason[first]}) "
            f"and at most {money(high, currency)} ({limits.upper_reason[first]}) over the horizon; "
            f"give way by {money(low - high, currency)} on either side"
        )


def _lower_reason(least: float, down: float, reference: float, change: float) -> str:
    if max(least, down) == 0:
        return NO_REFERENCE if reference == 0 else "nothing is left to cut"
    return "planning.minimum" if least >= down else f"a cut of at most {percent(change, 0)}"


def _upper_reason(most: float, up: float, reference: float, change: float) -> str:
    if up == 0:
        return NO_REFERENCE
    since = f" {SINCE_A_YEAR_AGO}" if reference == 0 else ""
    return "planning.maximum" if most <= up else f"a rise of at most {percent(change, 0)}{since}"


def _by_channel(limits: Mapping[str, float], channels: tuple[str, ...], default: float) -> np.ndarray:
    return np.array([limits.get(channel, default) for channel in channels], dtype=float)


def _largest(limits: Limits) -> str:
    return limits.channels[int(np.argmax(limits.lower))]
