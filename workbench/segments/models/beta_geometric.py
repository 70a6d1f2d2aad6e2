"""What BG/NBD and MBG/NBD share: at each of some chances a customer leaves, with a beta-distributed probability.

They differ in when the chances come: BG/NBD counts repeat purchases only, MBG/NBD also the first purchase. With c chances so far,
both likelihoods are NBD × B(a, b+c)/B(a, b) × (1 + odds), where the odds that the last chance was taken are
a/(b+c−1) × ((α+T)/(α+t_x))^(r+x).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import ClassVar

import numpy as np
from scipy.special import digamma, gammaln

from workbench.segments.models.beta_quadrature import beta_quadrature
from workbench.segments.models.counting import at_least
from workbench.segments.models.likelihood import Fit
from workbench.segments.models.nbd import buying, dropout_evidence
from workbench.segments.models.purchase_fit import fit_purchases
from workbench.segments.summaries import Triples

QUADRATURE_NODES = 16
LARGEST_LOG_ODDS = 700.0


class BetaGeometric:
    """Implements `purchase_model.PurchaseModel`; parameters are (r, alpha, a, b).

    Attributes:
        chances_at_start: Chances to leave that the first purchase brings, 0 or 1.
    """

    name: str
    parameters: tuple[str, ...] = ("r", "alpha", "a", "b")
    chances_at_start: ClassVar[int]

    def fit(self, triples: Triples) -> Fit:
        """Raises: FitError, as `purchase_fit.fit_purchases`."""
        age = float(np.average(triples.age, weights=triples.customers))
        starts = [(1.0, age, 1.0, 1.0), (0.25, 0.2 * age, 0.5, 2.0), (0.5, 0.5 * age, 0.05, 2.0), (2.0, age, 5.0, 20.0)]
        return fit_purchases(self, triples, starts)

    def log_likelihood(self, parameters: np.ndarray, triples: Triples) -> tuple[float, np.ndarray]:
        r, alpha, a, b = parameters
        exposed = self._exposed(triples)
        x, n, level = exposed.frequency, exposed.customers, exposed.level
        lapse, odds = self._odds_of_dropout(parameters, exposed)
        dropped = n * odds / (1 + odds)
        bought, d_buying = buying(r, alpha, triples)
        survived, d_a, d_b = _surviving(a, b, triples.levels + self.chances_at_start, triples.customers_by_level)
        since_last = (1 / (alpha + exposed.recencies))[exposed.recency_position]
        since_first = (1 / (alpha + exposed.ages))[exposed.age_position]
        d_r = d_buying[0] + dropped @ lapse
        d_alpha = d_buying[1] + (dropped * (r + x)) @ (since_first - since_last)
        d_a, d_b = d_a + dropped.sum() / a, d_b - dropped @ (1 / (b + self._last_chance(exposed)))[level]
        return bought + survived + float(n @ np.log1p(odds)), np.array([d_r, d_alpha, d_a, d_b])

    def probability_alive(self, parameters: np.ndarray, triples: Triples) -> np.ndarray:
        """Fader, Hardie (2008); one for everybody who had no chance to leave."""
        alive = np.ones(len(triples))
        _, odds = self._odds_of_dropout(parameters, self._exposed(triples))
        alive[triples.frequency + self.chances_at_start > 0] = 1 / (1 + odds)
        return alive

    def purchases_if_alive(
        self, parameters: np.ndarray, levels: np.ndarray, age: np.ndarray, times: np.ndarray
    ) -> np.ndarray:
        """Given survival of c chances, dropout p ~ Beta(a, b + c) and rate λ ~ Gamma(r + x, α + T), so that purchases in t are
        E[(1 − (1 + p t / (α + T))^−(r + x)) / p].

        This equals the papers' formulas with ₂F₁, which overflow for frequent buyers and are undefined at a = 1.
        """
        r, alpha, a, b = parameters
        known, at = np.unique(levels, return_inverse=True)
        nodes, weights = beta_quadrature(np.full(known.shape, a), b + known + self.chances_at_start, QUADRATURE_NODES)
        p, weight = nodes[at], weights[at]
        exposure = times[:, None, None, None] * p[:, None, :] / (alpha + age)[..., None]
        bought = -np.expm1(-(r + levels)[:, None, None] * np.log1p(exposure))
        return np.einsum("jlan,ln->jla", bought, weight / p)

    def purchases_reached(
        self, parameters: np.ndarray, frequency: np.ndarray, age: np.ndarray, within: float
    ) -> Iterator[np.ndarray]:
        """Who makes n purchases had time for them and stayed at each of the n − 1 chances before the last."""
        r, alpha, a, b = parameters
        stayed, chances = np.ones(len(age)), frequency + self.chances_at_start
        for purchases, timely in zip(count(1), at_least(r + frequency, within / (alpha + age)), strict=False):
            yield stayed * timely
            left = b + chances + purchases - 1
            stayed = stayed * (left / (a + left))

    def dropout_evidence(self, fit: Fit, triples: Triples) -> float:
        return dropout_evidence(fit, triples)

    def one_time_buyers_always_alive(self) -> bool:
        return self.chances_at_start == 0

    def _exposed(self, triples: Triples) -> Triples:
        """Histories with a chance to leave."""
        return triples if self.chances_at_start else triples.repeating

    def _last_chance(self, exposed: Triples) -> np.ndarray:
        """How many chances were not taken before the last one, by level; nobody exposed is of a level without any."""
        return np.maximum(exposed.levels + self.chances_at_start - 1, 0.0)

    def _odds_of_dropout(self, parameters: np.ndarray, exposed: Triples) -> tuple[np.ndarray, np.ndarray]:
        """log((α+T)/(α+t_x)), and the odds that the last chance was taken."""
        r, alpha, a, b = parameters
        age, recency = np.log(alpha + exposed.ages), np.log(alpha + exposed.recencies)
        lapse = age[exposed.age_position] - recency[exposed.recency_position]
        log_odds = (np.log(a) - np.log(b + self._last_chance(exposed)))[exposed.level]
        return lapse, np.exp(np.minimum(log_odds + (r + exposed.frequency) * lapse, LARGEST_LOG_ODDS))


def _surviving(a: float, b: float, chances: np.ndarray, customers: np.ndarray) -> tuple[float, float, float]:
    """Log of B(a, b+c) / B(a, b), summed over customers, and its derivatives by a and b."""
    value = gammaln(b + chances) - gammaln(a + b + chances) - gammaln(b) + gammaln(a + b)
    d_a = digamma(a + b) - digamma(a + b + chances)
    d_b = digamma(b + chances) - digamma(b) + d_a
    return float(customers @ value), float(customers @ d_a), float(customers @ d_b)
