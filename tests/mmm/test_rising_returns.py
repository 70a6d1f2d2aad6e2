"""Curves that bend upward, in businesses whose curve is known."""

from dataclasses import replace

import pytest

from tests.mmm.posteriors import prepared, sample
from tests.mmm.worlds import simulate
from workbench.config import BusinessPrior, Channel, MediaMix
from workbench.data.panel import Panel
from workbench.mmm.checks.rising_returns import rising_returns_checks
from workbench.mmm.fit import summarise_fit
from workbench.mmm.posterior.fitted_response import response_model
from workbench.mmm.prepare import prepare
from workbench.mmm.sampling import Effort
from workbench.mmm.short_fit import short_fit
from workbench.result import Check, Provenance

WORLD = simulate(seed=3)


def checks_of(panel: Panel, *channels: Channel) -> list[Check]:
    model = prepare(panel, MediaMix(), dict(zip(panel.channels, channels, strict=False)))
    draws = short_fit(model, Effort(draws=250, tune=300, chains=2), seed=1)
    return rising_returns_checks(response_model(draws, model.design), model.priors)


def with_hidden_demand() -> Panel:
    """Spend of channel 0 is in proportion to a demand that sells by itself in proportion to its square."""
    demand = WORLD.panel.window_spend[..., 0] / WORLD.panel.window_spend[..., 0].mean()
    return replace(WORLD.panel, kpi=WORLD.panel.kpi + 0.05 * WORLD.panel.kpi.mean() * demand**2)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_nothing_is_said_of_curves_of_slope_up_to_a_third_above_one(seed):
    """The simulated channels have slopes of 1.1 and 1.3."""
    assert checks_of(simulate(seed=seed).panel) == []


def test_spend_that_follows_hidden_demand_is_found():
    (check,) = checks_of(with_hidden_demand())
    assert check.passed is False
    assert check.value > check.threshold
    assert "channel 0 (slope" in check.detail
    assert "channel 1" not in check.detail


def test_a_slope_that_was_stated_is_no_surprise():
    assert checks_of(with_hidden_demand(), Channel(slope=BusinessPrior(lower=1.5, upper=4))) == []


def test_straight_lines_have_no_slope_to_judge():
    assert checks_of(WORLD.panel, Channel(saturation="none"), Channel(saturation="logistic")) == []


def test_the_fit_says_so():
    model = prepared(WORLD.panel)
    rising = sample(model)
    model.layout.split(rising.position)["slope"][...] += 5.0
    told = {
        each: summarise_fit(draws, model, provenance=Provenance(), seed=1).failed_checks
        for each, draws in (("flat", sample(model)), ("rising", rising))
    }
    assert "rising_returns" not in {check.name for check in told["flat"]}
    (check,) = (check for check in told["rising"] if check.name == "rising_returns")
    assert "spent on TV (slope" in check.detail
