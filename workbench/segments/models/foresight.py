"""How well models foresaw a holdout, and whether one foresaw it better than another by more than chance.

References:
    Gneiting (2011), Making and Evaluating Point Forecasts (the Poisson score is consistent for means);
    Diebold, Mariano (1995), Comparing Predictive Accuracy, over customers in place of time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from workbench.segments.models.likelihood import Fit
from workbench.segments.models.purchase_model import PurchaseModel
from workbench.segments.summaries import Triples

HISTORIES_AT_ONCE = 20_000
SMALLEST_EXPECTATION = 1e-12


@dataclass(frozen=True, kw_only=True)
class Holdout:
    """What customers bought after calibration, in the order of their histories.

    Attributes:
        purchases: Summed over the history's customers, shape (K,).
        squares: Squares of each customer's purchases, summed, shape (K,).
        length: Of the holdout, in time units.
    """

    purchases: np.ndarray
    squares: np.ndarray
    length: float


@dataclass(frozen=True, kw_only=True)
class Foresight:
    """One model's forecast of a holdout.

    Attributes:
        bias: Expected over actual purchases, less one; NaN if nobody bought.
        decile_error: Absolute differences between expected and actual purchases of each tenth of customers by expectation, over all
            actual purchases; NaN if nobody bought.
        gap: Poisson log score per purchase of the holdout by which the best model is better; 0 for that one.
        gap_error: Its standard error by chance of customers.
    """

    bias: float
    decile_error: float
    gap: float
    gap_error: float


def foresee(
    models: Mapping[str, PurchaseModel], fits: Mapping[str, Fit], triples: Triples, holdout: Holdout
) -> dict[str, Foresight]:
    """Every model's foresight, by name."""
    expected = {
        name: expected_purchases(model, fits[name].parameters, triples, holdout.length)
        for name, model in models.items()
    }
    best = max(expected, key=lambda name: _score(expected[name], triples, holdout))
    return {name: _foresight(each, expected[best], triples, holdout) for name, each in expected.items()}


def expected_purchases(model: PurchaseModel, parameters: np.ndarray, triples: Triples, length: float) -> np.ndarray:
    """Purchases that each history's customer is expected to make within so many time units, shape (K,)."""
    frequency, age, at = triples.pairs
    within = np.array([length])
    parts = [slice(first, first + HISTORIES_AT_ONCE) for first in range(0, len(age), HISTORIES_AT_ONCE)]
    if_alive = [
        model.purchases_if_alive(parameters, frequency[part], age[part, None], within)[0, :, 0] for part in parts
    ]
    return model.probability_alive(parameters, triples) * np.concatenate(if_alive)[at]


def _score(expected: np.ndarray, triples: Triples, holdout: Holdout) -> float:
    likely = np.maximum(expected, SMALLEST_EXPECTATION)
    return float(holdout.purchases @ np.log(likely) - triples.customers @ likely)


def _foresight(expected: np.ndarray, best: np.ndarray, triples: Triples, holdout: Holdout) -> Foresight:
    actual = float(holdout.purchases.sum())
    if actual == 0:
        return Foresight(bias=np.nan, decile_error=np.nan, gap=0.0, gap_error=0.0)
    gap, gap_error = _gap(expected, best, triples, holdout)
    return Foresight(
        bias=float(expected @ triples.customers) / actual - 1,
        decile_error=_decile_error(expected, triples.customers, holdout.purchases),
        gap=gap / actual,
        gap_error=gap_error / actual,
    )


def _gap(expected: np.ndarray, best: np.ndarray, triples: Triples, holdout: Holdout) -> tuple[float, float]:
    """Score that is lost against the best, summed over customers, and its standard error.

    A customer with y purchases loses y × ratio − excess, so sums of y and y² by history say all.
    """
    expected, best = np.maximum(expected, SMALLEST_EXPECTATION), np.maximum(best, SMALLEST_EXPECTATION)
    ratio, excess, n = np.log(best / expected), best - expected, triples.customers
    lost = holdout.purchases @ ratio - n @ excess
    squares = holdout.squares @ ratio**2 - 2 * holdout.purchases @ (ratio * excess) + n @ excess**2
    return float(lost), float(np.sqrt(max(squares - lost**2 / n.sum(), 0.0)))


def _decile_error(expected: np.ndarray, customers: np.ndarray, purchases: np.ndarray) -> float:
    order = np.argsort(expected, kind="stable")
    middle = np.cumsum(customers[order]) - customers[order] / 2
    decile = np.minimum(10 * middle / customers.sum(), 9).astype(int)
    difference = np.bincount(decile, weights=(expected * customers - purchases)[order], minlength=10)
    return float(np.abs(difference).sum() / purchases.sum())
