"""Whether a saved media mix tells what lift tests changed, for whoever reads its table without its posterior."""

from __future__ import annotations

from collections.abc import Container


def tells_lift_effects(columns: Container[str]) -> bool:
    """Older versions saved the table without `said_by`, or not at all.

    Args:
        columns: Of `MediaMixResult.lift_effects`.
    """
    return "said_by" in columns
