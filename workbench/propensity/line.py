"""Where acting begins: where the probabilities put it, or, where later cases contradict them, where those say that it pays."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from workbench.config.customers import Score
from workbench.propensity.metrics import Judged
from workbench.propensity.profit_on_test import ProfitOnTest, profit_on_test
from workbench.propensity.worth import Cut, Worth, choose_cut


@dataclass(frozen=True, kw_only=True)
class Line:
    """Whom to act on.

    Attributes:
        cut: What is handed on.
        tested: What acting on that share of later cases brought; of a line that was moved, on cases that had no part in moving it.
            None where the worth of an outcome isn't known or nobody is acted on.
        by_probability: How many the probabilities alone would have acted on.
        contradicted: What acting on those brought, where it shows that line to be wrong; None where it stands.
    """

    cut: Cut
    tested: ProfitOnTest | None
    by_probability: int
    contradicted: ProfitOnTest | None = None


def draw_line(probability: np.ndarray, judged: Judged, worth: Worth, spec: Score, seed: int) -> Line:
    """Draw the line by the probabilities and hold it against later cases.

    Where those contradict it beyond chance, half of their units say at which share acting pays most, the other half what it brings there;
    where that isn't more than nothing beyond chance, nobody is acted on.

    Args:
        probability: Of everyone who can be acted on, shape (cases,).
        judged: The later cases.
        worth: Of an outcome.
        spec: Cost and capacity.
        seed: Of the halves and the bootstrap.
    """
    cut, everyone = choose_cut(probability, worth, spec), max(1, len(probability))
    tested = profit_on_test(judged, worth, spec.cost, cut.selected / everyone, seed)
    if tested is None or not spec.cost or not _contradicts(tested, cut):
        return Line(cut=cut, tested=tested, by_probability=cut.selected)
    most = min(1.0, spec.capacity / everyone) if spec.capacity else 1.0
    choosing, judging = _halves(judged, seed)
    moved = round(everyone * best_share(choosing, worth, spec.cost, most))
    tested_there = profit_on_test(judging, worth, spec.cost, moved / everyone, seed)
    supported = tested_there is not None and tested_there.of_all.lower > 0
    return Line(
        cut=_cut_at(probability, moved)
        if supported
        else replace(cut, probability=np.inf, selected=0, rule="unsupported"),
        tested=tested_there if supported else None,
        by_probability=cut.selected,
        contradicted=tested,
    )


def best_share(judged: Judged, worth: Worth, cost: float, most: float) -> float:
    """The likeliest share of cases, at most `most`, whose outcomes brought most beyond what acting on them cost."""
    order = np.argsort(-judged.probability, kind="stable")[: round(most * len(judged.probability))]
    gained = np.cumsum(np.append(0.0, judged.outcome[order] * worth.value - cost))
    return float(np.argmax(gained)) / len(judged.probability)


def _contradicts(tested: ProfitOnTest, cut: Cut) -> bool:
    return tested.too_many or (cut.rule == "pays" and tested.too_few)


def _halves(judged: Judged, seed: int) -> tuple[Judged, Judged]:
    """Units at random, each with all its cases."""
    codes = np.unique(judged.unit, return_inverse=True)[1]
    first = np.random.default_rng(seed).permutation(int(codes.max()) + 1)[codes] % 2 == 0
    one, other = (
        Judged(probability=judged.probability[rows], outcome=judged.outcome[rows], unit=judged.unit[rows])
        for rows in (first, ~first)
    )
    return one, other


def _cut_at(probability: np.ndarray, selected: int) -> Cut:
    others = len(probability) - selected
    return Cut(probability=float(np.partition(probability, others)[others]), selected=selected, rule="later cases")
