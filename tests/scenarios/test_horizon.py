"""The planner's curves against the media mix evaluated directly."""

import numpy as np
import pandas as pd
import pytest

from tests.scenarios.small_company import small_media_mix
from workbench.errors import SpecError
from workbench.scenarios.horizon import build_horizon, caused_by, channel_curves


@pytest.fixture(scope="module")
def media_mix():
    return small_media_mix(draws=30)


def test_interpolated_curves_equal_the_media_mix_between_their_nodes(media_mix):
    horizon = build_horizon(media_mix, 13)
    reach = 3 * horizon.reference
    curves = channel_curves(media_mix.response, horizon, reach)
    at = reach[:, None] * np.random.default_rng(3).uniform(0, 1, (3, 12))
    exact = caused_by(media_mix.response, horizon, at)
    found = np.stack([curves.at(column) for column in at.T], axis=1)
    largest = exact.max(axis=1, keepdims=True)
    assert np.abs(found - exact).max() < 1e-3 * largest.max()
    assert (np.abs(found - exact) / largest).max() < 1e-3


def test_a_linear_channel_returns_its_slope_whatever_the_past_and_the_carry_over(media_mix):
    """Without saturation every unit of spend causes `coefficient`, sooner or later, carry-over included."""
    horizon = build_horizon(media_mix, 13)
    social = horizon.channels.index("social")
    spend = np.zeros((3, 1))
    spend[social] = 5000.0
    share = horizon.market_share[:, social]
    expected = 5000.0 * (media_mix.response.coefficient[:, :, social] * share).sum(axis=1)
    np.testing.assert_allclose(caused_by(media_mix.response, horizon, spend)[social, 0], expected, rtol=1e-9)


def test_the_horizon_starts_after_the_history_and_looks_back_as_far(media_mix):
    horizon = build_horizon(media_mix, 4)
    history = media_mix.response.spend_history
    assert horizon.weeks[0] == pd.Timestamp("2024-01-01") + pd.Timedelta(weeks=40)
    assert len(horizon.weeks) == 4
    np.testing.assert_allclose(horizon.reference, history[-4:].sum(axis=(0, 1)))
    windows = [history[start : start + 4].sum(axis=(0, 1)) for start in range(37)]
    np.testing.assert_allclose(horizon.observed, np.max(windows, axis=0))
    np.testing.assert_allclose(horizon.weekly(horizon.reference).sum(axis=(0, 1)), horizon.reference)


@pytest.mark.parametrize("weeks", [4, 60])
def test_the_same_weeks_a_year_ago_start_52_weeks_before_the_plan(weeks):
    media_mix = small_media_mix(draws=5, weeks=80)
    history = media_mix.response.spend_history
    same = history[28 : 28 + weeks].sum(axis=(0, 1)) * (weeks / min(weeks, 52))
    np.testing.assert_allclose(build_horizon(media_mix, weeks).year_ago, same)


def test_a_history_of_less_than_a_year_has_no_year_ago(media_mix):
    assert not build_horizon(media_mix, 12).year_ago.any()


def test_a_horizon_longer_than_the_history_scales_the_reference_up(media_mix):
    horizon = build_horizon(media_mix, 80)
    np.testing.assert_allclose(horizon.reference, 2 * media_mix.response.spend_history.sum(axis=(0, 1)))


@pytest.mark.parametrize("weeks", [0, -3])
def test_a_horizon_without_weeks_is_refused(media_mix, weeks):
    with pytest.raises(SpecError, match=f"horizon_weeks is {weeks}"):
        build_horizon(media_mix, weeks)


def test_a_reference_period_without_spend_is_refused():
    silent = small_media_mix(draws=5)
    silent.posterior["spend_history"][-13:] = 0.0
    with pytest.raises(SpecError, match="nothing was spent in the last 13 weeks"):
        build_horizon(silent, 13)
