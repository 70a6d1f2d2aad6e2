"""Columns that are the same for all cases of a time are told from those that vary among them."""

import numpy as np
import pandas as pd
import pytest

from workbench.propensity.time_markers import share_between, time_markers


def columns(seed: int = 1, size: int = 4000) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    time = np.sort(rng.integers(0, 400, size))
    quarter = time // 40
    frame = pd.DataFrame(
        {
            "rate": 5 - quarter + rng.normal(0, 0.05, size),
            "form": pd.Series([f"version {q}" for q in quarter], dtype=object),
            "age": rng.normal(size=size) + 0.5 * quarter / 10,
            "origin": pd.Series(rng.choice(["a", "b", "c"], size), dtype=object),
        }
    )
    return frame, time.astype("datetime64[D]")


def test_what_the_time_alone_decides_is_found():
    assert set(time_markers(*columns())) == {"rate", "form"}


def test_the_share_of_many_rare_levels_is_not_chance():
    rng = np.random.default_rng(2)
    many = pd.Series(rng.integers(0, 1500, 3000).astype(str), dtype=object)
    assert share_between(many, np.arange(3000) // 150) == pytest.approx(0, abs=0.02)


def test_one_moment_marks_nothing():
    frame, _ = columns()
    assert time_markers(frame, np.zeros(len(frame), dtype="datetime64[D]")) == {}
