"""What teams make of the revenue that customers want, week by week."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench.scenarios.capacity.calendar import Team
from workbench.scenarios.capacity.queue import serve


def served_weekly(wanted: np.ndarray, teams: Sequence[Team]) -> np.ndarray:
    """Revenue of what is handled in each week; markets that share a team lose in proportion.

    Args:
        wanted: Currency, shape (N, H, M).
        teams: Who handles it; markets without a team lose nothing.

    Returns:
        Shape (N, H, M).
    """
    served = np.array(wanted, dtype=float)
    for team in teams:
        markets = list(team.markets)
        came = np.maximum(wanted[:, :, markets], 0.0)
        total = came.sum(axis=2)
        handled = worth_weekly(came * team.load, team.room, 1.0 / team.load, team)
        share = np.divide(handled, total, out=np.ones_like(total), where=total > 0)
        served[:, :, markets] = came * share[:, :, None]
    return served


def worth_weekly(came: np.ndarray, room: np.ndarray, value: np.ndarray, team: Team) -> np.ndarray:
    """Worth served by week, shape (N, H), of units that came, shape (N, H, M)."""
    return serve(came, room[: came.shape[1]], value, team.retention, team.queue, priced=False).weekly
