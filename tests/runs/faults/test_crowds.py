"""Many runs and supervisors at once, and clocks that jump."""

import os
import traceback
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.runs.faults.quick import assert_next_run_works, assert_truthful, quick_workspace
from workbench.runs import execute, record, staging
from workbench.runs.execute import run_notebook
from workbench.runs.ledger import Ledger
from workbench.workspace import Workspace

pytestmark = pytest.mark.usefixtures("no_kernel")


def supervise_many(workspace: Workspace, supervisor: int) -> int:
    """A process that runs a notebook 125 times; its id."""
    child = os.fork()
    if child == 0:
        try:
            for number in range(125):
                run_notebook(workspace, "quick", [f"seed={1000 * supervisor + number}"])
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return child


def test_a_thousand_runs_by_eight_supervisors_at_once(tmp_path: Path, monkeypatch):
    # Young folders that nobody has signed yet belong to the others.
    monkeypatch.setattr(staging, "_GRACE_SECONDS", 60.0)
    workspace = quick_workspace(tmp_path)
    children = [supervise_many(workspace, supervisor) for supervisor in range(8)]
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 8
    records = assert_truthful(workspace)
    assert {each.status for each in records} == {"finished"}
    seeds = {each.parameters["seed"] for each in records}
    assert len(records) == 1000
    assert seeds == {1000 * supervisor + number for supervisor in range(8) for number in range(125)}


@pytest.mark.parametrize("jump", [timedelta(days=-40), timedelta(days=40)])
def test_a_clock_that_jumps_in_mid_run(tmp_path: Path, monkeypatch, jump: timedelta):
    workspace = quick_workspace(tmp_path)
    assert_next_run_works(workspace)
    plain, later = execute._supervise, []

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + (jump if later else timedelta())

    monkeypatch.setattr(record, "datetime", Clock)

    def supervise(*arguments, **named):
        later.append(True)
        return plain(*arguments, **named)

    monkeypatch.setattr(execute, "_supervise", supervise)
    jumped = run_notebook(workspace, "quick")
    assert jumped.status == "finished"
    assert 0 <= jumped.seconds < 60
    assert jumped.finished_at is not None
    assert jumped.finished_at >= jumped.started_at
    monkeypatch.undo()
    assert Ledger(workspace.reports).settle_lost() == []
    assert abs(jumped.started_at - datetime.now(UTC)) < timedelta(minutes=5)
