"""However a run ends, its status is the supervisor's, nothing half-made is visible and no process is left."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.runs.tiny import make_workspace, visible, write_notebook
from workbench.errors import RunError
from workbench.runs.execute import run_notebook
from workbench.runs.ledger import Ledger
from workbench.runs.process import in_sessions_of, kill
from workbench.runs.record import RunRecord
from workbench.runs.staging import clean_leftovers
from workbench.workspace import Workspace

pytestmark = pytest.mark.slow

WRITE_PIDS = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
open("pids", "w").write(f"{os.getpid()} {os.getppid()} {child.pid}")
os.makedirs(os.environ["WORKBENCH_RUN_DIR"] + "/result")
"""
SLEEP = "import time; time.sleep(300)"
SUPERVISE = """
import sys
from workbench.runs.execute import run_notebook
from workbench.workspace import open_workspace
workspace = open_workspace(sys.argv[1])
tell = lambda event: print(f"cell {event.number}/", file=sys.stderr, flush=True)
record = run_notebook(workspace, sys.argv[2], sys.argv[3:], watch=tell)
sys.exit(record.status != "finished")
"""


def assert_nothing_half_made(workspace: Workspace, record: RunRecord) -> None:
    assert visible(workspace.reports / "runs") == set()
    assert record.path == workspace.reports / "failed" / record.run_id
    assert visible(record.path) <= {"notebook.ipynb", "run.json", "worker.log"}
    assert json.loads((record.path / "run.json").read_text())["status"] == record.status
    (row,) = Ledger(workspace.reports).runs()
    assert (row.status, row.reason) == (record.status, record.reason)


def assert_no_process_left(notebook: Path) -> None:
    written = notebook.parent / "pids"
    pids = [int(pid) for pid in written.read_text().split()] if written.exists() else []
    deadline = time.monotonic() + 10
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in pids if alive(pid)]


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_users_mistake_is_its_own_sentence(workspace):
    mistake = "from workbench.errors import DataError\nraise DataError('spend is negative; book refunds apart')"
    write_notebook(workspace.root / "notebooks", "bad", "1", mistake)
    record = run_notebook(workspace, "bad")
    assert record.status == "failed"
    assert record.reason == "spend is negative; book refunds apart"
    assert_nothing_half_made(workspace, record)


def test_any_other_exception_names_itself_the_cell_and_the_notebook(workspace):
    notebook = write_notebook(
        workspace.root / "notebooks", "bad", WRITE_PIDS, "print('so far'); 1 / 0", "print('never')"
    )
    record = run_notebook(workspace, "bad", ["seed=2"])
    kept = record.path / "notebook.ipynb"
    assert record.reason == f"ZeroDivisionError in cell 4 (Step 2): division by zero; the notebook up to there: {kept}"
    assert "so far" in kept.read_text()
    assert_nothing_half_made(workspace, record)
    assert_no_process_left(notebook)


def test_a_killed_kernel_is_a_killed_run(workspace):
    notebook = write_notebook(
        workspace.root / "notebooks", "bad", WRITE_PIDS, "import signal; os.kill(os.getpid(), signal.SIGKILL)", "1"
    )
    record = run_notebook(workspace, "bad")
    assert record.status == "killed"
    assert "the kernel died while running cell 3 (Step 2)" in record.reason
    assert_nothing_half_made(workspace, record)
    assert_no_process_left(notebook)


def test_a_child_that_a_dead_kernel_left_behind_is_found():
    child = "import time; time.sleep(60)"
    leader = f"import subprocess, sys, time; print(subprocess.Popen([sys.executable, '-c', {child!r}]).pid, flush=True); {child}"
    kernel = subprocess.Popen([sys.executable, "-c", leader], stdout=subprocess.PIPE, start_new_session=True)
    assert kernel.stdout is not None
    orphan, seen = int(kernel.stdout.readline()), psutil.Process(kernel.pid)
    kernel.kill()
    kernel.wait()
    found = in_sessions_of({seen})
    assert orphan in {process.pid for process in found}
    kill(found)
    psutil.wait_procs(found, timeout=5)
    assert not alive(orphan)


def test_a_killed_worker_is_a_killed_run(workspace):
    notebook = write_notebook(
        workspace.root / "notebooks",
        "bad",
        WRITE_PIDS,
        "import signal; os.kill(os.getppid(), signal.SIGKILL)\n" + SLEEP,
    )
    record = run_notebook(workspace, "bad")
    assert record.status == "killed"
    assert record.reason.startswith("the run's process was killed by SIGKILL during cell 3 of 3 (Step 2)")
    assert_nothing_half_made(workspace, record)
    assert_no_process_left(notebook)


