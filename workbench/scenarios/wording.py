"""Wording that only plans need."""

from __future__ import annotations

import math

from workbench.wording import percent


def certified_gap(gap: float) -> str:
    """A gap rounded up, so that the sentence around it stays true.

    >>> certified_gap(0.00123), certified_gap(0.0), certified_gap(0.031)
    ('0.13%', '0.01%', '3.10%')
    """
    return percent(max(1, math.ceil(gap * 1e4 - 1e-9)) / 1e4, 2)
