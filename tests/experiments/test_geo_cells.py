"""Several groups of treated markets: each is the test that it would be alone, and together they are one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from workbench.config import GeoExperiment
from workbench.experiments import ExperimentResult, read_out_geo, record_of
from workbench.result import Provenance

from .conftest import geo_world

WINDOW = {"kind": "geo", "start": date(2024, 3, 16), "end": date(2024, 3, 30)}
CELLS = {"double": ("treated0", "treated1"), "half": ("treated2",)}


def read(frame: pd.DataFrame, **spec: object) -> ExperimentResult:
    experiment = GeoExperiment.model_validate({**WINDOW, **spec})
    return read_out_geo(frame, "simulated", experiment, provenance=Provenance(), currency="EUR")


@pytest.fixture(scope="module")
def world() -> pd.DataFrame:
    """Three treated markets; the first two gain 4 a day more than the third."""
    frame = geo_world(seed=41, treated=3, tested=15, effect=1.0)
    gained = frame.market.isin(CELLS["double"]) & (frame.date >= "2024-03-16")
    return frame.assign(kpi=frame.kpi + 4.0 * gained)


@pytest.fixture(scope="module")
def both(world: pd.DataFrame) -> ExperimentResult:
    spend = {"double": 60.0, "half": 90.0}
    return read(world, cells=CELLS, channel="tv", spend_changes=spend)


def test_each_cell_is_read_against_the_markets_of_none(both: ExperimentResult, world: pd.DataFrame) -> None:
    alone = read(world[world.market != "treated2"], treated=CELLS["double"], confidence=0.95)
    assert both.estimate("att", "double").estimate == pytest.approx(alone.estimate("att", "simulated").estimate)
    # Both intervals are to hold at once: the half of 10% that either may miss is 5%.
    assert both.estimate("att", "double").lower == pytest.approx(alone.estimate("att", "simulated").lower)
    single = alone.estimate("p_value", "simulated").estimate
    assert both.estimate("p_value", "double").estimate == pytest.approx(2 * single)
    assert not set(both.weights.market) & {"treated0", "treated1", "treated2"}


def test_the_whole_is_all_cells_as_one_group(both: ExperimentResult, world: pd.DataFrame) -> None:
    together = read(world, treated=("treated0", "treated1", "treated2"), spend_change=150.0)
    for quantity in ("incremental", "profit", "iroas", "p_value"):
        expected = together.estimate(quantity, "simulated")
        np.testing.assert_allclose(
            vars(both.estimate(quantity, "simulated"))["estimate"], expected.estimate, err_msg=quantity
        )


def test_each_cell_gets_its_own_verdict_and_the_test_the_best_of_them(both: ExperimentResult) -> None:
    # 2 markets × 15 days × 5 bring 150 for 60 spent; 15 × 1 bring 15 for 90.
    assert dict(zip(both.decisions.variant, both.decisions.verdict, strict=True)) == {"double": "ship", "half": "stop"}
    assert (both.verdict, both.cells.cell.iloc[0]) == ("ship", "double")
    assert both.findings[0].startswith("Ship: the change of tv in double brought")
    assert any(sentence.startswith("Stop half: ") for sentence in both.findings)


def test_each_cell_writes_its_own_lift_record(both: ExperimentResult) -> None:
    record = both.lift.set_index("experiment_id")
    assert record.markets.to_dict() == {"simulated/double": "treated0;treated1", "simulated/half": "treated2"}
    assert record.spend_change.to_dict() == {"simulated/double": 60.0, "simulated/half": 90.0}
    assert record.lift["simulated/double"] == pytest.approx(both.estimate("incremental", "double").estimate)


def test_a_cell_that_can_not_be_trusted_keeps_no_other_cells_record_back(world: pd.DataFrame) -> None:
    early = (world.market == "treated2") & world.date.between("2024-02-28", "2024-03-15")
    moved = world.assign(kpi=world.kpi + 8.0 * early)
    spend = {"double": 60.0, "half": 90.0}
    result = read(moved, cells=CELLS, channel="tv", spend_changes=spend)
    gates = dict(zip(result.decisions.variant, result.decisions.decided_by, strict=True))
    assert gates == {"double": "profit", "half": "placebo_in_time"}
    assert list(result.lift.experiment_id) == ["simulated/double"]
    assert read(moved, cells=CELLS, channel="tv", spend_changes=spend, markets=("DE",)).lift.empty


def test_cells_in_a_restless_time_are_all_widened_and_the_whole_with_them(world: pd.DataFrame) -> None:
    donors = sorted(set(world.market) - {"treated0", "treated1", "treated2"})
    jumps = dict(zip(donors, np.random.default_rng(1).choice([-6.0, 6.0], size=len(donors)), strict=True))
    moved = world.market.map(jumps).fillna(0.0) * (world.date >= "2024-03-16")
    result = read(world.assign(kpi=world.kpi + moved), cells=CELLS)
    factors = [result.estimate("widening", name).estimate for name in ("simulated", "double", "half")]
    # The whole's interval is of 90%, the cells' of 95%, where few markets weigh a little more.
    assert factors[1] == factors[2] > factors[0] > 2


def test_the_registry_counts_the_markets_of_the_comparison_once(both: ExperimentResult) -> None:
    spec = GeoExperiment.model_validate({**WINDOW, "cells": CELLS})
    used = set(both.weights.market)
    assert len(both.weights) > len(used)
    told = f"spend changed in treated0, treated1, treated2, read against {len(used)} weighted markets"
    assert record_of(both, spec).design == told


def test_a_test_that_a_gate_stopped_settles_no_assumption(both: ExperimentResult) -> None:
    spec = GeoExperiment.model_validate({**WINDOW, "cells": CELLS})
    assert record_of(both, spec).standing == "supported"
    stopped = replace(both, verdict="inconclusive", decided_by="placebo_in_time")
    assert record_of(stopped, spec).standing == "open"


def test_cells_that_make_up_a_market_of_the_media_mix_write_one_record(world: pd.DataFrame) -> None:
    spend = {"double": 60.0, "half": 90.0}
    record = read(world, cells=CELLS, channel="tv", spend_changes=spend, markets=("DE",)).lift
    assert (len(record), record.markets.iloc[0], record.spend_change.iloc[0]) == (1, "DE", 150.0)
