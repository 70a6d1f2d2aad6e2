"""How goals are spoken of."""

from __future__ import annotations

from datetime import date

from workbench.wording import DASH, in_unit, percent

SURE = 0.995


def likely(probability: float) -> str:
    """A probability as people say it; paths are too few to tell the last half per cent.

    >>> likely(0.634), likely(0.9999), likely(0.0)
    ('63% likely', 'more than 99% likely', 'less than 1% likely')
    """
    if probability > SURE:
        return "more than 99% likely"
    return "less than 1% likely" if probability < 1 - SURE else f"{percent(probability, 0)} likely"


def chance_text(probability: float) -> str:
    """The same where there is no room for words.

    >>> chance_text(0.634), chance_text(0.9999), chance_text(float("nan"))
    ('63%', '> 99%', '–')
    """
    if probability > SURE:
        return "> 99%"
    return "< 1%" if probability < 1 - SURE else percent(probability, 0)


def spoken(name: str, label: str) -> str:
    """How a goal is called.

    >>> spoken("media_return", "")
    'Media return'
    """
    return label or name.replace("_", " ").capitalize()


def told_day(day: date) -> str:
    """A day.

    >>> told_day(date(2026, 4, 5))
    '5 Apr 2026'
    """
    return f"{day.day} {day:%b %Y}"


def stated(value: float | None, unit: str) -> str:
    """A number that may not have been stated."""
    return DASH if value is None else in_unit(value, unit)
