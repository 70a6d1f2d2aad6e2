"""Price, promotion and other controls as levers: what moving one of them brings, by draw and market.

The model's controls act linearly and within their week: what a lever brings is its effect times how far it is moved, whatever
media do. How far a lever has been moved before is told, because beyond that the straight line is a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import SpecError
from workbench.mmm.posterior.controls_ahead import expected_controls
from workbench.mmm.posterior.outlook import control_effect

if TYPE_CHECKING:
    from workbench.mmm.result import MediaMixResult


@dataclass(frozen=True, kw_only=True)
class Lever:
    """One control of a media mix, and H weeks ahead.

    Attributes:
        control: Its name.
        effect: KPI units a week that one more unit brings, shape (D, M).
        lowest: Of the fitted weeks, shape (M,).
        highest: Likewise.
        otherwise: What it is expected to be if nobody moves it, shape (H, M); at least 0 where it has never been below.
    """

    control: str
    effect: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray
    otherwise: np.ndarray


def lever(result: MediaMixResult, control: str, horizon_weeks: int) -> Lever:
    """One of the model's controls as a lever.

    Args:
        result: A media mix, fitted or loaded.
        control: Its name.
        horizon_weeks: Weeks ahead, in which it is expected to be as the outlook takes it when nothing is given.

    Raises:
        SpecError: If the model has no such control, or it has never moved.
    """
    effects = control_effect(result.posterior)
    if control not in effects:
        known = ", ".join(effects) or "none"
        raise SpecError(
            f"the media mix has no control {control!r} (it has {known}); name one of those, or add it to controls"
        )
    k = list(effects).index(control)
    history = result.posterior["control_history"].to_numpy()[..., k]
    if (history.std(axis=0) == 0).any():
        market = result.response.markets[int((history.std(axis=0) == 0).argmax())]
        raise SpecError(
            f"{control} was the same in every week of market {market}, so nothing is known of its effect there; leave the lever out"
        )
    expected = expected_controls(result.posterior, horizon_weeks)[..., k]
    return Lever(
        control=control,
        effect=effects[control],
        lowest=history.min(axis=0),
        highest=history.max(axis=0),
        otherwise=np.maximum(expected, 0.0) if history.min() >= 0 else expected,
    )
