"""Who is served when not all can be: queues under many draws at once, in machine code.

A class i is what came in one week to one market, worth v_i to serve at once and v_i r^w after w weeks. In week t the classes that
have come are served in a fixed order until the room K_t is used. An additional unit of class i that waits at the start of week t
is worth, with l the last class that week t had room for,

    W_i(t) = v_i r^(t-s_i)                                       if room is left
           = v_i r^(t-s_i) + W_l(t+1) - v_l r^(t-s_l)            if i goes before l, which then waits
           = W_i(t+1)                                            else,

and nothing after the last week. Where the order is that of what a unit is worth now, this is the optimal plan of who is served when
(a transport problem: were a unit of less worth served first, swapping the two would gain (v_i - v_j)(1 - r^w) or more), the
W_i(s_i) are its dual prices, and so a supergradient of the concave worth of all that comes.
"""

from __future__ import annotations

import numba
import numpy as np

ROOM_LEFT, NO_ROOM = -1, -2


compiled = numba.njit(cache=True, nogil=True, error_model="numpy")


@compiled
def serve(
    came: np.ndarray,
    room: np.ndarray,
    value: np.ndarray,
    decay: np.ndarray,
    order: np.ndarray,
    worth: np.ndarray,
    price: np.ndarray,
    served: np.ndarray,
    waiting: np.ndarray,
) -> None:
    """Serve each draw's arrivals.

    Args:
        came: Units, shape (D, T, M).
        room: Units a week, shape (T,); may be infinite.
        value: Currency of a unit that is served at once, shape (M,).
        decay: Share of it that is left after each number of weeks, shape (T,); units that are worth nothing any more have left.
        order: All classes, week · M + market, shape (T · M,), in the order in which they are served.
        worth: Filled with currency, shape (D,).
        price: Filled with what one more unit of each class is worth, shape (D, T, M); in the order of arrival it may be less
            than nothing, because a late unit may push fresh ones back.
        served: Filled with units served in each week, shape (D, T).
        waiting: Filled with units that wait at each week's end, or are turned away in it, shape (D, T).
    """
    draws, weeks, markets = came.shape
    rank = np.empty(weeks * markets, dtype=np.int64)
    rank[order] = np.arange(weeks * markets)
    last = np.empty(weeks, dtype=np.int64)
    for d in range(draws):
        worth[d] = _forwards(came[d], room, value, decay, order, last, served[d], waiting[d])
        _backwards(value, decay, rank, last, price[d])


@compiled
def _forwards(
    came: np.ndarray,
    room: np.ndarray,
    value: np.ndarray,
    decay: np.ndarray,
    order: np.ndarray,
    last: np.ndarray,
    served: np.ndarray,
    waiting: np.ndarray,
) -> float:
    """What is served when; `last` is filled with the last class that each week had room for."""
    weeks, markets = came.shape
    left, total = came.copy().ravel(), 0.0
    for t in range(weeks):
        free, last[t] = room[t], NO_ROOM
        served[t], waiting[t] = 0.0, 0.0
        for i in order:
            since = t - i // markets
            if since < 0 or left[i] <= 0.0 or decay[since] <= 0.0:
                continue
            taken = min(left[i], free)
            if taken > 0.0:
                left[i] -= taken
                free -= taken
                served[t] += taken
                total += taken * value[i % markets] * decay[since]
                last[t] = i
            waiting[t] += left[i]
        if free > 0.0:
            last[t] = ROOM_LEFT
    return total


@compiled
def _backwards(value: np.ndarray, decay: np.ndarray, rank: np.ndarray, last: np.ndarray, price: np.ndarray) -> None:
    """What one more unit of each class is worth, from the last week to the first."""
    weeks, markets = price.shape
    later = np.zeros(weeks * markets)
    for t in range(weeks - 1, -1, -1):
        first, pushed = last[t], 0.0
        if first >= 0:
            pushed = later[first] - value[first % markets] * decay[t - first // markets]
        for i in range((t + 1) * markets):
            now = decay[t - i // markets]
            if now > 0.0 and first != NO_ROOM and (first == ROOM_LEFT or rank[i] <= rank[first]):
                later[i] = value[i % markets] * now + pushed
        for m in range(markets):
            price[t, m] = later[t * markets + m]
