"""What to show next: Thompson sampling's shares with a floor for exploration, and what they are worth.

References:
    Thompson (1933), On the likelihood that one unknown probability exceeds another in view of the evidence of two samples.
    Scott (2010), A modern Bayesian look at the multi-armed bandit: shares as the probability of being the best.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.config import Metric
from workbench.experiments.creative.cells import Cells
from workbench.experiments.creative.posterior import Posterior


@dataclass(frozen=True, kw_only=True)
class Allocation:
    """The next period, by segment.

    Attributes:
        probability_best: Shape (C, S); each segment adds up to 1.
        share: Of the segment's units, shape (C, S); likewise.
        best: Index of the creative with the best expectation, shape (S,).
        loss: Draws of what showing only `best` would lose to what is truly best, shape (draws, S).
        gain: Draws of what the shares bring over equal shares, per unit of all segments, shape (draws,).
        gain_of_best: The same of showing only `best`.
        gain_of_one: The same of showing the one creative everywhere that does best on the whole.
        one: Index of that creative.
        regret: Expected loss per unit to what is truly best: of these shares, and of equal ones.
    """

    probability_best: np.ndarray
    share: np.ndarray
    best: np.ndarray
    loss: np.ndarray
    gain: np.ndarray
    gain_of_best: np.ndarray
    gain_of_one: np.ndarray
    one: int
    regret: tuple[float, float]


def allocate(cells: Cells, posterior: Posterior, *, floor: float, higher_is_better: bool = True) -> Allocation:
    """Shares for the next period.

    Args:
        cells: What was shown; segments keep their share of the units.
        posterior: What each creative would bring.
        floor: Least share of any creative, as a part of an equal share.
        higher_is_better: Direction of improvement; gains and losses count in that direction.
    """
    value = posterior.values if higher_is_better else -posterior.values
    weight = cells.segment_shares
    probability = probability_best(value)
    share = thompson_shares(probability, floor)
    best = value.mean(axis=0).argmax(axis=0)
    by_best = value[:, best, np.arange(len(best))]
    whole, equal, top = value @ weight, value.mean(axis=1) @ weight, value.max(axis=1)
    one = int(whole.mean(axis=0).argmax())
    shared = np.einsum("dcs,cs->ds", value, share) @ weight
    return Allocation(
        probability_best=probability,
        share=share,
        best=best,
        loss=top - by_best,
        gain=shared - equal,
        gain_of_best=by_best @ weight - equal,
        gain_of_one=whole[:, one] - equal,
        one=one,
        regret=(float((top @ weight - shared).mean()), float((top @ weight - equal).mean())),
    )


def next_period_profit(cells: Cells, allocation: Allocation, metric: Metric) -> np.ndarray | None:
    """Draws of what the shares earn over equal shares with as many units again; None for a metric without a value."""
    if metric.value is None:
        return None
    change = allocation.gain if metric.higher_is_better else -allocation.gain
    profit: np.ndarray = change * metric.value * cells.units.sum()
    return profit


def probability_best(value: np.ndarray) -> np.ndarray:
    """Share of the draws in which each creative is the best of its segment.

    Args:
        value: Higher is better, shape (draws, C, S).
    """
    winner = value.argmax(axis=1)
    return np.stack([(winner == creative).mean(axis=0) for creative in range(value.shape[1])])


def thompson_shares(probability: np.ndarray, floor: float) -> np.ndarray:
    """The probability of being best, after each creative has got `floor` of an equal share.

    >>> thompson_shares(np.array([[0.7], [0.3], [0.0], [0.0]]), floor=0.2).ravel().round(2).tolist()
    [0.61, 0.29, 0.05, 0.05]
    """
    return floor / len(probability) + (1 - floor) * probability


def loss_after(value: np.ndarray, more: float) -> np.ndarray:
    """Expected loss of choosing one creative a segment once the data are `1 + more` times those of today.

    Each draw in turn is the truth; the further data move the posterior's mean towards it, but not all the way.

    Args:
        value: Higher is better, shape (draws, C, S).
        more: Further data in multiples of today's.
    """
    learnt = more / (1 + more)
    mean = value.mean(axis=0)
    # Draws follow each other in the chain; one half a chain away is as good as independent.
    noise = np.roll(value, len(value) // 2, axis=0) - mean
    later = mean + learnt * (value - mean) + np.sqrt(learnt * (1 - learnt)) * noise
    chosen = np.take_along_axis(value, later.argmax(axis=1)[:, None, :], axis=1)[:, 0, :]
    loss: np.ndarray = (value.max(axis=1) - chosen).mean(axis=0)
    return loss
