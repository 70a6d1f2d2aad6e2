"""A supervisor that is killed between any two of its writes."""

from pathlib import Path

import pytest

from tests.runs.faults.quick import (
    assert_next_run_works,
    assert_truthful,
    killed_before_write,
    quick_workspace,
    writes_of,
)
from workbench.runs.execute import run_notebook

pytestmark = pytest.mark.usefixtures("no_kernel")


def test_wherever_a_supervisor_is_killed_history_and_folders_agree(tmp_path: Path):
    first = quick_workspace(tmp_path / "counted")
    run_notebook(first, "quick")
    writes = writes_of(lambda: run_notebook(first, "quick"))
    assert writes > 10
    workspace = quick_workspace(tmp_path / "killed")
    statuses = []
    for number in range(1, writes + 1):
        before = {record.run_id for record in assert_truthful(workspace)}
        assert killed_before_write(lambda: run_notebook(workspace, "quick"), number)
        new = [record for record in assert_truthful(workspace) if record.run_id not in before]
        assert len(new) <= 1
        statuses += [record.status for record in new]
    assert statuses[0] == "lost"
    assert statuses[-1] == "finished"
    # Once finished it never appears as lost.
    assert statuses == sorted(statuses, key=lambda status: status == "finished")
    assert_next_run_works(workspace)


def test_a_first_run_killed_anywhere_leaves_a_ledger_that_works(tmp_path: Path):
    number = 0
    while True:
        workspace = quick_workspace(tmp_path / f"killed {number}")
        if not killed_before_write(lambda workspace=workspace: run_notebook(workspace, "quick"), number + 1):
            break
        assert len(assert_truthful(workspace)) <= 1
        assert_next_run_works(workspace)
        number += 2
    assert number > 10
