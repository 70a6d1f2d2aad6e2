"""What comes in the weeks of a plan whatever it spends: what goals of a total count beside what the plan causes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from workbench.mmm.posterior.outlook import Outlook

# Courses of chance altogether: the chance of a goal is then known to less than a point.
COURSES = 4000


def total_anyway(ahead: Outlook, weeks: int, *, seed: int) -> np.ndarray:
    """Total of the first so many weeks without the plan's spend, past media's carry-over included.

    Args:
        ahead: Of the plan's weeks, and perhaps some after them.
        weeks: Of the plan.
        seed: Of what no model foresees.

    Returns:
        Currency by draw and course of chance, shape (D, N).
    """
    each = -(-COURSES // ahead.draws)
    expected = ((ahead.baseline + ahead.carried)[:, :weeks] * ahead.value_per_kpi).sum(axis=(1, 2))
    noise = ahead.noise_paths(np.random.default_rng(seed), each * ahead.draws)[:, :weeks] * ahead.value_per_kpi
    # Path i belongs to draw i modulo their number.
    return expected[:, None] + noise.sum(axis=(1, 2)).reshape(each, ahead.draws).T
