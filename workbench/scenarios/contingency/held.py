"""Limits of a plan of which a part stands already."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from workbench.scenarios.problem.rows import Limits
from workbench.scenarios.solve.switched import switched


def held(limits: Limits, lower: np.ndarray, upper: np.ndarray) -> Limits:
    """The same rules within other limits of the cells; all-or-nothing choices that these make are made.

    Args:
        limits: What a plan keeps.
        lower: Least currency of each cell, shape (H, M, C).
        upper: Most; where it equals the least, the cell is decided.
    """
    least, most = lower.ravel(), upper.ravel()
    on = [switch for switch in limits.switches if (least[switch.cells] > 0).any()]
    # What is decided as a whole kept its least amount when it was decided.
    open_on = [switch for switch in on if (most[switch.cells] > least[switch.cells]).any()]
    undecided = tuple(switch for switch in limits.switches if not (least[switch.cells] > 0).any())
    chosen = switched(replace(limits, switches=tuple(open_on)), np.ones(len(open_on), dtype=bool))
    return replace(chosen, lower=lower, upper=upper, switches=undecided)
