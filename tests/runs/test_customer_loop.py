"""What a next best action reads of earlier runs: the newest that can be read, without whoever was erased since."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from workbench.errors import ConfigError, RunError
from workbench.result import Result, estimates_frame
from workbench.runs import save_run
from workbench.runs.customer_loop import latest_scores, latest_values
from workbench.workspace import open_workspace

CONFIG = """
[workspace]
name = "Shop"

[tables.erasures]
path = "erasures.csv"

[scores.churn]
kind = "churn"

[scores.won]
kind = "lead"
"""


class Segments(Result):
    analysis = "segmentation"


@pytest.fixture
def shop(tmp_path):
    (tmp_path / "workbench.toml").write_text(CONFIG)
    gone = pd.DataFrame({"customer_id": ["C2"], "erased_at": [datetime.now(UTC).date() - timedelta(days=1)]})
    gone.to_csv(tmp_path / "erasures.csv", index=False)
    return open_workspace(tmp_path)


def keep(shop, handoff):
    return save_run(Segments(title="Segments", estimates=estimates_frame([])), handoff=handoff, workspace=shop)


def values(segment: str) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": ["C1", "C2"], "segment": segment, "expected_value": [1.0, 2.0]})


def test_the_newest_values_are_read_without_the_erased(shop):
    keep(shop, {"customer_values.csv": values("old")})
    newest = keep(shop, {"customer_values.csv": values("new")})
    keep(shop, {"segments.csv": values("of no use")})
    found = latest_values(shop)
    assert found.run == newest.name
    assert found.table.to_pydict() == {"customer_id": ["C1"], "segment": ["new"], "expected_value": [1.0]}


def test_a_run_may_be_named_or_none_be_wanted(shop):
    first = keep(shop, {"customer_values.csv": values("old")})
    keep(shop, {"customer_values.csv": values("new")})
    assert latest_values(shop, first.name).table.to_pydict()["segment"] == ["old"]
    assert latest_values(shop, "none").table is None


def test_a_named_run_without_values_is_an_error(shop):
    folder = keep(shop, {"segments.csv": values("of no use")})
    with pytest.raises(RunError, match=r"has no readable customer_values\.csv"):
        latest_values(shop, folder.name)


def test_what_has_not_run_is_said(shop):
    assert "No segmentation has run yet" in latest_values(shop).note
    scores = latest_scores(shop, ["churn", ""])
    assert scores.tables == {"churn": None}
    assert "-p score=churn" in scores.found["churn"].note


@pytest.mark.parametrize(("name", "why"), [("chrun", "isn't declared"), ("won", "scores leads")])
def test_a_score_that_no_run_can_make_is_an_error(shop, name, why):
    with pytest.raises(ConfigError, match=f"{name}.*{why}.*scores of customers are churn"):
        latest_scores(shop, [name])
