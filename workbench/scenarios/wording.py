"""Wording that only plans need."""

from __future__ import annotations

import math
from collections.abc import Sequence

from workbench.wording import percent

FORCED = "FORCED: the media mix failed its convergence check; don't act on these numbers"


def certified_gap(gap: float) -> str:
    """A gap rounded up, so that the sentence around it stays true.

    >>> certified_gap(0.00123), certified_gap(0.0), certified_gap(0.031)
    ('0.13%', '0.01%', '3.10%')
    """
    return percent(max(1, math.ceil(gap * 1e4 - 1e-9)) / 1e4, 2)


def enumerated(names: Sequence[str]) -> str:
    """Names in a sentence.

    >>> enumerated(["TV"]), enumerated(["TV", "Search", "Audio"])
    ('TV', 'TV, Search and Audio')
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
