"""A line that later cases contradict follows them, and what is promised of it then comes true in fresh cases."""

import numpy as np
import pytest
from scipy.special import expit

from tests.propensity.test_profit_on_test import COST, EARNS, judged
from workbench.config.customers import Score
from workbench.propensity.line import Line, best_share, draw_line
from workbench.propensity.metrics import Judged

SPEC = Score(kind="conversion", value=EARNS.value, cost=COST)
PEOPLE = 20_000


def people(told: float, seed: int, common: float = -2.0) -> tuple[np.ndarray, np.ndarray]:
    """What is told of those to be scored, and their true probabilities."""
    log_odds = np.random.default_rng(1000 + seed).normal(common, 1, PEOPLE)
    return expit(log_odds + told), expit(log_odds)


def worlds(told: float, count: int) -> list[tuple[Line, np.ndarray]]:
    """Lines, with what acting on each number of people, the likeliest first, would truly bring."""
    found = []
    for seed in range(count):
        scored, true = people(told, seed)
        gains = np.cumsum(np.append(0.0, true[np.argsort(-scored)] * EARNS.value - COST))
        found.append((draw_line(scored, judged(seed, told), EARNS, SPEC, seed), gains))
    return found


def test_probabilities_that_hold_draw_the_line_themselves() -> None:
    for line, gains in worlds(0.0, 8):
        assert line.contradicted is None
        assert line.cut.rule == "pays"
        assert gains[line.cut.selected] > 0.999 * gains.max()


@pytest.mark.parametrize("told", [1.0, -1.0])
def test_a_contradicted_line_moves_to_where_acting_pays_and_promises_what_comes(told: float) -> None:
    found = worlds(told, 10)
    assert all(line.contradicted and line.cut.rule == "later cases" for line, _ in found)
    assert np.mean([gains[line.by_probability] / gains.max() for line, gains in found]) < 0.8
    assert np.mean([gains[line.cut.selected] / gains.max() for line, gains in found]) > 0.96
    promised = [PEOPLE * line.tested.of_all.estimate / gains[line.cut.selected] for line, gains in found if line.tested]
    assert len(promised) == len(found)
    assert np.mean(promised) == pytest.approx(1.0, abs=0.06)


def test_nobody_is_acted_on_where_no_share_pays() -> None:
    scored, _ = people(3.0, 1, common=-6.0)
    rng = np.random.default_rng(2)
    log_odds = rng.normal(-6, 1, 6000)
    later = Judged(probability=expit(log_odds + 3.0), outcome=rng.random(6000) < expit(log_odds), unit=np.arange(6000))
    line = draw_line(scored, later, EARNS, SPEC, 1)
    assert line.contradicted
    assert (line.cut.selected, line.cut.rule, line.tested) == (0, "unsupported", None)


def test_capacity_bounds_a_line_that_moves() -> None:
    scored, _ = people(-1.0, 1)
    line = draw_line(scored, judged(1, -1.0), EARNS, SPEC.model_copy(update={"capacity": 500}), 1)
    assert line.cut.selected <= 500


def test_the_best_share_is_found_by_hand() -> None:
    later = Judged(
        probability=np.array([0.9, 0.8, 0.7, 0.6, 0.5]),
        outcome=np.array([True, False, True, False, False]),
        unit=np.arange(5),
    )
    assert best_share(later, EARNS, 30.0, 1.0) == 0.6
    assert best_share(later, EARNS, 50.0, 1.0) == 0.2
    assert best_share(later, EARNS, 30.0, 0.4) == 0.2
