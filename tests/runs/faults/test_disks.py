"""Folders that can't be written, and disks that fill up at any moment of a run."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.runs.faults.quick import assert_next_run_works, assert_truthful, quick_workspace, without_kernel
from tests.runs.tiny import visible
from workbench.errors import RunError
from workbench.runs.execute import run_notebook
from workbench.workspace import Workspace

pytestmark = pytest.mark.usefixtures("no_kernel")


def what_it_says(workspace: Workspace) -> str:
    try:
        return run_notebook(workspace, "quick").reason or "finished"
    except RunError as error:
        return str(error)


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[None]:
    folder.mkdir()
    mount(folder, f"size={kilobytes}k")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def mount(folder: Path, options: str) -> None:
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("mounting a small disk takes rights that this user lacks")


@pytest.mark.parametrize("kilobytes", [16, 64, 128, 160, 192, 224, 256, 288, 320, 384])
def test_a_disk_that_fills_up(tmp_path: Path, kilobytes: int):
    """From one that has no room for a ledger to one on which only the last file lacks room."""
    without_kernel(size=60_000)
    workspace = quick_workspace(tmp_path, 'reports = "small"')
    with small_disk(workspace.reports, kilobytes):
        told = what_it_says(workspace)
        assert told == "finished" or re.search(rf"{re.escape(str(workspace.reports))}.* (is full|can't be used)", told)
        subprocess.run(["mount", "-o", "remount,size=4m", workspace.reports], check=True)
        assert_truthful(workspace)
        assert_next_run_works(workspace)


def test_reports_that_can_only_be_read(tmp_path: Path):
    workspace = quick_workspace(tmp_path, 'reports = "small"')
    with small_disk(workspace.reports, 4000):
        assert_next_run_works(workspace)
        before = visible(workspace.reports / "runs")
        subprocess.run(["mount", "-o", "remount,ro", workspace.reports], check=True)
        with pytest.raises(RunError, match=r"can't be (written|used) \(.*; (grant write access|check that its folder)"):
            run_notebook(workspace, "quick")
        subprocess.run(["mount", "-o", "remount,rw", workspace.reports], check=True)
        assert visible(workspace.reports / "runs") == before
        assert len(assert_truthful(workspace)) == 1
        assert_next_run_works(workspace)
