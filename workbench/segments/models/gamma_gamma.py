"""Gamma-Gamma: how much a customer spends per purchase, independent of how often.

References:
    Fader, Hardie (2013), The Gamma-Gamma Model of Monetary Value; Fader, Hardie, Lee (2005), RFM and CLV.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import digamma, gammaln

from workbench.errors import FitError
from workbench.segments.models.likelihood import Fit, Likelihood, maximise, with_logarithms

NAMES = ("p", "q", "gamma")
MINIMUM_CUSTOMERS = 10
# Customers whose arrays stay in the processor's cache.
AT_ONCE = 65_536
# Largest and least logarithm: where customers, or a customer's purchases, differ by less than a hundredth, how much less is lost in rounding.
BOUNDS = (-12.0, 9.5)
# Logarithms of (p, q, gamma) from those of (p, q, p gamma / q): the last is nearly the mean, which the data always know. Where customers hardly
# differ, or a customer's purchases hardly do, q or p grow without end along a ridge, which in these coordinates is straight.
FROM_MEAN = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [-1.0, 1.0, 1.0]])


def fit_gamma_gamma(frequency: np.ndarray, monetary_value: np.ndarray) -> Fit:
    """Maximise the likelihood of repeat customers' mean value per repeat purchase.

    Args:
        frequency: Repeat purchases, at least 1, shape (N,).
        monetary_value: Mean value of them, currency, positive, shape (N,).

    Raises:
        FitError: If too few customers repeated, or the fitted distribution has no mean.
    """
    if len(frequency) < MINIMUM_CUSTOMERS:
        raise FitError(
            f"{len(frequency)} customers paid for a repeat purchase, and Gamma-Gamma needs at least {MINIMUM_CUSTOMERS}; "
            "give it a longer window of orders"
        )
    mean = float(np.average(monetary_value, weights=frequency))
    starts = [(1.0, 2.0, 0.5), (6.0, 4.0, 0.75), (2.0, 3.0, 2 / 3), (20.0, 20.0, 1.0)]
    fit = maximise(_by_mean(likelihood(frequency, monetary_value / mean)), starts, NAMES, BOUNDS)
    fit = with_logarithms(fit, FROM_MEAN)
    _refuse_infinite_mean(fit)
    return _in_currency(fit, mean, frequency)


def likelihood(frequency: np.ndarray, monetary_value: np.ndarray) -> Likelihood:
    """Log likelihood of (p, q, gamma) with its gradient; equation 1a of Fader and Hardie (2013)."""
    x, spent = frequency, frequency * monetary_value
    levels, customers = np.unique(x, return_counts=True)
    log_spent, constant = float(x @ np.log(spent)), float(np.log(monetary_value).sum())
    blocks = [(x[at : at + AT_ONCE], spent[at : at + AT_ONCE]) for at in range(0, len(x), AT_ONCE)]

    def evaluate(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        p, q, gamma = parameters
        logs, purchases_by_logs, inverses, purchases_by_inverses = np.sum(
            [_sums(gamma, *block) for block in blocks], axis=0
        )
        shapes = gammaln(p * levels + q) - gammaln(p * levels) - gammaln(q)
        value = customers @ shapes + len(x) * q * np.log(gamma) + p * log_spent - constant
        value -= p * purchases_by_logs + q * logs
        d_p = (customers * levels) @ (digamma(p * levels + q) - digamma(p * levels)) + log_spent - purchases_by_logs
        d_q = customers @ (digamma(p * levels + q) - digamma(q)) + len(x) * np.log(gamma) - logs
        d_gamma = len(x) * q / gamma - p * purchases_by_inverses - q * inverses
        return float(value), np.array([d_p, d_q, d_gamma])

    def part(customers: int) -> Likelihood:
        step = -(-len(x) // customers)
        return likelihood(frequency[::step], monetary_value[::step])

    return Likelihood(evaluate, observations=len(x), size=len(x), part=part)


def _by_mean(original: Likelihood) -> Likelihood:
    """The same likelihood of (p, q, p gamma / q)."""

    def evaluate(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        given = np.exp(FROM_MEAN @ np.log(parameters))
        value, gradient = original.evaluate(given)
        return value, (gradient * given) @ FROM_MEAN / parameters

    part = original.part
    return replace(original, evaluate=evaluate, part=None if part is None else lambda terms: _by_mean(part(terms)))


def _sums(gamma: float, x: np.ndarray, spent: np.ndarray) -> np.ndarray:
    """Of log(γ+spent) and 1/(γ+spent), each also weighted by x, shape (4,)."""
    total = gamma + spent
    log_total, inverse = np.log(total), 1 / total
    return np.array([log_total.sum(), x @ log_total, inverse.sum(), x @ inverse])


def expected_value(parameters: np.ndarray, frequency: Any, monetary_value: Any) -> Any:
    """Value of a customer's next purchase: own mean, shrunk towards everybody's.

    The arguments may be arrays or columns of an engine's table; linear in `monetary_value`.
    """
    p, q, gamma = (float(value) for value in parameters)
    return p * (gamma + frequency * monetary_value) / (p * frequency + (q - 1))


def value_log_variance(parameters: np.ndarray, covariance: np.ndarray, frequency: Any, monetary_value: Any) -> Any:
    """Variance of the logarithm of `expected_value` by the parameters, of whose logarithms the covariance is given.

    The arguments may be arrays or columns of an engine's table.
    """
    p, q, gamma = (float(value) for value in parameters)
    shrinkage = p * frequency + (q - 1)
    slopes = (1 - p * frequency / shrinkage, -q / shrinkage, gamma / (gamma + frequency * monetary_value))
    terms = [(1 + (i < j)) * float(covariance[i, j]) * slopes[i] * slopes[j] for i in range(3) for j in range(i, 3)]
    return sum(terms[1:], terms[0])


def _refuse_infinite_mean(fit: Fit) -> None:
    q = fit.parameters[1]
    if q <= 1:
        raise FitError(
            f"Gamma-Gamma fits q = {q:.3g}, and at q ≤ 1 the mean value of a purchase is infinite: a few huge orders dominate; "
            "look for wrong amounts, or segment wholesale customers apart"
        )


def _in_currency(fit: Fit, unit: float, frequency: np.ndarray) -> Fit:
    return replace(
        fit,
        parameters=fit.parameters * np.array([1.0, 1.0, unit]),
        log_likelihood=fit.log_likelihood - len(frequency) * float(np.log(unit)),
    )
