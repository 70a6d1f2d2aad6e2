"""Which weeks, markets and channels of a result a question is about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from workbench.errors import SpecError

WEEK = timedelta(weeks=1)


def weeks_within(weeks: pd.DatetimeIndex, start: date | str, end: date | str) -> slice:
    """The weeks whose first day lies between two days, both included.

    Raises:
        SpecError: If the days are the wrong way round, reach beyond the data, or enclose no week's first day.
    """
    first, last = pd.Timestamp(start), pd.Timestamp(end)
    if first > last:
        raise SpecError(f"the window starts on {first:%Y-%m-%d}, after its end on {last:%Y-%m-%d}; swap them")
    if first <= weeks[0] - WEEK or last >= weeks[-1] + WEEK:
        raise SpecError(
            f"the window {first:%Y-%m-%d} to {last:%Y-%m-%d} reaches beyond the data; choose days between "
            f"{weeks[0]:%Y-%m-%d} and {weeks[-1] + WEEK - timedelta(days=1):%Y-%m-%d}"
        )
    inside = np.flatnonzero((weeks >= first) & (weeks <= last))
    if not len(inside):
        raise SpecError(
            f"no week starts between {first:%Y-%m-%d} and {last:%Y-%m-%d}; weeks start on {weeks[0]:%A}s, widen the window"
        )
    return slice(int(inside[0]), int(inside[-1]) + 1)


def chosen(names: Sequence[str] | None, known: tuple[str, ...], kind: str) -> list[int]:
    """Places of the named ones among the known, in the order given; all of them for None.

    Raises:
        SpecError: If a name isn't known, is repeated, or there is none.
    """
    wanted = known if names is None else tuple([names] if isinstance(names, str) else names)
    if unknown := [name for name in wanted if name not in known]:
        raise SpecError(f"{unknown[0]} is no {kind} of this result; it has {', '.join(known)}")
    if not wanted or len(set(wanted)) < len(wanted):
        raise SpecError(f"{kind}s are {', '.join(wanted) or 'empty'}; name each at most once and at least one")
    return [known.index(name) for name in wanted]
