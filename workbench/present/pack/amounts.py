"""Numbers of a pack in words: each with its interval."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd

from workbench.result import Estimate, Result
from workbench.wording import DASH, in_unit, interval, percent


def found(result: Result, quantity: str, entity: str) -> Estimate | None:
    """One row of a result's estimates, None where it has no such row."""
    try:
        return result.estimate(quantity, entity)
    except KeyError:
        return None


def scaled(estimate: Estimate, by: float, less: float = 0.0) -> Estimate:
    """The same number times a positive constant, less a known amount; so is its interval."""
    return replace(
        estimate,
        estimate=estimate.estimate * by - less,
        lower=estimate.lower * by - less,
        upper=estimate.upper * by - less,
    )


def has_interval(estimate: Estimate) -> bool:
    return not pd.isna(estimate.lower) and not pd.isna(estimate.upper)


def in_brackets(estimate: Estimate) -> str:
    """Its interval, with the probability; empty where there is none.

    >>> in_brackets(Estimate(quantity="gain", entity="plan", estimate=2e3, lower=1e3, upper=3e3, unit="EUR", level=0.9))
    '90% interval €1k to €3k'
    """
    if not has_interval(estimate):
        return ""
    level = "interval" if pd.isna(estimate.level) else f"{percent(estimate.level, 0)} interval"
    return f"{level} {interval(estimate.lower, estimate.upper, estimate.unit)}"


def told(estimate: Estimate) -> str:
    """A number with its interval, where it has one.

    >>> told(Estimate(quantity="spend", entity="plan", estimate=2e3, unit="EUR"))
    '€2k'
    """
    brackets = in_brackets(estimate)
    return in_unit(estimate.estimate, estimate.unit) + (f" ({brackets})" if brackets else "")


def interval_cell(estimate: Estimate) -> str:
    """Its interval in a table."""
    return interval(estimate.lower, estimate.upper, estimate.unit) if has_interval(estimate) else DASH


def day(moment: date) -> str:
    """A day in a sentence.

    >>> day(date(2026, 3, 29))
    '29 March 2026'
    """
    return f"{moment.day} {moment:%B %Y}"


def run_in_short(run_id: str) -> str:
    """A run where there is no room for its whole id, which begins with the moment of its start.

    >>> run_in_short("20261122T203704-media_mix-5d9e1a2b")
    'media_mix-5d9e1a2b'
    """
    return run_id.partition("-")[2] or run_id


def counted(number: int, noun: str) -> str:
    """Some of a noun.

    >>> counted(1, "test"), counted(3, "test")
    ('1 test', '3 tests')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


def listed(names: list[str]) -> str:
    """Names in a sentence.

    >>> listed(["TV"]), listed(["TV", "Search", "Audio"])
    ('TV', 'TV, Search and Audio')
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
