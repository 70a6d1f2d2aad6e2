"""Words that sentences about geo tests share."""

from __future__ import annotations

import math
from collections.abc import Sequence

from workbench.wording import percent

MOST_NAMES = 4


def listed(names: Sequence[str]) -> str:
    """Names as a reader says them, or how many there are.

    >>> listed(["Graz"]), listed(["Graz", "Linz", "Wels"]), listed(list("abcdef"))
    ('Graz', 'Graz, Linz and Wels', '6 markets')
    """
    if len(names) > MOST_NAMES:
        return f"{len(names)} markets"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def lasting(periods: int, name: str) -> str:
    """How long something takes.

    >>> lasting(1, "day"), lasting(6, "week")
    ('1 day', '6 weeks')
    """
    return f"{periods:,} {name}{'' if periods == 1 else 's'}"


def following(share: float) -> str:
    """How well a comparison follows the treated markets, a share of their movement; NaN where they don't move.

    >>> following(0.9), following(float("nan"))
    ("followed 90.0% of the treated markets' movement", "had nothing to follow: the treated markets' KPI didn't move")
    """
    if math.isnan(share):
        return "had nothing to follow: the treated markets' KPI didn't move"
    return f"followed {percent(share)} of the treated markets' movement"
