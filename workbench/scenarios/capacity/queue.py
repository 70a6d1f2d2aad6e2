"""What a team makes of what comes: who is served when, what that is worth, and what one more unit would be worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.config.capacity import Queue

# Stands for the logarithm of nothing: what waits is worth less than anything fresh.
LOG_OF_NOTHING = -700.0


@dataclass(frozen=True, kw_only=True)
class Service:
    """How D draws of arrivals were served in T weeks.

    Attributes:
        weekly: Currency of what was served in each week, shape (D, T).
        price: Currency that one more unit of each week and market is worth, shape (D, T, M); empty where it wasn't asked for.
        served: Units, shape (D, T).
        waiting: Units at each week's end, those turned away included, shape (D, T).
    """

    weekly: np.ndarray
    price: np.ndarray
    served: np.ndarray
    waiting: np.ndarray

    @property
    def worth(self) -> np.ndarray:
        """Currency of all that was served, shape (D,)."""
        return np.asarray(self.weekly.sum(axis=1))


def serve(
    came: np.ndarray, room: np.ndarray, value: np.ndarray, retention: float, queue: Queue, *, priced: bool = True
) -> Service:
    """Serve arrivals week by week.

    Args:
        came: Units, shape (D, T, M), at least 0.
        room: Units that can be served a week, shape (T,), at least 0; may be infinite.
        value: Currency of a unit served in the week in which it came, shape (M,), above 0.
        retention: Share of that value left after each week of waiting, in [0, 1]; 0 if nothing waits.
        queue: Who goes first: who is worth most now (`freshest`), or who came first. No order is worth more than the former.
        priced: Whether to say what one more unit would be worth.
    """
    from workbench.scenarios.capacity import serving  # here, because numba loads slowly and apps often need none

    draws, weeks, markets = came.shape
    if markets > 1 and np.ptp(value) == 0.0:
        pooled = serve(came.sum(axis=2, keepdims=True), room, value[:1], retention, queue, priced=priced)
        return _spread(pooled, markets)
    worth, served, waiting = np.empty((3, draws, weeks))
    price = np.empty(came.shape if priced else (0, 0, 0))
    decay = np.where(np.arange(weeks) == 0, 1.0, retention ** np.arange(weeks))
    serving.serve(
        np.ascontiguousarray(came, dtype=float),
        np.asarray(room, dtype=float),
        np.asarray(value, dtype=float),
        decay,
        np.argsort(_order(weeks, value, retention, queue)),
        worth,
        price,
        served,
        waiting,
    )
    return Service(weekly=worth, price=price, served=served, waiting=waiting)


def _order(weeks: int, value: np.ndarray, retention: float, queue: Queue) -> np.ndarray:
    """Classes in the order in which they are served: by what a unit is worth in any one week, or by when it came."""
    week, market = np.divmod(np.arange(weeks * len(value)), len(value))
    if queue == "first_come":
        return np.lexsort((-value[market], week))
    forgone = max(np.log(retention), LOG_OF_NOTHING) if retention > 0.0 else LOG_OF_NOTHING
    return np.lexsort((-week, -(np.log(value[market]) - week * forgone)))


def _spread(pooled: Service, markets: int) -> Service:
    """Markets whose units are worth the same stand in one queue."""
    price = np.repeat(pooled.price, markets, axis=2)
    return Service(weekly=pooled.weekly, price=price, served=pooled.served, waiting=pooled.waiting)
