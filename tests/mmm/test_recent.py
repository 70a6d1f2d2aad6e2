"""What media brought in the last weeks, against the window's own returns and finite differences of the response."""

from dataclasses import replace

import numpy as np
import pytest

from tests.scenarios.small_company import CHANNELS, MARKETS, small_media_mix
from workbench.mmm.posterior.media import media_of_market
from workbench.mmm.posterior.recent import EVERYWHERE, Recent, recent_returns

RESULT = small_media_mix(draws=80)
LENGTHS = (4, 13, 40)


@pytest.fixture(scope="module")
def recent() -> Recent:
    return recent_returns(RESULT, LENGTHS)


@pytest.mark.parametrize("weeks", LENGTHS)
@pytest.mark.parametrize("place", [EVERYWHERE, *MARKETS])
def test_returns_are_those_of_the_same_window(recent, place, weeks):
    first, last = RESULT.weeks[-weeks], RESULT.weeks[-1]
    markets = [place] if place else None
    windowed = RESULT.returns(first, last, markets=markets).set_index(["quantity", "channel"])
    roas, marginal = recent.returns(place, weeks)
    p, w = recent.at(place, weeks)
    ends = ["estimate", "lower", "upper"]
    for quantity, found in (
        ("roas", roas),
        ("marginal_roas", marginal),
        ("contribution", recent.contribution[:, p, w]),
    ):
        expected = windowed.loc[quantity].loc[list(CHANNELS), ends].to_numpy().T
        np.testing.assert_allclose(found[:, :-1], expected, rtol=1e-9)
    np.testing.assert_allclose(recent.spend[p, w, :-1], windowed.loc["spend"].loc[list(CHANNELS), "estimate"])


def test_a_marginal_return_is_the_finite_difference_of_what_media_bring(recent):
    """All exposure 0.1% up against 0.1% down, carry-over from before the window included."""
    share, weeks, m = 1e-3, 13, 1
    up, down = (
        media_of_market(replace(RESULT.response, exposure_history=RESULT.response.exposure_history * factor), m)
        for factor in (1 + share, 1 - share)
    )
    grown = (up - down)[:, -weeks:].sum(axis=1).mean(axis=0) / (2 * share)
    spend = RESULT.response.spend_history[-weeks:, m].sum(axis=0)
    _, marginal = recent.returns(MARKETS[m], weeks)
    np.testing.assert_allclose(marginal[0, :-1], grown / spend, rtol=1e-4)
    assert marginal[0, -1] == pytest.approx(grown.sum() / spend.sum(), rel=1e-4)


def test_parts_add_up_over_channels_markets_and_weeks(recent):
    mean = recent.contribution[0]
    np.testing.assert_allclose(mean[..., :-1].sum(axis=-1), mean[..., -1])
    np.testing.assert_allclose(mean[1:].sum(axis=0), mean[0])
    np.testing.assert_allclose(recent.weekly[0, :, -13:].sum(axis=-1), mean[:, recent.weeks.index(13), -1])
    np.testing.assert_allclose(recent.revenue[0], [4000.0 * weeks for weeks in LENGTHS])


def test_the_interval_of_a_sum_is_narrower_than_the_sum_of_intervals(recent):
    mean, lower, upper = recent.contribution
    assert (upper[..., -1] < upper[..., :-1].sum(axis=-1)).all()
    assert (lower[..., -1] > lower[..., :-1].sum(axis=-1)).all()
    assert ((lower < mean) & (mean < upper)).all()


def test_one_market_is_everywhere():
    north = RESULT.but(posterior=RESULT.posterior.isel(market=[0]))
    vars(north).pop("response", None)
    alone = recent_returns(north, LENGTHS)
    assert alone.places == (EVERYWHERE,)
    p, w = recent_returns(RESULT, LENGTHS).at("north", 13)
    np.testing.assert_allclose(
        alone.contribution[:, 0, w], recent_returns(RESULT, LENGTHS).contribution[:, p, w], rtol=1e-12
    )
