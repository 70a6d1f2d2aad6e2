"""What each cell's orders say of its parameters: the tangent parabola of its log likelihood.

A cell of few customers has flat directions; there its parabola says nothing, and the other cells speak for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from workbench.segments.models.likelihood import BOUNDS
from workbench.segments.models.purchase_model import PurchaseModel
from workbench.segments.pooling.cells import Cells
from workbench.segments.summaries import Triples

ORDER_VALUE = "order_value"
HESSIAN_STEP = 1e-3
LIKE_EVERYBODY = 10.0
# One for the mean that was estimated, two for the t distribution's wider tails.
LOST_TO_THE_MEAN = 3.0


@dataclass(frozen=True, kw_only=True)
class CellLikelihoods:
    """Log likelihoods of the cells, each −½ θ'Iθ + h'θ but for a constant, θ the logarithms of the parameters.

    Attributes:
        names: The purchase model's parameters, then the mean value of an order.
        information: I of each cell, positive semidefinite, shape (G, P, P).
        linear: h of each cell, shape (G, P).
        at: Where the parabolas touch the likelihoods, shape (G, P).
    """

    names: tuple[str, ...]
    information: np.ndarray
    linear: np.ndarray
    at: np.ndarray


def cell_likelihoods(model: PurchaseModel, cells: Cells, at: np.ndarray) -> CellLikelihoods:
    """Parabolas that touch each cell's log likelihood.

    Args:
        at: Logarithms of the purchase model's parameters, shape (G, P − 1).
    """
    values = order_values(cells.table)
    information, linear = [], []
    for triples, point, (mean, error) in zip(cells.histories, at, values, strict=True):
        gradient, curvature = _tangent(model, triples, point)
        precision = 1 / error**2
        information.append(np.block([[curvature, np.zeros((len(point), 1))], [np.zeros((1, len(point))), precision]]))
        linear.append(np.append(gradient + curvature @ point, precision * mean))
    return CellLikelihoods(
        names=(*model.parameters, ORDER_VALUE),
        information=np.array(information),
        linear=np.array(linear),
        at=np.column_stack([at, values[:, 0]]),
    )


def summits(model: PurchaseModel, histories: Sequence[Triples], centre: np.ndarray, spread: float) -> np.ndarray:
    """Where each cell's likelihood is highest under a normal prior, which keeps flat directions in place, shape (G, P − 1).

    Args:
        centre: Logarithms of the parameters that fit all customers, mean of the prior.
        spread: Its standard deviation.
    """

    def highest(triples: Triples) -> np.ndarray:
        def loss(point: np.ndarray) -> tuple[float, np.ndarray]:
            value, gradient = model.log_likelihood(np.exp(point), triples)
            away = (point - centre) / spread
            return float(away @ away / 2 - value), away / spread - gradient * np.exp(point)

        return np.asarray(minimize(loss, centre, jac=True, method="L-BFGS-B", bounds=[BOUNDS] * len(centre)).x)

    return np.array([highest(triples) for triples in histories])


def order_values(table: pd.DataFrame) -> np.ndarray:
    """Logarithm of the mean revenue of a purchase, and its standard error, customers being independent: shape (G, 2).

    Few customers tell little of their own spread, so each cell is lent some that spread like everybody. And where few of them made most
    of the purchases, the mean follows them: they seem to differ less than they do.
    """
    sums = table[["customers", "days", "revenue", "days_squared", "revenue_squared", "days_revenue"]].to_numpy(
        dtype=float
    )
    own, overall = _relative_squares(sums), _relative_squares(sums.sum(axis=0, keepdims=True))[0]
    customers, (_, days, revenue) = sums[:, 0], sums[:, :3].T
    everybody = sums[:, 2].sum() / sums[:, 1].sum()
    mean = np.where(revenue > 0, revenue, everybody * 0.5) / days
    pooled = (customers * own + LIKE_EVERYBODY * overall) / (customers + LIKE_EVERYBODY)
    as_many_alike = days**2 / sums[:, 3] + LIKE_EVERYBODY
    hidden = as_many_alike / (as_many_alike - LOST_TO_THE_MEAN)
    return np.column_stack([np.log(mean), np.sqrt(pooled * hidden / customers)])


def _relative_squares(sums: np.ndarray) -> np.ndarray:
    """Variance of a customer's revenue around its days' worth, relative to the mean revenue of a customer."""
    customers, days, revenue, days_squared, revenue_squared, product = sums.T
    ratio = revenue / days
    squares = revenue_squared - 2 * ratio * product + ratio**2 * days_squared
    return np.maximum(squares, 0.0) / customers / np.maximum(revenue / customers, 1e-12) ** 2


def _tangent(model: PurchaseModel, triples: Triples, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slope of the log likelihood in the parameters' logarithms, and its curvature where it curves downwards."""

    def slope(at: np.ndarray) -> np.ndarray:
        return model.log_likelihood(np.exp(at), triples)[1] * np.exp(at)

    steps = HESSIAN_STEP * np.eye(len(point))
    curvature = -np.array([(slope(point + step) - slope(point - step)) / (2 * HESSIAN_STEP) for step in steps])
    values, directions = np.linalg.eigh((curvature + curvature.T) / 2)
    return slope(point), (directions * np.maximum(values, 0.0)) @ directions.T
