"""Single cells in sentences."""

from __future__ import annotations

import pandas as pd


def shown(value: object) -> str:
    """A cell as a sentence names it: days without a time of day, text in full."""
    if isinstance(value, pd.Timestamp):
        return str(value.date()) if value == value.normalize() else str(value)
    if isinstance(value, float):
        return f"{value:.10g}"
    return repr(value) if isinstance(value, str) and not value.strip() else str(value)
