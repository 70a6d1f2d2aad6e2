"""Sentences of the segments app: amounts with their interval, lists, and text that can't become markup."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from workbench.wording import interval, money, percent

# What a 95% interval is called.
LEVEL = "19 of 20 cases"


def paragraph(text: str) -> str:
    """A sentence as HTML, nothing for an empty one; words in backticks are commands."""
    # A sign stays with its amount where a line ends: between them stands a word joiner.
    whole = re.sub(r"(?<!\w)\+(?=\S)", "+\u2060", escape(text))
    parts = [f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(whole.split("`"))]
    return f"<p>{''.join(parts)}</p>" if text else ""


def told(value: float, lower: float, upper: float, currency: str) -> str:
    """An amount with its interval."""
    return f"{money(value, currency)} ({interval(lower, upper, currency)})"


def told_share(value: float, lower: float, upper: float) -> str:
    """A share with its interval."""
    return f"{percent(value)} ({interval(lower, upper, '%')})"


def enumerated(names: Sequence[str]) -> str:
    """
    >>> enumerated(["TV", "Audio", "Display"])
    'TV, Audio and Display'
    """
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def listed(names: Sequence[str], texts: Sequence[str]) -> str:
    """Names with their numbers, for who doesn't see a chart."""
    return "; ".join(f"{name} {text}" for name, text in zip(names, texts, strict=True))
