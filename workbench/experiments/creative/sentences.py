"""Creatives and their numbers as parts of sentences."""

from __future__ import annotations

import numpy as np

from workbench.config import CreativeExperiment, Metric
from workbench.wording import in_unit, interval, number, percent


def metric_unit(metric: Metric, currency: str) -> str:
    """`%` for a proportion, else the declared unit, else the currency where the metric is money."""
    if metric.kind == "proportion":
        return "%"
    return metric.unit or (currency if metric.value == 1 else "")


def level(value: float, unit: str) -> str:
    """What one unit brings on average, such as `5.37%`."""
    return percent(value, 2) if unit == "%" else in_unit(value, unit)


def change(draws: np.ndarray, unit: str, confidence: float) -> str:
    """A change with its interval, such as `+0.49 points (0.29 to 0.71)`."""
    lower, upper = bounds(draws, confidence)
    sign = "+" if draws.mean() > 0 else ""
    if unit == "%":
        return f"{sign}{_points(float(draws.mean()))} points ({_points(lower)} to {_points(upper)})"
    return f"{sign}{in_unit(float(draws.mean()), unit)} ({interval(lower, upper, unit)})"


def size(draws: np.ndarray, unit: str, confidence: float) -> str:
    """The same without a sign, for sentences whose words tell the direction."""
    return change(draws, unit, confidence).removeprefix("+")


def bounds(draws: np.ndarray, confidence: float) -> tuple[float, float]:
    """The central interval of draws."""
    lower, upper = np.quantile(draws, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(lower), float(upper)


def where(segment: str, spec: CreativeExperiment) -> str:
    """Such as ` for mobile`; nothing without segments."""
    return f" for {in_words(segment)}" if spec.segment else ""


def in_words(name: str) -> str:
    return name.replace("_", " ")


def _points(fraction: float) -> str:
    return number(100 * fraction, 2)
