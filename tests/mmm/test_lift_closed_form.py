"""What tests do to a return, against closed forms: a channel on a straight line without carry-over, and exact densities."""

import numpy as np
import pandas as pd
import pytest

from tests.mmm.worlds import simulate
from workbench.config import BusinessPrior, Channel, MediaMix
from workbench.mmm.density.callbacks import density_at
from workbench.mmm.density.starting_point import StartingPoint
from workbench.mmm.prepare import Prepared, prepare
from workbench.mmm.sampling import Effort
from workbench.mmm.short_fit import short_fit

PANEL = simulate(seed=4, weeks=112).panel
LINE = Channel(saturation="none", half_life_weeks=BusinessPrior(lower=0.01, upper=0.02))
SPENT = PANEL.window_spend[40:52, 0, 0].sum()


def record(**changes: object) -> dict[str, object]:
    """A test that held channel 0 at zero for twelve weeks, 60 weeks before the end of the data."""
    return {
        "experiment_id": "test",
        "channel": "channel 0",
        "markets": "market 0",
        "start": PANEL.weeks[40],
        "end": PANEL.weeks[52] - pd.Timedelta(days=1),
        "spend_change": SPENT,
        "lift": 2.5 * SPENT,
        "lift_se": 0.01 * SPENT,
    } | changes


def prepared(*records: dict[str, object], **config: object) -> Prepared:
    return prepare(PANEL, MediaMix(**config), {"channel 0": LINE}, pd.DataFrame(records) if records else None)


def densities(model: Prepared) -> np.ndarray:
    """Log-density and its gradient at ten points, up to the constant, shape (10, 1 + size)."""
    size = model.layout.size
    points = np.random.default_rng(1).normal(scale=0.5, size=(10, size))
    data = model.data_around(StartingPoint(centre=np.zeros(size), scale=np.ones(size), doubt=np.ones(2)))
    found = np.array([np.append(*density_at(point, data)) for point in points])
    return np.column_stack([found[:, 0] - found[0, 0], found[:, 1:]])


def test_a_very_precise_test_is_the_return():
    """Prior and sales history together know the return to about 0.1, the test to 0.002."""
    roas = short_fit(prepared(record(lift_se=0.002 * SPENT)), Effort(draws=500), seed=1).roas[:, 0, 0]
    assert roas.mean() == pytest.approx(2.5, abs=0.0007)
    assert roas.std() == pytest.approx(0.002, rel=0.1)


def test_two_tests_combine_by_precision():
    """With standard errors 0.004 and 0.002: mean (2.49 + 4 · 2.51) / 5 and standard error 0.002 · √(4 / 5)."""
    less = record(experiment_id="less", lift=2.49 * SPENT, lift_se=0.004 * SPENT)
    more = record(experiment_id="more", lift=2.51 * SPENT, lift_se=0.002 * SPENT)
    roas = short_fit(prepared(less, more), Effort(draws=500), seed=1).roas[:, 0, 0]
    assert roas.mean() == pytest.approx(2.506, abs=0.0007)
    assert roas.std() == pytest.approx(0.002 * np.sqrt(0.8), rel=0.1)


def test_two_tests_of_the_same_cells_are_their_precision_weighted_mean():
    two = prepared(
        record(experiment_id="a", lift=2.0 * SPENT, lift_se=0.3 * SPENT),
        record(experiment_id="b", lift=3.0 * SPENT, lift_se=0.6 * SPENT),
    )
    precision = np.array([0.3, 0.6]) ** -2.0
    mean = precision @ [2.0, 3.0] / precision.sum()
    one = prepared(record(lift=mean * SPENT, lift_se=SPENT / np.sqrt(precision.sum())))
    np.testing.assert_allclose(densities(two), densities(one), rtol=1e-9, atol=1e-7)


def test_a_weight_widens_the_standard_error_by_its_root():
    weighted, wider = prepared(record(weight=0.25)), prepared(record(lift_se=0.02 * SPENT))
    np.testing.assert_allclose(densities(weighted), densities(wider), rtol=1e-12)


def test_a_test_of_one_half_life_ago_counts_half():
    years = 60 * 7 / 365.25
    aged = prepared(record(), lift_half_life_years=years)
    wider = prepared(record(lift_se=0.01 * SPENT * np.sqrt(2)))
    np.testing.assert_allclose(densities(aged), densities(wider), rtol=1e-12)


def test_tests_outside_the_data_leave_the_density_alone():
    outside = prepared(record(start=pd.Timestamp("2019-01-07"), end=pd.Timestamp("2019-02-03")))
    np.testing.assert_array_equal(densities(outside), densities(prepared()))


def test_the_model_without_tests_is_that_of_the_panel_alone():
    np.testing.assert_array_equal(densities(prepared(record()).without_tests()), densities(prepared()))
