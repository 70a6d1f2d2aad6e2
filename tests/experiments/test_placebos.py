"""Pretended tests: brute-force refits."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from workbench.config import GeoExperiment
from workbench.experiments.geo.panel import GeoPanel, build_geo_panel
from workbench.experiments.geo.placebos import pretend_tests
from workbench.experiments.geo.readout import read_out_geo
from workbench.experiments.geo.synthetic_control import fit_synthetic_control
from workbench.result import Provenance

from .conftest import geo_world

SPEC = GeoExperiment(kind="geo", treated=("treated0",), start=date(2024, 2, 12), end=date(2024, 2, 19))


def panel_of(frame: pd.DataFrame) -> GeoPanel:
    return build_geo_panel(frame, "simulated", SPEC)


def test_every_untreated_market_is_read_as_if_it_were_treated() -> None:
    panel = panel_of(geo_world(seed=61, periods=50, tested=8, donors=6))
    found = pretend_tests(panel, None)
    before = ~panel.tested
    for market in range(6):
        own, others = panel.donors[:, market], np.delete(panel.donors, market, axis=1)
        control = fit_synthetic_control(own[before], others[before])
        expected = (own - control.predict(others))[panel.tested].mean()
        assert found.gaps_in_space[market] == pytest.approx(expected, abs=1e-8)


def test_every_earlier_time_is_read_from_all_other_times_before_the_test() -> None:
    panel = panel_of(geo_world(seed=62, periods=50, tested=8, donors=6))
    found = pretend_tests(panel, None)
    treated, donors = panel.mean_treated[:42], panel.donors[:42]
    assert len(found.starts) == 42 - 8 + 1
    gaps = []
    for first in range(42):
        block = np.isin(np.arange(42), (first + np.arange(8)) % 42)
        control = fit_synthetic_control(treated[~block], donors[~block])
        gaps.append((treated - control.predict(donors))[block].mean())
    np.testing.assert_allclose(found.gaps_in_time, gaps[:35], atol=1e-8)
    shares = [np.mean(np.abs(gaps) >= abs(gap) - 1e-9) for gap in gaps]
    np.testing.assert_allclose(found.p_values_in_time, shares[:35])


def test_the_real_effect_stands_among_the_pretended_ones() -> None:
    frame = geo_world(seed=63, periods=50, tested=8, effect=6.0)
    result = read_out_geo(frame, "simulated", SPEC, provenance=Provenance(), currency="EUR")
    for _, placebos in result.placebos.groupby("kind"):
        real = placebos[placebos.tested].estimate.abs().item()
        assert (placebos[~placebos.tested].estimate.abs() < real).all()
