"""Nothing is learnt from an outcome that wasn't known by then."""

import numpy as np
import pytest
from propensity.worlds import simulate

from workbench.errors import SpecError
from workbench.propensity.rows import TrainingRows
from workbench.propensity.time_split import forward_folds, split_in_time, time_blocks


def waiting(days: int) -> TrainingRows:
    rows = simulate(1, size=3000).rows()
    return TrainingRows(**{**vars(rows), "known": rows.time + np.timedelta64(days, "D")})


def test_the_test_is_later_and_everything_learnt_was_known_before_it():
    rows = waiting(45)
    split = split_in_time(rows, 0.25)
    assert len(split.test) == pytest.approx(750, abs=15)
    assert rows.time[split.test].min() == split.starts
    assert rows.known[split.train].max() <= split.starts
    assert split.unknown_then == 3000 - len(split.train) - len(split.test)


def test_folds_learn_from_what_was_known_before_them():
    rows = waiting(30)
    folds = forward_folds(rows, seed=1)
    assert folds.ordered
    for earlier, later in folds.pairs:
        assert rows.known[earlier].max() <= rows.time[later].min()


def test_one_moment_is_folded_at_random_by_customer():
    rows = simulate(1, size=900).rows(days=1)
    rows = TrainingRows(**{**vars(rows), "unit": np.arange(900) // 3})
    folds = forward_folds(rows, seed=1)
    assert not folds.ordered
    for learnt, predicted in folds.pairs:
        assert not set(rows.unit[learnt]) & set(rows.unit[predicted])
    assert sorted(folds.predicted) == list(range(900))


def test_rows_of_one_moment_share_a_block():
    time = np.sort(np.random.default_rng(1).integers(0, 9, 500)).astype("datetime64[D]")
    block = time_blocks(time, 4)
    assert all(len(np.unique(block[time == day])) == 1 for day in np.unique(time))
    assert (np.diff(block) >= 0).all()


def test_one_moment_cannot_be_split():
    with pytest.raises(SpecError, match="one moment"):
        split_in_time(simulate(1, size=500).rows(days=1), 0.25)
