"""Lift records on the panel: the change is taken out of the test's own weeks and markets."""

import numpy as np
import pandas as pd
import pytest

from tests.mmm.worlds import simulate
from workbench.config import Channel, MediaMix
from workbench.errors import SpecError
from workbench.mmm.checks.lift_agreement import expected_lift
from workbench.mmm.density.parameters import Draws
from workbench.mmm.inputs.design import build_design
from workbench.mmm.inputs.lift_tests import build_lift_tests
from workbench.mmm.posterior.fitted_response import response_model

WORLD = simulate(seed=2, weeks=60, markets=2)
DESIGN = build_design(WORLD.panel, MediaMix(), {"channel 0": Channel(saturation="none")})


def records(**changes: object) -> pd.DataFrame:
    record = {
        "experiment_id": "test",
        "channel": "channel 0",
        "markets": "market 0;market 1",
        "start": "2022-05-02",
        "end": "2022-05-29",
        "spend_change": 1_000.0,
        "lift": 2_000.0,
        "lift_se": 500.0,
    }
    return pd.DataFrame([{**record, **changes}])


def test_on_a_straight_line_without_carry_over_lift_is_return_times_change():
    tests = build_lift_tests(records(), DESIGN)
    expected = expected_lift(response_model(_draws(roas=2.5, half_life=0.01), DESIGN), DESIGN, tests)
    np.testing.assert_allclose(expected, 2.5 * 1_000.0, rtol=1e-6)


def test_carry_over_beyond_the_test_is_not_counted():
    tests = build_lift_tests(records(markets="market 0", end="2022-05-08"), DESIGN)
    model = response_model(_draws(roas=2.5, half_life=1.0), DESIGN)
    share_of_the_first_week = 0.5 / (1 - 0.5**14)
    expected = model.coefficient[:, 0, [0]] * 1_000.0 * share_of_the_first_week
    np.testing.assert_allclose(expected_lift(model, DESIGN, tests), expected, rtol=1e-9)


def test_lift_is_the_response_with_the_spend_minus_that_without_it():
    tests = build_lift_tests(records(channel="channel 1", markets=["market 1"]), DESIGN)
    model = response_model(_draws(roas=1.5, half_life=2.0), DESIGN)
    panel, weeks = WORLD.panel, slice(13 + 17, 13 + 21)
    without = panel.exposure.copy()
    spent = panel.spend[weeks, 1, 1].sum()
    without[weeks, 1, 1] *= 1 - 1_000.0 / spent
    caused = model.kpi_of_exposure(panel.exposure[13:], panel.exposure[:13]) - model.kpi_of_exposure(
        without[13:], panel.exposure[:13]
    )
    np.testing.assert_allclose(expected_lift(model, DESIGN, tests)[:, 0], caused[:, 17:21, 1, 1].sum(axis=1), rtol=1e-9)


def test_a_weight_divides_the_variance():
    assert build_lift_tests(records(weight=0.25), DESIGN).standard_error == pytest.approx([1_000.0])


@pytest.mark.parametrize(("end", "share"), [("2024-02-25", 1.0), ("2023-02-25", 0.5), ("2022-02-25", 0.25)])
def test_a_tests_weight_halves_with_each_half_life_before_the_end_of_the_data(end, share):
    """112 weeks from 2022-01-03 end on 2024-02-25."""
    design = build_design(simulate(seed=2, weeks=112).panel, MediaMix(), {})
    start = pd.Timestamp(end) - pd.Timedelta(days=27)
    record = records(markets="market 0", start=start, end=end, weight=0.5)
    tests = build_lift_tests(record, design, half_life_years=1.0)
    assert tests.weight == pytest.approx([0.5 * share], rel=1e-3)
    assert tests.standard_error == pytest.approx(500.0 / np.sqrt(tests.weight))


def test_tests_do_not_age_unless_told_to():
    assert build_lift_tests(records(), DESIGN).weight.tolist() == [1.0]


def test_a_test_outside_the_data_is_left_out_and_named():
    tests = build_lift_tests(records(start="2019-01-07", end="2019-02-03"), DESIGN)
    assert (len(tests), tests.outside) == (0, ("test",))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"channel": "radio"}, "on channel 'radio', which the media table lacks"),
        ({"markets": "market 0;Atlantis"}, "names the market 'Atlantis'"),
        ({"spend_change": 1e9}, "added 1,000,000,000 to channel 0, but only"),
        ({"spend_change": 0.0}, "spend_change 0.0; it must be a number other than 0"),
        ({"lift_se": 0.0}, "lift_se 0.0; it must be above 0"),
        ({"weight": 1.5}, "weight 1.5; it must be above 0 and at most 1"),
        ({"start": "2022-06-06"}, "before it starts"),
    ],
)
def test_impossible_records_are_refused(changes, words):
    with pytest.raises(SpecError, match=words):
        build_lift_tests(records(**changes), DESIGN)


def _draws(*, roas: float, half_life: float) -> Draws:
    return Draws(
        roas=np.full((2, 2, 2), roas),
        half_saturation=np.ones((2, 2, 2)),
        slope=np.full((2, 2), 1.2),
        half_life=np.full((2, 2), half_life),
        carry_over_shape=np.ones((2, 2)),
        noise=np.full((2, 2), 0.1),
        week_spread=np.zeros(2),
        own=np.zeros((2, 2, len(DESIGN.baseline.own_sign))),
        effectiveness=np.zeros((2, 2, 0)),
    )
