"""Effects and profits of a user test as parts of sentences."""

from __future__ import annotations

import math

from workbench.config import Metric
from workbench.experiments.users.comparisons import MetricEffect, Profit
from workbench.wording import in_unit, interval, money, number, percent


def metric_unit(metric: Metric, currency: str) -> str:
    """Unit of a metric: `%` for a proportion, else the declared one, else the currency where it is money."""
    if metric.kind == "proportion":
        return "%"
    return metric.unit or (currency if metric.value == 1 else "")


def metric_label(metric: Metric) -> str:
    """Such as `order value`, `median delivery days`, `90th percentile of delivery days`."""
    name = metric.name.replace("_", " ")
    if metric.quantile is None:
        return name
    return f"median {name}" if metric.quantile == 0.5 else f"{_ordinal(100 * metric.quantile)} percentile of {name}"


def effect_phrase(effect: MetricEffect, currency: str) -> str:
    """Such as `€0.77 more spend per user (€0.49 to €1.05; +118.0%, 68.1% to 177.0%)`."""
    found, metric = effect.difference, effect.metric
    label, bounds = metric_label(metric), _bounds(effect, currency)
    if metric.kind == "proportion":
        return f"{label} {_direction(found.absolute)} {_points(abs(found.absolute))} percentage points {bounds}"
    size = in_unit(abs(found.absolute), metric_unit(metric, currency))
    if metric.kind in ("ratio", "quantile"):
        return f"{label} {_direction(found.absolute)} {size} {bounds}"
    return f"{size} {'more' if found.absolute >= 0 else 'less'} {label} per user {bounds}"


def size_phrase(absolute: float, metric: Metric, currency: str) -> str:
    """A change with its sign: `+€0.77`, `−0.3 points`."""
    sign = "+" if absolute > 0 else ""
    if metric.kind == "proportion":
        return f"{sign}{_points(absolute)} points"
    return sign + in_unit(absolute, metric_unit(metric, currency))


def change_phrase(effect: MetricEffect, currency: str) -> str:
    """The shortest that says it: `conversion (+118.8%)`, in the metric's unit where there is no relative effect."""
    relative = effect.difference.relative
    size = (
        size_phrase(effect.difference.absolute, effect.metric, currency) if math.isnan(relative) else _signed(relative)
    )
    return f"{metric_label(effect.metric)} ({size})"


def profit_phrase(profit: Profit, currency: str) -> str:
    bounds = interval(profit.total_lower, profit.total_upper, currency)
    return f"profit {money(profit.total, currency)} ({bounds})"


def p_phrase(effect: MetricEffect) -> str:
    """The p-value, adjusted where the metric belongs to the family that decides."""
    adjusted = not math.isnan(effect.p_adjusted)
    text = p_text(effect.p_adjusted if adjusted else effect.p_value)
    return f"{text}, adjusted" if adjusted and effect.p_adjusted != effect.p_value else text


def p_text(value: float) -> str:
    """A p-value, never a bare zero.

    >>> p_text(0.0312), p_text(0.00001)
    ('p = 0.031', 'p < 0.001')
    """
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def probability(value: float) -> str:
    """A probability that is never quite certain.

    >>> probability(0.973), probability(0.99996), probability(0.0001)
    ('97%', 'over 99.9%', 'under 0.1%')
    """
    if value > 0.999 or value < 0.001:
        return "over 99.9%" if value > 0.5 else "under 0.1%"
    return percent(value, 0 if 0.01 <= value <= 0.99 else 1)


def _bounds(effect: MetricEffect, currency: str) -> str:
    found = effect.difference
    if effect.metric.kind == "proportion":
        absolute = f"{_points(found.absolute_lower)} to {_points(found.absolute_upper)}"
    else:
        absolute = interval(found.absolute_lower, found.absolute_upper, metric_unit(effect.metric, currency))
    if math.isnan(found.relative):
        return f"({absolute})"
    relative = f"{_signed(found.relative)}, {percent(found.relative_lower)} to {percent(found.relative_upper)}"
    return f"({absolute}; {relative})"


def _direction(absolute: float) -> str:
    return "up" if absolute >= 0 else "down"


def _signed(fraction: float) -> str:
    return f"{'+' if fraction > 0 else ''}{percent(fraction)}"


def _points(fraction: float) -> str:
    return number(100 * fraction, 2)


def _ordinal(value: float) -> str:
    """
    >>> _ordinal(90), _ordinal(99.5), _ordinal(1), _ordinal(12)
    ('90th', '99.5th', '1st', '12th')
    """
    last = "" if value % 1 else {1: "st", 2: "nd", 3: "rd"}.get(round(value) % 10, "")
    return number(value) + ("th" if not last or round(value) % 100 in (11, 12, 13) else last)
