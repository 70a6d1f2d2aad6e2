"""Named check of controls that can't explain anything."""

from __future__ import annotations

import numpy as np

from workbench.data.panel import Panel
from workbench.result import Check


def controls_check(panel: Panel) -> Check:
    """Whether every control changes in at least one market."""
    still = (np.ptp(panel.control, axis=0) == 0).all(axis=0)
    constant = [name for name, same in zip(panel.controls, still, strict=True) if same]
    detail = (
        f"{', '.join(constant)} never changed in these weeks and so explains nothing; correct its values or leave it out."
        if constant
        else f"Every cause of sales that is on record changes over the weeks: {', '.join(panel.controls)}."
    )
    return Check(name="controls", passed=not constant, value=len(constant), threshold=0, detail=detail)
