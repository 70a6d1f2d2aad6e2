"""Planted leakage is found; causes, however strong, drift and time are not mistaken for it."""

import numpy as np
import pandas as pd
import pytest
from propensity.worlds import simulate
from scipy.special import expit

from workbench.propensity.leakage import find_leakage
from workbench.propensity.rows import TrainingRows
from workbench.propensity.time_split import split_in_time


def searched(rows: TrainingRows, known_before: tuple[str, ...] = ()) -> tuple[str, ...]:
    return find_leakage(rows, split_in_time(rows, 0.25), known_before, seed=1).columns


def with_column(seed: int, values) -> TrainingRows:
    world = simulate(seed, size=3000)
    rng = np.random.default_rng(seed + 1000)
    rows = world.rows()
    return TrainingRows(**{**vars(rows), "features": rows.features.assign(late=values(world.won, rng))})


LEAKS = {
    "calls that lasted": lambda won, rng: rng.gamma(2, 100, len(won)) * np.where(won, 2.6, 1),
    "filled in for the won alone": lambda won, rng: pd.Series(
        np.where(won & (rng.random(len(won)) < 0.9), "reseller", None), dtype=object
    ),
    "a status": lambda won, rng: pd.Series(
        np.where(won ^ (rng.random(len(won)) < 0.05), "customer", "lost"), dtype=object
    ),
}


@pytest.mark.parametrize("kind", list(LEAKS))
def test_a_planted_leak_is_found_every_time(kind):
    found = [searched(with_column(seed, LEAKS[kind])) for seed in range(10)]
    assert found == [("late",)] * 10


@pytest.mark.slow
def test_causes_are_not_flagged_in_a_hundred_worlds():
    flagged = [searched(simulate(seed, size=2500, strength=0.5 + seed / 160).rows()) for seed in range(100)]
    assert not any(flagged)


def test_a_single_cause_stronger_than_all_others_is_asked_about_and_settled_by_a_word():
    """No number can tell it from a trace of the outcome: the company has to."""
    rows = simulate(1, size=3000, strength=2.5).rows()
    assert searched(rows) == ("visits",)
    assert searched(rows, known_before=("visits",)) == ()


def test_a_strong_cause_beside_others_that_tell_more_together_is_not_flagged():
    """An honest column that looks suspicious alone, an AUC above .75, in a world of which eight others tell more."""
    for seed in range(6):
        rng = np.random.default_rng(seed)
        strong, others = rng.normal(size=3000), rng.normal(size=(3000, 8))
        won = rng.random(3000) < expit(-1.5 + 1.7 * strong + 0.9 * others.sum(axis=1))
        features = pd.DataFrame(others, columns=[f"weak_{i}" for i in range(8)]).assign(strong=strong)
        rows = TrainingRows(**{**vars(simulate(seed, size=3000).rows()), "outcome": won, "features": features})
        assert searched(rows) == ()


def test_a_column_that_drifts_with_the_rate_is_no_leak():
    rng = np.random.default_rng(4)
    time = np.linspace(0, 1, 6000)
    won = rng.random(6000) < 0.03 + 0.4 * time
    rows = simulate(4, size=6000).rows()
    rows = TrainingRows(
        **{**vars(rows), "outcome": won, "features": pd.DataFrame({"index": time + rng.normal(0, 0.02, 6000)})}
    )
    assert searched(rows) == ()


def test_a_vouched_column_is_kept_and_said():
    rows = with_column(1, LEAKS["a status"])
    found = find_leakage(rows, split_in_time(rows, 0.25), ("late",), seed=1)
    assert found.columns == ()
    assert found.table.set_index("column").verdict["late"] == "known before"


def test_columns_made_of_dated_events_are_not_searched():
    rows = with_column(1, LEAKS["a status"])
    trusted = TrainingRows(**{**vars(rows), "made": frozenset({"late"})})
    assert searched(trusted) == ()


def test_several_leaks_do_not_hide_each_other():
    rows = with_column(2, LEAKS["a status"])
    twice = TrainingRows(**{**vars(rows), "features": rows.features.assign(copy=rows.features.late)})
    assert set(searched(twice)) == {"late", "copy"}
