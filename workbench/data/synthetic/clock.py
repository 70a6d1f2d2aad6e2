"""When in its week an order is placed: more at weekends, more in the evening."""

from __future__ import annotations

import numpy as np

from workbench.data.synthetic.business import START

_WEEKDAYS = np.array([0.95, 0.90, 0.90, 0.95, 1.05, 1.15, 1.10])
_HOURS = np.array(
    [6, 3, 2, 1, 1, 2, 6, 12, 20, 28, 32, 34, 36, 34, 32, 32, 34, 38, 44, 52, 56, 48, 30, 14], dtype=float
)
_SECONDS_PER_WEEK = 7 * 86_400


def order_times(week: np.ndarray, fraction: np.ndarray) -> np.ndarray:
    """Instants of orders, to the second.

    Args:
        week: Week index since the company's first week.
        fraction: Share of the week's orders that lie before this one, in [0, 1); later shares are later instants.
    """
    share = np.concatenate([[0.0], np.cumsum(np.outer(_WEEKDAYS, _HOURS).ravel())])
    edges = np.arange(len(share)) * 3600.0
    second = np.minimum(np.interp(fraction, share / share[-1], edges).astype("int64"), _SECONDS_PER_WEEK - 1)
    start = START.astype("datetime64[s]")
    return (start + week.astype("int64") * _SECONDS_PER_WEEK + second).astype("datetime64[us]")


def order_days(week: np.ndarray, fraction: np.ndarray) -> np.ndarray:
    """Days of orders, counted from the company's first; see `order_times`."""
    return (order_times(week, fraction).astype("datetime64[D]") - START).astype("int64")
