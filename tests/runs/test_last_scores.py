"""Which earlier run a score is compared with."""

from pathlib import Path

import pandas as pd
import pytest

from tests.propensity.test_drift import trained
from tests.propensity.worlds import simulate
from workbench.errors import RunError
from workbench.propensity import PropensityResult
from workbench.result import Provenance
from workbench.runs import save_run
from workbench.runs.last_scores import last_score
from workbench.workspace import Workspace, open_workspace


@pytest.fixture(scope="module")
def found() -> PropensityResult:
    return trained(simulate(21, size=4000).leads())


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "workbench.toml").write_text('[workspace]\nname = "Shop"\n')
    return open_workspace(str(tmp_path))


def saved(found: PropensityResult, workspace: Workspace, as_of: str = "") -> Path:
    made = type(found)(**{**vars(found), "provenance": Provenance(parameters={"as_of": as_of})})
    handoff = {"scores.csv": pd.DataFrame({"id": ["L1"]})}
    return save_run(made, handoff=handoff, workspace=workspace)


def test_the_newest_run_of_the_same_score_and_series_is_taken(found: PropensityResult, workspace: Workspace) -> None:
    assert last_score(workspace, "won").found is None
    saved(found, workspace)
    newest = saved(found, workspace)
    explored = saved(found, workspace, as_of="2024-06-01")
    last = last_score(workspace, "won")
    assert last.run == newest.name
    assert last.found is not None
    assert last.found.frozen == found.frozen
    assert last_score(workspace, "won", as_of="2024-07-01").run == explored.name
    assert last_score(workspace, "churn").found is None
    assert last_score(workspace, "won", "none").found is None


def test_a_damaged_run_is_passed_over_and_named(found: PropensityResult, workspace: Workspace) -> None:
    older, newest = saved(found, workspace), saved(found, workspace)
    (newest / "result" / "result.json").write_text("{")
    last = last_score(workspace, "won")
    assert last.run == older.name
    assert newest.name in last.note


def test_a_run_of_another_score_that_is_named_is_an_error(found: PropensityResult, workspace: Workspace) -> None:
    run = saved(found, workspace)
    with pytest.raises(RunError, match="made the score won, not churn"):
        last_score(workspace, "churn", run.name)
