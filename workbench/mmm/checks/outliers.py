"""Named check of extreme weeks: which they are, and whether they may pull the media's numbers."""

from __future__ import annotations

import numpy as np

from workbench.mmm.inputs.design import Design
from workbench.mmm.inputs.outliers import EXTREME, OUTLIERS
from workbench.result import Check
from workbench.wording import MINUS

NAMED = 6


def outliers_check(design: Design) -> Check:
    """Weeks of the KPI too far from everything known to be noise, and what was done about them."""
    extreme = np.zeros(design.kpi.shape) if design.extreme_weeks is None else design.extreme_weeks
    found = np.argwhere(extreme != 0)
    largest = float(np.abs(extreme).max())
    if not len(found):
        detail = f"No week is so far from what the model expects, {EXTREME:g} standard deviations, that it could pull the numbers."
        return Check(name="outliers", passed=True, value=0, threshold=0, detail=detail)
    named = [_named(extreme, int(t), int(m), design) for t, m in found[np.argsort(-np.abs(extreme[extreme != 0]))]]
    listed = ", ".join(named[:NAMED]) + (f" and {len(named) - NAMED} more" if len(named) > NAMED else "")
    treated = OUTLIERS in design.baseline.components
    mend = (
        "they have effects of their own, so that they don't pull the media's numbers"
        if treated
        else 'add the holiday or control that explains them, or set outliers = "own_effect", which keeps them from pulling '
        "the media's numbers"
    )
    return Check(
        name="outliers",
        passed=None if treated else False,
        value=largest,
        threshold=EXTREME,
        detail=f"Weeks far from what the model expects, in standard deviations: {listed}; {mend}.",
    )


def _named(extreme: np.ndarray, week: int, market: int, design: Design) -> str:
    panel, distance = design.panel, extreme[week, market]
    where = f" in {panel.markets[market]}" if len(panel.markets) > 1 else ""
    return f"{panel.weeks[week]:%Y-%m-%d}{where} ({'+' if distance > 0 else MINUS}{abs(distance):.0f})"
