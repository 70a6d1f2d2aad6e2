"""Which earlier segmentation a new one follows on, what it makes of it, and that customers never pass through a frame."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.segments.movement.test_movement import CONFIG, FIRST, segmented
from tests.segments.populations import simulate_orders
from workbench.errors import RunError
from workbench.result import Provenance
from workbench.runs import save_run
from workbench.runs.last_segments import last_segments
from workbench.segments import CustomerSegments, values_handoff
from workbench.workspace import Workspace, open_workspace

TOML = '[workspace]\nname = "Shop"\ncurrency = "{currency}"\n[segmentation]\nrules = "{rules}"\nhorizon = {horizon}\n'


@pytest.fixture(scope="module")
def found() -> CustomerSegments:
    return segmented(simulate_orders(customers=1500, days=520, seed=21), FIRST, CONFIG)


@pytest.fixture
def company(tmp_path: Path) -> Callable[..., Workspace]:
    """The same folder, configured one way or another."""

    def configured(
        currency: str = "EUR", rules: str = "value_activity", horizon: int = 52, tables: str = ""
    ) -> Workspace:
        text = TOML.format(currency=currency, rules=rules, horizon=horizon) + tables
        (tmp_path / "workbench.toml").write_text(text)
        return open_workspace(str(tmp_path))

    return configured


def saved(found: CustomerSegments, workspace: Workspace, calibration_end: str = "") -> Path:
    made = Provenance(parameters={"calibration_end": calibration_end})
    result = type(found.result)(**{**vars(found.result), "provenance": made})
    return save_run(result, handoff={"customer_values.csv": values_handoff(found)}, workspace=workspace)


def test_the_newest_run_of_the_series_comes_back_as_it_was(
    found: CustomerSegments, company: Callable[..., Workspace]
) -> None:
    workspace = company()
    saved(found, workspace)
    newest = saved(found, workspace)
    explored = saved(found, workspace, calibration_end="2024-05-01")
    last = last_segments(workspace)
    assert last.run == newest.name
    assert last.previous is not None
    assert last.previous.result.cutoffs == found.result.cutoffs
    assert last.previous.result.bins == found.result.bins
    columns = ["customer_id", "segment", "expected_value"]
    assert last.previous.members.equals(found.members.select(columns))
    assert f"as of {FIRST.day} {FIRST:%B %Y}" in last.note
    assert last_segments(workspace, calibration_end="2024-06-01").run == explored.name
    earlier = last_segments(workspace, calibration_end="2024-02-01")
    assert earlier.previous is None
    assert "later than 2024-02-01" in earlier.note


def test_with_no_run_before_nothing_is_compared(found: CustomerSegments, company: Callable[..., Workspace]) -> None:
    workspace = company()
    assert last_segments(workspace).previous is None
    saved(found, workspace)
    assert last_segments(workspace, "none").previous is None
    with pytest.raises(RunError, match="no run"):
        last_segments(workspace, "2019")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"currency": "USD"}, "in EUR, not 52 weeks in USD"),
        ({"horizon": 26}, "values 52 weeks in EUR, not 26 weeks"),
        ({"rules": "rfm"}, "by the rules value-activity-1, not rfm-1"),
    ],
)
def test_a_run_that_does_not_compare_is_passed_over_and_named(
    found: CustomerSegments, company: Callable[..., Workspace], change: dict[str, str], reason: str
) -> None:
    run = saved(found, company())
    last = last_segments(company(**change))
    assert last.previous is None
    assert reason in last.note
    with pytest.raises(RunError, match=run.name):
        last_segments(company(**change), run.name)


def test_a_damaged_run_gives_way_to_the_one_before(found: CustomerSegments, company: Callable[..., Workspace]) -> None:
    workspace = company()
    kept = saved(found, workspace)
    torn = saved(found, workspace)
    (torn / "handoff" / "customer_values.csv").unlink()
    last = last_segments(workspace)
    assert last.run == kept.name
    assert torn.name in last.note
    (kept / "result" / "result.json").write_text("{")
    assert "can't be read" in last_segments(workspace).note


def test_erased_customers_are_forgotten_and_counted_by_segment(
    found: CustomerSegments, company: Callable[..., Workspace], tmp_path: Path
) -> None:
    gone = found.members.slice(0, 30).to_pandas()
    erasures = pd.DataFrame({"customer_id": gone.customer_id, "erased_at": pd.Timestamp("2025-01-01")})
    erasures.to_parquet(tmp_path / "erasures.parquet", index=False)
    workspace = company(tables='[tables]\nerasures = { path = "erasures.parquet" }\n')
    saved(found, workspace)
    previous = last_segments(workspace).previous
    assert previous is not None
    assert not set(gone.customer_id) & set(previous.members["customer_id"].to_pylist())
    counted = previous.erased.set_index("segment")
    by_segment = gone.groupby("segment").expected_value
    assert (counted.customers == by_segment.size()[counted.index]).all()
    pd.testing.assert_series_equal(counted.value, by_segment.sum()[counted.index], check_names=False)
