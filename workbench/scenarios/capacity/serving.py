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

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np

from workbench.mmm.density.compiled import keep

ROOM_LEFT, NO_ROOM = -1, -2
_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}


def compiled[Function: Callable[..., object]](function: Function) -> Function:
    """Compile a function that Python calls, and keep it on the disk until this file changes."""
    return keep(numba.njit(**_OPTIONS)(function), Path(__file__))


@compiled
def serve(
    came: np.ndarray,
    room: np.ndarray,
    value: np.ndarray,
    decay: np.ndarray,
    rank: np.ndarray,
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
        rank: Place of each class, week · M + market, in the order in which they are served, shape (T · M,).
        worth: Filled with currency of what is served in each week, shape (D, T).
        price: Filled with what one more unit of each class is worth, shape (D, T, M), or empty; in the order of arrival it may be
            less than nothing, because a late unit may push fresh ones back.
        served: Filled with units served in each week, shape (D, T).
        waiting: Filled with units that wait at each week's end, or are turned away in it, shape (D, T).
    """
    draws, weeks, markets = came.shape
    last = np.empty(weeks, dtype=np.int64)
    line, left, later = np.empty_like(rank), np.empty(len(rank)), np.empty(len(rank))
    week, each = np.repeat(np.arange(weeks), markets), value[np.arange(weeks * markets) % markets]
    for d in range(draws):
        left[:] = came[d].ravel()
        _forwards(left, room, each, decay, week, rank, line, last, worth[d], served[d], waiting[d])
        if price.size > 0:
            _backwards(each, decay, week, rank, last, later, price[d])


@compiled
def _forwards(
    left: np.ndarray,
    room: np.ndarray,
    value: np.ndarray,
    decay: np.ndarray,
    week: np.ndarray,
    rank: np.ndarray,
    line: np.ndarray,
    last: np.ndarray,
    worth: np.ndarray,
    served: np.ndarray,
    waiting: np.ndarray,
) -> None:
    """What is served when of what came; `last` is filled with the last class that each week had room for, `line` is overwritten."""
    markets, standing = len(value) // len(room), 0
    for t in range(len(room)):
        for m in range(markets):
            standing = _queued(t * markets + m, left, rank, line, standing)
        free, last[t], stays = room[t], NO_ROOM, 0
        worth[t], served[t], waiting[t] = 0.0, 0.0, 0.0
        for at in range(standing):
            i = line[at]
            kept = decay[t - week[i]]
            if kept <= 0.0:
                continue
            taken = min(left[i], free)
            if taken > 0.0:
                left[i] -= taken
                free -= taken
                served[t] += taken
                worth[t] += taken * value[i] * kept
                last[t] = i
            if left[i] > 0.0:
                waiting[t] += left[i]
                line[stays] = i
                stays += 1
        standing = stays
        if free > 0.0:
            last[t] = ROOM_LEFT


@compiled
def _queued(new: int, left: np.ndarray, rank: np.ndarray, line: np.ndarray, standing: int) -> int:
    """Put a class into the line where it will be served; how many then stand in it."""
    if left[new] <= 0.0:
        return standing
    at = standing
    while at > 0 and rank[line[at - 1]] > rank[new]:
        line[at] = line[at - 1]
        at -= 1
    line[at] = new
    return standing + 1


@compiled
def _backwards(
    value: np.ndarray,
    decay: np.ndarray,
    week: np.ndarray,
    rank: np.ndarray,
    last: np.ndarray,
    later: np.ndarray,
    price: np.ndarray,
) -> None:
    """What one more unit of each class is worth, from the last week to the first; `later` is overwritten.

    Who came before a week with room left is served by then, so that weeks after it need not ask of them.
    """
    weeks, markets = price.shape
    later[:] = 0.0
    since = weeks
    for t in range(weeks - 1, -1, -1):
        if since >= t:
            since = t
            while since > 0 and last[since - 1] != ROOM_LEFT:
                since -= 1
        first, pushed = last[t], 0.0
        if first >= 0:
            pushed = later[first] - value[first] * decay[t - week[first]]
        for i in range(since * markets, (t + 1) * markets):
            now = decay[t - week[i]]
            if now > 0.0 and first != NO_ROOM and (first == ROOM_LEFT or rank[i] <= rank[first]):
                later[i] = value[i] * now + pushed
        for m in range(markets):
            price[t, m] = later[t * markets + m]
