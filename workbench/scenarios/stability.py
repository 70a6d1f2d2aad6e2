"""Would a slightly different model have given a different plan? Then the difference is a tie and is called one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from workbench.scenarios.allocate import Allocation, Effort, allocate
from workbench.scenarios.curves import ChannelCurves
from workbench.scenarios.limits import Limits
from workbench.scenarios.objective import RiskDial

NUDGE = 0.01
FLIP = 0.1
QUICK = Effort(cells=200, starts=2, rounds=1)


@dataclass(frozen=True)
class Flip:
    """The plan that a nudge of one channel's curve would have given.

    Attributes:
        channel: The channel whose curve was nudged.
        nudge: By what share, such as -0.01.
        moved: Currency that would have gone elsewhere.
        giver: Channel that loses most of it.
        taker: Channel that gains most of it.
    """

    channel: str
    nudge: float
    moved: float
    giver: str
    taker: str


def largest_flip(curves: ChannelCurves, limits: Limits, budget: float, allocation: Allocation, dial: RiskDial) -> Flip:
    """The largest change of plan that making one channel's returns 1% higher or lower would bring."""
    flips = [
        _flip(curves, limits, budget, allocation, dial, channel, nudge)
        for channel in range(len(curves.channels))
        for nudge in (-NUDGE, NUDGE)
    ]
    return max(flips, key=lambda flip: flip.moved)


def _flip(
    curves: ChannelCurves,
    limits: Limits,
    budget: float,
    allocation: Allocation,
    dial: RiskDial,
    channel: int,
    nudge: float,
) -> Flip:
    factor = np.ones(len(curves.channels))
    factor[channel] += nudge
    nudged = replace(curves, value=curves.value * factor[:, None, None])
    other = allocate(nudged, limits, budget, dial=dial, starts=[allocation.spend], effort=QUICK).spend
    change = other - allocation.spend
    return Flip(
        channel=curves.channels[channel],
        nudge=nudge,
        moved=float(np.maximum(change, 0.0).sum()),
        giver=curves.channels[int(change.argmin())],
        taker=curves.channels[int(change.argmax())],
    )
