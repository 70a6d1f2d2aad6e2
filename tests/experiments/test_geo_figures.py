"""Charts of geo tests draw what was found, cell by cell."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from workbench.config import GeoExperiment
from workbench.experiments import ExperimentResult, read_out_geo
from workbench.present.figures.geo_experiments import cell_returns, geo_figures, placebo_effects
from workbench.result import Provenance

from .conftest import geo_world


@pytest.fixture(scope="module")
def result() -> ExperimentResult:
    spec = GeoExperiment(
        kind="geo",
        cells={"double": ("treated0",), "half": ("treated1",)},
        start=date(2024, 2, 22),
        end=date(2024, 2, 29),
        channel="tv",
        spend_changes={"double": 8.0, "half": 90.0},
    )
    frame = geo_world(seed=71, periods=60, tested=8, treated=2, effect=5.0)
    return read_out_geo(frame, "simulated", spec, provenance=Provenance(), currency="EUR")


def test_every_cell_has_its_charts_after_the_one_of_all(result: ExperimentResult) -> None:
    titles = [figure.axes[0].get_title(loc="left").replace("\n", " ") for figure in geo_figures(result)]
    assert titles[0].startswith("double paid for the change")
    assert [title for title in titles if "the markets of double" in title]
    assert [title for title in titles if "the markets of half" in title]
    assert len(titles) == 1 + 2 * 3


def test_returns_are_drawn_with_their_intervals_the_best_cell_on_top(result: ExperimentResult) -> None:
    ax = cell_returns(result).axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["half", "double"]
    for row, cell in zip((1, 0), result.cells.itertuples(), strict=True):
        bar, point = ax.lines[1 + 2 * row], ax.lines[2 + 2 * row]
        np.testing.assert_allclose(bar.get_xdata(), [cell.iroas_lower, cell.iroas_upper])
        np.testing.assert_allclose(point.get_xdata(), cell.iroas)


def test_the_real_effect_is_drawn_among_all_pretended_ones(result: ExperimentResult) -> None:
    space_ax, time_ax = placebo_effects(result, "half").axes
    placebos = result.placebos[result.placebos.cell == "half"]
    for ax, kind in ((space_ax, "space"), (time_ax, "time")):
        drawn = placebos[placebos.kind == kind]
        pretended, real = ax.lines[0].get_ydata(), ax.lines[1].get_ydata()
        np.testing.assert_allclose(sorted(pretended), sorted(drawn[~drawn.tested].estimate))
        np.testing.assert_allclose(real, drawn[drawn.tested].estimate)


def test_an_effect_without_a_relative_size_is_not_ranked() -> None:
    frame = geo_world(seed=72, periods=50, tested=8, effect=5.0)
    spec = GeoExperiment(kind="geo", treated=("treated0",), start=date(2024, 2, 12), end=date(2024, 2, 19))
    below = frame.assign(kpi=frame.kpi - 300)
    result = read_out_geo(below, "simulated", spec, provenance=Provenance(), currency="EUR")
    title = placebo_effects(result).axes[0].get_title(loc="left")
    assert "not known" in title
    assert "%" not in title
