"""Runs one after the other are forked from one process, which is there as long as it serves: it comes with the second run, and a dead or outdated
one is replaced."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runs.test_run_status import alive
from tests.runs.tiny import make_workspace, write_notebook
from workbench.runs.execute import run_notebook
from workbench.runs.steady_forks import SteadyForks
from workbench.workspace import Workspace

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux alone")]
# Of the run's process, which is the kernel's parent: its own parent, and whether it was forked from a server.
LOOK = """
import os, psutil
from pathlib import Path
worker = psutil.Process(os.getppid())
server = worker.ppid() if "workbench.runs.fork_server" in worker.cmdline() else 0
with Path(os.environ["WORKBENCH_WORKSPACE"], "servers").open("a") as told:
    print(server, file=told)
"""
SCHEDULES = "".join(f'[[schedule]]\nname = "{name}"\nnotebook = "looks"\ncron = "0 6 * * *"\n' for name in "abc")


@pytest.fixture
def company(tmp_path: Path) -> Workspace:
    workspace = make_workspace(tmp_path / "company", SCHEDULES)
    write_notebook(workspace.root / "notebooks", "looks", LOOK)
    return workspace


def servers(workspace: Workspace) -> list[int]:
    return [int(line) for line in (workspace.root / "servers").read_text().split()]


def server_of_next(workspace: Workspace, forks: SteadyForks) -> int:
    """What the next run is forked from; 0 where it is started by itself."""
    assert run_notebook(workspace, "looks", forks=forks).status == "finished"
    return servers(workspace)[-1]


def test_a_server_comes_with_the_second_run_and_is_replaced_when_it_died_or_its_code_changed(
    company: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SteadyForks() as forks:
        assert server_of_next(company, forks) == 0
        first = server_of_next(company, forks)
        assert first
        assert server_of_next(company, forks) == first

        os.kill(first, signal.SIGKILL)
        assert server_of_next(company, forks) == 0
        second = server_of_next(company, forks)
        assert second not in (0, first)

        monkeypatch.setattr("workbench.runs.steady_forks.code_sha256", lambda: "of a newer version")
        third = server_of_next(company, forks)
        assert third not in (0, second)
        assert not alive(second)
    assert not alive(third)


def test_a_scheduler_forks_its_runs(company: Workspace) -> None:
    command = [str(Path(sys.executable).with_name("workbench")), "schedule"]
    for words in (["now", "a"], ["now", "b"], ["now", "c"], ["--once", "--parallel", "1"]):
        subprocess.run([*command, *words, "--workspace", str(company.root)], check=True, capture_output=True)
    alone, *forked = servers(company)
    assert alone == 0
    assert len(forked) == 2
    assert forked[0] == forked[1] != 0
    assert not alive(forked[0])
