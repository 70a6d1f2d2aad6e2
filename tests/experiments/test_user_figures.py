"""Charts of segments and of the Bayesian reading draw what was found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.config import Metric, UserExperiment
from workbench.experiments import ExperimentResult, read_out_users
from workbench.present.figures.experiments import readout_figures
from workbench.present.figures.user_experiments import MOST_VALUES, belief_forest, segment_forest
from workbench.present.readout_tables import effect_table
from workbench.result import Provenance

from .conftest import UnitsTable


def result_of(units_table: UnitsTable, frame: pd.DataFrame, segments: tuple[str, ...]) -> ExperimentResult:
    metrics = (
        Metric(name="spend", role="primary", value=1, covariate="past_spend"),
        Metric(name="bought", kind="proportion"),
    )
    spec = UserExperiment(control="none", metrics=metrics, ratio={"none": 2, "offer": 3}, segments=segments)
    return read_out_users(units_table(frame), "spring", spec, provenance=Provenance(), currency="EUR")


@pytest.fixture
def result(two_arms: pd.DataFrame, units_table: UnitsTable) -> ExperimentResult:
    country = np.where(two_arms.unit_id % 3 == 0, "AT", "DE")
    return result_of(units_table, two_arms.assign(country=country), ("country",))


def test_each_group_is_drawn_as_measured_and_with_its_interval(result: ExperimentResult) -> None:
    (ax,) = segment_forest(result).axes
    shown = result.segments.sort_values("absolute")
    assert [label.get_text() for label in ax.get_yticklabels()] == list(shown.value)
    zero, whole, *drawn = ax.lines
    np.testing.assert_allclose(zero.get_xdata(), 0)
    np.testing.assert_allclose(whole.get_xdata(), result.effects.absolute[0])
    for row, (interval, raw, point) in zip(shown.itertuples(), zip(*[iter(drawn)] * 3, strict=True), strict=True):
        np.testing.assert_allclose(interval.get_xdata(), [row.absolute_lower, row.absolute_upper])
        np.testing.assert_allclose([*raw.get_xdata(), *point.get_xdata()], [row.raw, row.absolute])
    assert ax.get_ylabel() == "country"
    assert "No evidence that offer works better" in ax.get_title(loc="left").replace("\n", " ")


def test_the_bayesian_chart_draws_prior_measurement_and_posterior(result: ExperimentResult) -> None:
    (ax,) = belief_forest(result).axes
    belief, effect = result.posterior.iloc[0], result.effects.iloc[0]
    usual = ax.patches[0].get_extents().transformed(ax.transData.inverted())
    assert usual.x1 == pytest.approx(belief.prior_mean + 1.96 * belief.prior_sd)
    _, measured, _, interval, point = ax.lines
    np.testing.assert_allclose(measured.get_xdata(), [effect.relative_lower, effect.relative_upper])
    np.testing.assert_allclose(interval.get_xdata(), [belief.relative_lower, belief.relative_upper])
    np.testing.assert_allclose(point.get_xdata(), belief.relative)
    assert "Without past tests, expect" in ax.get_title(loc="left")


def test_of_many_groups_the_extremes_are_drawn(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    large = pd.concat([two_arms.assign(unit_id=two_arms.unit_id + 1_000 * copy) for copy in range(6)])
    groups = large.assign(place=[f"p{unit % 20:02d}" for unit in large.unit_id])
    found = result_of(units_table, groups, ("place",))
    (ax,) = segment_forest(found).axes
    labels = [label.get_text() for label in ax.get_yticklabels()]
    ordered = list(found.segments.sort_values("absolute").value)
    assert len(ordered) == 20
    assert labels == ordered[: MOST_VALUES // 2] + ordered[-MOST_VALUES // 2 :]


def test_a_test_without_segments_has_no_chart_of_them(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    assert len(readout_figures(result_of(units_table, two_arms, ()))) == 2


def test_an_invalid_test_has_no_details_to_look_at(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    lost = two_arms[(two_arms.variant == "none") | (two_arms.unit_id % 3 > 0)]
    found = result_of(units_table, lost.assign(country="AT"), ("country",))
    assert found.verdict == "invalid"
    (forest,) = readout_figures(found)
    assert "can't be trusted" in forest.axes[0].get_title(loc="left").replace("\n", " ")


def test_the_table_holds_every_effect_in_its_unit(result: ExperimentResult) -> None:
    table = effect_table(result).block
    assert [row[1] for row in table.rows] == ["spend (primary)", "bought"]  # type: ignore[union-attr]
    first = dict(zip([column.name for column in table.columns], table.rows[0], strict=False))  # type: ignore[union-attr]
    assert first["Change"] == f"€{result.effects.absolute[0]:.2f}"
