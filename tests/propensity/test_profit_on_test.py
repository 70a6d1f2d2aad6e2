"""What acting brought on later cases: sums by hand, and a line that is found to be drawn too early or too late."""

import numpy as np
import pytest
from scipy.special import expit

from workbench.propensity.metrics import Judged
from workbench.propensity.profit_on_test import profit_on_test
from workbench.propensity.worth import Worth

EARNS = Worth(value=80.0, error=0.0, declared=True)
COST = 10.0
BREAK_EVEN = COST / 80


def judged(seed: int, told: float = 0.0, size: int = 6000) -> Judged:
    """Outcomes of known probability; what is told lies `told` away on the scale of log odds."""
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(-2, 1, size)
    return Judged(probability=expit(log_odds + told), outcome=rng.random(size) < expit(log_odds), unit=np.arange(size))


def acted(case: Judged, seed: int = 1):
    return profit_on_test(case, EARNS, COST, float((case.probability > BREAK_EVEN).mean()), seed)


def test_profits_are_sums_by_hand():
    case = judged(1)
    found = profit_on_test(case, EARNS, COST, 0.2, seed=1)
    order = np.argsort(-case.probability)
    brought = 80 * case.outcome[order] - COST
    assert found.acted == 1200
    assert found.of_all.estimate == pytest.approx(brought[:1200].sum() / 6000)
    assert found.expected == pytest.approx((80 * case.probability[order][:1200] - COST).sum() / 6000)
    assert found.last.estimate == pytest.approx(brought[900:1200].mean())
    assert found.next.estimate == pytest.approx(brought[1200:2400].mean())
    # Cases of their own: the error of a mean is known.
    assert found.last.upper - found.last.estimate == pytest.approx(
        1.96 * brought[900:1200].std() / np.sqrt(300), rel=0.2
    )


def test_probabilities_that_hold_draw_the_line_where_it_pays():
    found = [acted(judged(seed, size=3000), seed) for seed in range(25)]
    assert sum(each.too_many for each in found) <= 1
    assert sum(each.too_few for each in found) <= 1


def test_probabilities_too_high_act_on_too_many_and_too_low_on_too_few():
    high, low = acted(judged(2, told=1.0)), acted(judged(2, told=-1.0))
    assert (high.too_many, high.too_few) == (True, False)
    assert (low.too_many, low.too_few) == (False, True)


def test_nothing_is_told_without_worth_or_without_anyone_to_act_on():
    unknown = Worth(value=np.nan, error=np.nan, declared=False)
    assert profit_on_test(judged(1), unknown, COST, 0.2, seed=1) is None
    assert profit_on_test(judged(1), EARNS, COST, 0.0, seed=1) is None


def test_acting_on_all_leaves_nobody_beyond_the_line():
    assert profit_on_test(judged(1), EARNS, COST, 1.0, seed=1).next is None
