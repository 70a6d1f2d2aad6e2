"""What teams make of the revenue that customers want, week by week."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench.scenarios.capacity import Team, serve


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
        share = np.where(total > 0, _worth_weekly(came, team) / np.where(total > 0, total, 1.0), 1.0)
        served[:, :, markets] = came * share[:, :, None]
    return served


def _worth_weekly(came: np.ndarray, team: Team) -> np.ndarray:
    """Currency served by week, shape (N, H): what is served until a week doesn't depend on the weeks after it."""
    weeks = came.shape[1]
    until = [
        serve(came[:, :t] * team.load, team.room[:t], 1.0 / team.load, team.retention, team.queue).worth
        for t in range(1, weeks + 1)
    ]
    return np.diff(np.stack(until, axis=1), axis=1, prepend=0.0)
