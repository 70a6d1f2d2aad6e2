"""What acting brought on later cases, whose outcomes are known, and whether the line was drawn where acting stops to pay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.propensity.metrics import Judged, Z
from workbench.propensity.worth import Worth

BESIDE_THE_LINE = 0.25


@dataclass(frozen=True, kw_only=True)
class Profit:
    """Currency, with its 95% interval over resampled units."""

    estimate: float
    lower: float
    upper: float


@dataclass(frozen=True, kw_only=True)
class ProfitOnTest:
    """Profit of acting on the same share of the test as of those who are scored.

    Attributes:
        cases: Of the test.
        acted: Of those, acted on.
        of_all: Per case of the test.
        expected: The same, by the probabilities.
        last: Per case of the least likely quarter of those acted on.
        next: Per case of the likeliest quarter of all others, None where everyone is acted on.
    """

    cases: int
    acted: int
    of_all: Profit
    expected: float
    last: Profit
    next: Profit | None

    @property
    def too_many(self) -> bool:
        """Whether the last of those acted on cost more than they brought, beyond chance."""
        return self.last.upper < 0

    @property
    def too_few(self) -> bool:
        """Whether the next ones would have brought more than they cost, beyond chance."""
        return self.next is not None and self.next.lower > 0


def profit_on_test(judged: Judged, worth: Worth, cost: float, share: float, seed: int) -> ProfitOnTest | None:
    """Act on the likeliest share of the test; nothing where the worth of an outcome isn't known or nobody is acted on.

    Args:
        judged: The test.
        worth: Of an outcome.
        cost: Of acting on one.
        share: Of cases acted on, in [0, 1].
        seed: Of the bootstrap.
    """
    cases = len(judged.probability)
    acted = round(share * cases)
    if not worth.known or not acted:
        return None
    order = np.argsort(-judged.probability, kind="stable")
    brought = np.where(judged.outcome, worth.value, 0.0) - cost
    promised = judged.probability * worth.value - cost
    last = order[acted - max(1, round(BESIDE_THE_LINE * acted)) : acted]
    others = order[acted : acted + max(1, round(BESIDE_THE_LINE * (cases - acted)))]
    everyone = np.zeros(cases)
    everyone[order[:acted]] = brought[order[:acted]]
    return ProfitOnTest(
        cases=cases,
        acted=acted,
        of_all=_mean(everyone, np.arange(cases), judged, seed),
        expected=float(promised[order[:acted]].sum()) / cases,
        last=_mean(brought, last, judged, seed),
        next=_mean(brought, others, judged, seed) if len(others) else None,
    )


def _mean(brought: np.ndarray, rows: np.ndarray, judged: Judged, seed: int) -> Profit:
    """Mean over rows; the cases of one unit come or stay away together."""
    draws = [float(weights[rows] @ brought[rows]) / max(1.0, weights[rows].sum()) for weights in judged.resampled(seed)]
    estimate, spread = float(brought[rows].mean()), Z * float(np.std(draws, ddof=1))
    return Profit(estimate=estimate, lower=estimate - spread, upper=estimate + spread)
