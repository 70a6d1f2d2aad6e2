"""The amounts in a sentence, so that page one can set them in bold."""

from __future__ import annotations

import re

_MONEY = re.compile(
    r"(?:[−+-]?(?:[€$£¥]|\b[A-Z]{3} )\d[\d.,]*\d?(?:bn|m|k)?|[−+-]?\d[\d.,]*%)(?! (?:interval|credible|confidence))"
    # Other languages write the unit last, after a space that doesn't break.
    r"|[−+-]?\d[\d.,]*(?:\u00a0[A-Z][a-z]{1,2}[a-z]?\.)?\u00a0(?:[€$£¥%]|[A-Z]{3}\b)(?!-)"
)


def amounts_apart(finding: str) -> list[tuple[str, bool]]:
    """A finding in pieces of text, each with whether it is an amount; intervals in brackets aren't.

    >>> amounts_apart("Search brought €3.4m (€2m to €5m).")
    [('Search brought ', False), ('€3.4m', True), (' (€2m to €5m).', False)]
    >>> amounts_apart("The price took −€3k, promotions +€1k")[1::2]
    [('−€3k', True), ('+€1k', True)]
    """
    pieces: list[tuple[str, bool]] = []
    end = 0
    for amount in _MONEY.finditer(finding):
        before = finding[: amount.start()]
        if before.count("(") > before.count(")"):
            continue
        pieces += [(finding[end : amount.start()], False), (amount.group(), True)]
        end = amount.end()
    return [piece for piece in [*pieces, (finding[end:], False)] if piece[0]]
