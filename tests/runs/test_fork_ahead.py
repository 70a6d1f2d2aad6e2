"""A command forks its run's process from itself: the notebook finds what it would find in one that was started, and nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from tests.runs.test_run_status import alive
from tests.runs.test_single_runs import wait_for
from tests.runs.tiny import make_workspace, visible, write_notebook
from workbench.runs.execute import run_notebook
from workbench.runs.fork_ahead import forks_ahead
from workbench.runs.history import all_runs
from workbench.workspace import Workspace

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux alone"),
]
LOOK = """
import json, os, sys
from pathlib import Path
import psutil
worker = psutil.Process(os.getppid())
found = {
    "path": sys.path, "folder": os.getcwd(), "standard_input": sys.__stdin__.read(), "own_session": os.getsid(0) == os.getpid(),
    "threads": {name: os.environ[name] for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")},
    "terminal": sorted(os.readlink(f"/proc/{worker.pid}/fd/{number}") for number in (1, 2)),
    "parent": worker.ppid(), "command": worker.cmdline(),
}
Path(os.environ["WORKBENCH_WORKSPACE"], f"found-{seed}.json").write_text(json.dumps(found))
"""
LINGER = "from pathlib import Path\nPath(os.environ['WORKBENCH_WORKSPACE'], 'under_way').touch()\nimport time\ntime.sleep(600)"


@pytest.fixture
def company(tmp_path: Path) -> Workspace:
    workspace = make_workspace(tmp_path / "company")
    write_notebook(workspace.root / "notebooks", "look", LOOK)
    write_notebook(workspace.root / "notebooks", "linger", f"import os\n{LINGER}")
    return workspace


def command(workspace: Workspace, *words: str) -> list[str]:
    return [str(Path(sys.executable).with_name("workbench")), "run", *words, "--workspace", str(workspace.root)]


def looked(workspace: Workspace, seed: int) -> dict:
    return json.loads((workspace.root / f"found-{seed}.json").read_text())


def test_a_notebook_finds_what_it_would_find_in_a_process_that_was_started(company: Workspace) -> None:
    done = subprocess.run(command(company, "look", "-p", "seed=1"), capture_output=True, text=True, cwd="/tmp")
    assert done.returncode == 0, done.stderr
    assert run_notebook(company, "look", ["seed=2"]).status == "finished"
    forked, started = looked(company, 1), looked(company, 2)
    # The run's process was forked by the command, and by its name it still is that command.
    assert forked.pop("command")[1:3] == command(company)[:2]
    assert "workbench.runs.worker" in started.pop("command")
    assert started.pop("parent") == os.getpid() != forked.pop("parent")
    logs = [each.pop("terminal") for each in (forked, started)]
    assert all(set(map(os.path.basename, log)) == {"worker.log"} for log in logs)
    assert forked == started


def test_what_is_refused_leaves_no_process(company: Workspace) -> None:
    before = set(psutil.pids())
    done = subprocess.run(command(company, "look", "-p", "seed=many"), capture_output=True, text=True)
    assert done.returncode == 1
    assert "seed" in done.stderr
    assert [pid for pid in set(psutil.pids()) - before if _speaks_of(pid, company)] == []
    assert visible(company.reports / "runs") == set()


@pytest.mark.parametrize("ended", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_whoever_ends_the_command_ends_its_run(company: Workspace, ended: signal.Signals) -> None:
    running = subprocess.Popen(command(company, "linger"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for((company.root / "under_way").exists)
    family = psutil.Process(running.pid).children(recursive=True)
    assert len(family) >= 3
    running.send_signal(ended)
    running.communicate(timeout=60)
    wait_for(lambda: not any(alive(process.pid) for process in family))
    (run,) = all_runs(company)
    assert run.status == ("lost" if ended == signal.SIGKILL else "cancelled")


def test_a_process_with_threads_is_not_forked() -> None:
    ending = threading.Event()
    thread = threading.Thread(target=ending.wait)
    thread.start()
    with forks_ahead() as forks:
        assert forks is None
    ending.set()
    thread.join()


def _speaks_of(pid: int, workspace: Workspace) -> bool:
    try:
        return str(workspace.root) in psutil.Process(pid).cmdline()
    except psutil.Error:
        return False
