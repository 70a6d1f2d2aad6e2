"""What moved since the last fit, on results that nobody sampled."""

from dataclasses import replace

import numpy as np
import pytest

from tests.mmm.posteriors import result_of
from tests.mmm.worlds import simulate
from workbench.mmm.checks.stability import stability_check, what_changed
from workbench.mmm.holdout.origins import first_weeks


@pytest.fixture(scope="module")
def panel():
    return simulate(seed=3, weeks=70, markets=2).panel


@pytest.fixture(scope="module")
def last(panel):
    return result_of(first_weeks(panel, 66))


def moved(result, channel: str, to: float):
    """The result with another return of one channel."""
    estimates = result.estimates.copy()
    estimates.loc[(estimates.quantity == "roas") & (estimates.entity == channel), "estimate"] = to
    return replace(result, estimates=estimates)


def test_a_return_that_left_its_last_interval_fails_and_is_named(panel, last):
    then = last.estimate("roas", "channel 1")
    calm = moved(
        moved(result_of(panel), "channel 1", then.estimate), "channel 0", last.estimate("roas", "channel 0").estimate
    )
    assert stability_check(calm, last).value == pytest.approx(0.0)
    assert stability_check(moved(calm, "channel 1", 0.01 * then.estimate + 0.99 * then.upper), last).passed
    jumped = stability_check(moved(calm, "channel 1", 1.01 * then.upper), last)
    assert jumped.passed is False
    assert "Search" in jumped.detail
    down = stability_check(moved(calm, "channel 1", 0.5 * (then.estimate + then.lower)), last)
    assert down.value == pytest.approx(0.5)


def test_new_weeks_and_revised_numbers_are_named(panel, last):
    assert what_changed(last, last) == "the data stayed as they were"
    kpi, spend = panel.kpi.copy(), panel.spend.copy()
    kpi[:33] *= 1.01
    revised = result_of(replace(panel, kpi=kpi, spend=spend))
    assert what_changed(revised, last) == "4 weeks came, the KPI of 50.0% of the weeks was revised"
    spend[panel.carry_in + np.arange(0, 66), 0, 0] *= 1.1
    words = what_changed(result_of(replace(panel, kpi=kpi, spend=spend)), last)
    assert "the spend of" in words


def test_other_channels_can_not_be_compared(panel, last):
    renamed = result_of(panel)
    other = replace(renamed, posterior=renamed.posterior.assign_coords(channel=["a", "b"]))
    assert stability_check(other, last).passed is None
