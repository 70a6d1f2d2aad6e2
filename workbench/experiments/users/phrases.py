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
    return metric.name.replace("_", " ")


def effect_phrase(effect: MetricEffect, currency: str) -> str:
    """Such as `€0.77 more spend per user (€0.49 to €1.05; +118.0%, 68.1% to 177.0%)`."""
    found = effect.difference
    label = metric_label(effect.metric)
    word = "more" if found.absolute >= 0 else "less"
    if effect.metric.kind == "proportion":
        bounds = f"{_points(found.absolute_lower)} to {_points(found.absolute_upper)}"
        direction = "up" if found.absolute >= 0 else "down"
        return f"{label} {direction} {_points(abs(found.absolute))} percentage points ({bounds}{_relative(effect)})"
    size = _amount(abs(found.absolute), effect, currency)
    bounds = f"{_amount(found.absolute_lower, effect, currency)} to {_amount(found.absolute_upper, effect, currency)}"
    if effect.metric.kind == "ratio":
        return f"{label} {'up' if word == 'more' else 'down'} {size} ({bounds}{_relative(effect)})"
    return f"{size} {word} {label} per user ({bounds}{_relative(effect)})"


def level_phrase(effect: MetricEffect, currency: str) -> str:
    """Such as `from €0.65 to €1.42`."""
    found = effect.difference
    return f"from {_level(found.control, effect, currency)} to {_level(found.treatment, effect, currency)}"


def profit_phrase(profit: Profit, currency: str) -> str:
    bounds = interval(profit.total_lower, profit.total_upper, currency)
    return f"profit {money(profit.total, currency)} ({bounds})"


def p_phrase(effect: MetricEffect) -> str:
    """The p-value, adjusted where the metric belongs to the family that decides."""
    adjusted = not math.isnan(effect.p_adjusted)
    value = effect.p_adjusted if adjusted else effect.difference.p_value
    text = "p < 0.001" if value < 0.001 else f"p = {value:.3f}"
    return f"{text}, adjusted" if adjusted and effect.p_adjusted != effect.difference.p_value else text


def _points(fraction: float) -> str:
    return number(100 * fraction, 2)


def _relative(effect: MetricEffect) -> str:
    found = effect.difference
    if math.isnan(found.relative):
        return ""
    sign = "+" if found.relative > 0 else ""
    return f"; {sign}{percent(found.relative)}, {percent(found.relative_lower)} to {percent(found.relative_upper)}"


def _amount(value: float, effect: MetricEffect, currency: str) -> str:
    return in_unit(value, metric_unit(effect.metric, currency))


def _level(value: float, effect: MetricEffect, currency: str) -> str:
    return percent(value, 2) if effect.metric.kind == "proportion" else _amount(value, effect, currency)
