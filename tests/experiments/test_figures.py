"""What is drawn is what was found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.dates import date2num

from workbench.config import GeoExperiment, Metric, UserExperiment
from workbench.experiments import ExperimentResult, read_out_geo, read_out_users
from workbench.present.figures.experiments import effect_forest
from workbench.present.figures.geo_experiments import actual_against_synthetic, donor_weights
from workbench.result import Provenance

from .conftest import UnitsTable, geo_world


@pytest.fixture(scope="module")
def geo_result() -> ExperimentResult:
    frame = geo_world(seed=3, periods=60, tested=8, donors=25, effect=2.0)
    days = pd.date_range("2024-01-01", periods=60)
    spec = GeoExperiment(kind="geo", treated=("treated0",), start=days[-8].date(), end=days[-1].date())
    return read_out_geo(frame, "simulated", spec, provenance=Provenance(), currency="EUR")


def test_the_forest_draws_every_interval_beside_its_zero_line(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    metrics = (Metric(name="spend", role="primary", value=1), Metric(name="bought", kind="proportion"))
    spec = UserExperiment(control="none", metrics=metrics, ratio={"none": 2, "offer": 3})
    result = read_out_users(units_table(two_arms), "spring", spec, provenance=Provenance(), currency="EUR")
    figure = effect_forest(result)
    assert len(figure.axes) == 2
    for ax, row in zip(figure.axes, result.effects.itertuples(), strict=True):
        zero, interval, point = ax.lines
        np.testing.assert_allclose(zero.get_xdata(), 0)
        np.testing.assert_allclose(interval.get_xdata(), [row.absolute_lower, row.absolute_upper])
        np.testing.assert_allclose(point.get_xdata(), row.absolute)
        assert str(row.metric) in ax.get_xlabel()
    assert "offer improved enough to ship (bars: 95% intervals)" in figure.axes[0].get_title(loc="left").replace(
        "\n", " "
    )


def test_the_series_draws_both_lines_the_gap_and_the_tests_days(geo_result: ExperimentResult) -> None:
    figure = actual_against_synthetic(geo_result)
    level_ax, gap_ax = figure.axes
    synthetic, treated = (line.get_ydata() for line in level_ax.lines)
    np.testing.assert_allclose(treated - synthetic, geo_result.series.effect)
    np.testing.assert_allclose(gap_ax.lines[1].get_ydata(), geo_result.series.effect)
    shaded = level_ax.patches[0].get_extents().transformed(level_ax.transData.inverted())
    tested = date2num(geo_result.series.date[geo_result.series.tested])
    assert shaded.x0 == pytest.approx(tested[0] - 0.5)
    assert shaded.x1 == pytest.approx(tested[-1] + 0.5)


def test_the_donors_drawn_make_up_the_whole(geo_result: ExperimentResult) -> None:
    bars = donor_weights(geo_result).axes[0].patches
    widths = [bar.get_width() for bar in bars]  # type: ignore[attr-defined]
    assert sum(widths) == pytest.approx(1)
    assert max(widths) == pytest.approx(geo_result.weights.weight.max())
