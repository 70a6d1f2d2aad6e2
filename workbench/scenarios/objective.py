"""What a plan is judged by: the mean of its value, its bad outcomes, or a mixture of both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.errors import SpecError

TAIL = 0.1


@dataclass(frozen=True)
class RiskDial:
    """`(1 - risk) · mean + risk · CVaR`, the mean of the worst `tail` of outcomes.

    Attributes:
        risk: 0 judges by the mean, 1 by the bad outcomes alone.
        tail: Share of the draws that count as bad outcomes.

    References:
        Rockafellar & Uryasev (2000), Optimization of Conditional Value-at-Risk.
    """

    risk: float = 0.0
    tail: float = TAIL

    def __post_init__(self) -> None:
        if not 0 <= self.risk <= 1:
            raise SpecError(f"risk is {self.risk}; it runs from 0 (the mean) to 1 (bad outcomes only)")
        if not 0 < self.tail <= 1:
            raise SpecError(f"tail is {self.tail}; give a share of the outcomes above 0 and up to 1")

    def value(self, outcomes: np.ndarray) -> float:
        """The judged value of one plan's outcomes, shape (draw,)."""
        return float(self.weights(outcomes) @ outcomes)

    def weights(self, outcomes: np.ndarray) -> np.ndarray:
        """The weights of the draws, summing to 1, under which the judged value is a weighted mean.

        No other admissible weights give these outcomes a lower value, so that the weights of one plan bound the
        judged value of every other plan from above: `value(other) <= weights(plan) @ other`.
        """
        draws = len(outcomes)
        mean = np.full(draws, 1.0 / draws)
        return mean if self.risk == 0 else (1 - self.risk) * mean + self.risk * self._tail_weights(outcomes)

    def _tail_weights(self, outcomes: np.ndarray) -> np.ndarray:
        draws = len(outcomes)
        mass = self.tail * draws
        size = min(int(np.ceil(mass - 1e-9)), draws)
        worst = np.argpartition(outcomes, size - 1)[:size]
        weights = np.zeros(draws)
        weights[worst] = 1.0 / mass
        # The best of the worst counts only with what is left of the tail's mass.
        weights[worst[np.argmax(outcomes[worst])]] = 1.0 - (size - 1) / mass
        return weights


EXPECTED_VALUE = RiskDial()


@dataclass(frozen=True, kw_only=True)
class Objective:
    """What a plan is judged by: `margin · dial(outcomes) - cost · spend`.

    Attributes:
        dial: Mean and bad outcomes of what the plan causes.
        margin: Share of what the plan causes that counts, above 0.
        cost: What each unit of spend costs: 0 where the budget is given anyway, 1 where a plan is judged by profit.
    """

    dial: RiskDial = EXPECTED_VALUE
    margin: float = 1.0
    cost: float = 0.0

    def value(self, outcomes: np.ndarray, spend: np.ndarray) -> float:
        """The judged value of one plan: its outcomes, shape (draw,), and its spend, any shape."""
        return self.margin * self.dial.value(outcomes) - self.cost * float(spend.sum())


VOLUME = Objective()
