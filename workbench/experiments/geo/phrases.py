"""Words that sentences about geo tests share."""

from __future__ import annotations

from collections.abc import Sequence

MOST_NAMES = 4


def listed(names: Sequence[str]) -> str:
    """Names as a reader says them, or how many there are.

    >>> listed(["Graz"]), listed(["Graz", "Linz", "Wels"]), listed(list("abcdef"))
    ('Graz', 'Graz, Linz and Wels', '6 markets')
    """
    if len(names) > MOST_NAMES:
        return f"{len(names)} markets"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
