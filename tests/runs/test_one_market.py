"""One market alone: its own part of the panel and of the tests, and never taken for the whole company afterwards."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import numpy as np
import pandas as pd
import pytest

from tests.mmm.posteriors import result_of
from tests.mmm.worlds import simulate
from tests.runs.tiny import make_workspace
from workbench.apps.published import published_runs
from workbench.errors import DataError, RunError
from workbench.mmm import MediaMixResult
from workbench.mmm.labels import title_of
from workbench.publish.publication import chosen_runs
from workbench.result import Check, Provenance
from workbench.runs import last_fit, latest_result, lift_records, save_run
from workbench.runs.store import finished_runs

TABLES = """
[tables]
kpi = { path = "kpi.csv" }
media = { path = "media.csv" }
controls = { path = "controls.csv" }
lift = { path = "lift.csv" }
[channels]
tv = { label = "TV" }
radio = { label = "Radio" }
[markets]
DE = { label = "Germany", country = "DE" }
FR = { label = "France", country = "FR" }
"""
WEEKS = [day.date() for day in pd.date_range("2024-01-01", periods=6, freq="7D")]


@pytest.fixture
def company(tmp_path):
    workspace = make_workspace(tmp_path, TABLES)
    rng = np.random.default_rng(4)
    cells = list(product(WEEKS, ("DE", "FR")))
    kpi = pd.DataFrame(cells, columns=["week", "market"]).assign(kpi=rng.gamma(5.0, 100.0, len(cells)))
    spent = pd.DataFrame(
        [(*cell, name) for cell in cells for name in ("radio", "tv")], columns=["week", "market", "channel"]
    )
    spent["spend"] = rng.gamma(5.0, 10.0, len(spent))
    spent.loc[(spent.market == "FR") & (spent.channel == "radio"), "spend"] = 0.0
    controls = pd.DataFrame(cells, columns=["week", "market"]).assign(
        control="price", value=rng.normal(size=len(cells))
    )
    lift = pd.DataFrame(
        {
            "experiment_id": ["here", "there", "both"],
            "channel": "tv",
            "markets": ["DE", "FR", "DE;FR"],
            "start": WEEKS[1],
            "end": WEEKS[2],
            "spend_change": 10.0,
            "lift": 20.0,
            "lift_se": 5.0,
        }
    )
    for name, table in {"kpi": kpi, "media": spent, "controls": controls, "lift": lift}.items():
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    return workspace


def test_the_panel_of_a_market_is_its_part_of_the_whole(company):
    whole, part = company.panel(), company.panel(market="DE")
    assert (part.markets, part.channels) == (("DE",), ("tv", "radio"))
    for name in ("kpi", "value", "spend", "exposure", "control"):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[:, :1], err_msg=name)
    assert list(part.weeks) == list(whole.weeks)
    assert title_of(part, "DE") == "Media mix: Germany"
    assert title_of(whole) == "Media mix"


def test_a_channel_without_spend_in_the_market_is_left_out(company):
    assert company.panel().channels == ("tv", "radio")
    part = company.panel(market="FR")
    assert part.channels == ("tv",)
    assert list(company.channels_in(part)) == ["tv"]


def test_a_market_that_is_not_there_is_named_with_those_that_are(company):
    with pytest.raises(DataError, match="there is no market 'IT' in the panel; it has DE, FR"):
        company.panel(market="IT")


def test_only_tests_of_this_market_alone_speak_of_it(company):
    assert set(lift_records(company).experiment_id) == {"here", "there", "both"}
    assert list(lift_records(company, "DE").experiment_id) == ["here"]


def test_a_fit_of_one_market_is_not_taken_for_the_company(tmp_path):
    workspace = make_workspace(tmp_path)
    fitted = result_of(simulate(seed=3, weeks=60, markets=1).panel, knots=0, draws=20)
    fitted = fitted.but(checks=(Check(name="convergence", passed=True),), currency="EUR")

    def save(market: str, day: int) -> str:
        made = Provenance(parameters={"weeks": 0, "market": market}, created_at=datetime(2026, 11, day, tzinfo=UTC))
        return save_run(fitted.but(provenance=made), workspace=workspace).name

    only = save("DE", 1)
    with pytest.raises(RunError, match="there is no finished media_mix run"):
        latest_result(workspace, MediaMixResult)
    with pytest.raises(RunError, match="there is no finished media_mix run"):
        published_runs("media_mix", workspace)
    everywhere, again = save("", 2), save("DE", 3)
    assert latest_result(workspace, MediaMixResult).provenance.parameters["market"] == ""
    assert chosen_runs(finished_runs(workspace.reports)) == {"media_mix": (everywhere,)}
    assert last_fit(workspace).run == everywhere
    assert last_fit(workspace, market="DE").run == again != only
    assert last_fit(workspace, market="FR").run == "none"