def test_a_timeout_ends_everything(workspace):
    notebook = write_notebook(workspace.root / "notebooks", "bad", WRITE_PIDS, SLEEP)
    record = run_notebook(workspace, "bad", timeout=10)
    assert record.status == "timed_out"
    assert re.match(r"timed out after 10 s during (cell \d of 3|the start).*; allow more with --timeout", record.reason)
    assert 10 <= record.seconds < 18
    assert_nothing_half_made(workspace, record)
    assert_no_process_left(notebook)


def test_sigterm_to_the_command_cancels(workspace):
    notebook = write_notebook(workspace.root / "notebooks", "bad", WRITE_PIDS, SLEEP)
    supervisor = start("from workbench.cli import main; main()", "run", "bad", "--workspace", str(workspace.root))
    wait_for_cell(supervisor, 3)
    supervisor.terminate()
    _, said = supervisor.communicate(timeout=60)
    assert supervisor.returncode == 1
    assert said.strip().startswith("workbench: cancelled by SIGTERM during cell 3 of 3 (Step 2)")
    (row,) = Ledger(workspace.reports).runs()
    assert row.status == "cancelled"
    assert_nothing_half_made(workspace, row)
    assert_no_process_left(notebook)


def test_a_killed_supervisor_takes_its_run_along_and_the_next_one_cleans_up(workspace):
    notebook = write_notebook(workspace.root / "notebooks", "bad", WRITE_PIDS, SLEEP)
    supervisor = start(SUPERVISE, str(workspace.root), "bad")
    wait_for_cell(supervisor, 3)
    clean_leftovers(workspace.reports)
    assert len(visible(workspace.reports / "runs")) == 1
    supervisor.kill()
    supervisor.communicate(timeout=60)
    assert_no_process_left(notebook)
    clean_leftovers(workspace.reports)
    assert visible(workspace.reports / "runs") == set()
    (lost,) = Ledger(workspace.reports).runs()
    assert lost.status == "lost"
    assert "ended without a word" in lost.reason


def test_runs_at_once_do_not_meet(workspace):
    write_notebook(workspace.root / "notebooks", "tiny", "import time; time.sleep(1); print('I am', seed)")
    started = [start(SUPERVISE, str(workspace.root), "tiny", f"seed={seed}") for seed in (7, 8)]
    said = [process.communicate(timeout=100) for process in started]
    assert [process.returncode for process in started] == [0, 0], said
    outputs = [(folder / "notebook.ipynb").read_text() for folder in (workspace.reports / "runs").iterdir()]
    assert sorted("I am 8" in output for output in outputs) == [False, True]
    assert sorted("I am 7" in output for output in outputs) == [False, True]
    assert [row.status for row in Ledger(workspace.reports).runs()] == ["finished"] * 2
    assert visible(workspace.root / "notebooks") == {"tiny.ipynb"}


def test_reports_that_are_a_file_are_refused_in_one_sentence(tmp_path: Path):
    workspace = make_workspace(tmp_path)
    write_notebook(workspace.root / "notebooks", "tiny", "1")
    workspace.reports.write_text("not a folder")
    with pytest.raises(RunError, match=r"reports is a file where a folder belongs.*set workspace\.reports"):
        run_notebook(workspace, "tiny")
    assert workspace.reports.read_text() == "not a folder"


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path: Path):
    workspace = make_workspace(tmp_path, 'reports = "small"')
    workspace.reports.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", workspace.reports], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk takes rights that this user lacks")
    try:
        write_notebook(workspace.root / "notebooks", "big", "print('x' * 1_000_000)")
        record = run_notebook(workspace, "big")
        assert record.status == "failed"
        assert record.reason.startswith(f"the disk of {workspace.reports} is full")
        assert visible(workspace.reports / "runs") == set()
        assert [row.status for row in Ledger(workspace.reports).runs()] == ["failed"]
    finally:
        subprocess.run(["umount", workspace.reports], check=True)


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_cell(supervisor: subprocess.Popen[str], number: int) -> None:
    assert supervisor.stderr is not None
    for line in supervisor.stderr:
        if f"cell {number}/" in line:
            return
    raise AssertionError("the run ended before that cell")
