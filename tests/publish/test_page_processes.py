"""Pages' processes are forked from one that has loaded what they show, and end with it and with the server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import psutil
import pytest

from tests.publish.served import Served, kernel_of, serving
from workbench.publish.memory import process_memory
from workbench.publish.page_processes import PageProcesses
from workbench.runs.forked_kernel import kernel_name

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="pages are forked on Linux alone")]
APPS = sorted((Path(__file__).parents[2] / "notebooks" / "apps").glob("*.ipynb"))
IMPORTS = """
import ast, json, sys
from workbench.apps.ahead import load_ahead
load_ahead()
known = set(sys.modules)
for source in json.loads(sys.stdin.read()):
    tree = ast.parse(source)
    tree.body = [each for each in tree.body if isinstance(each, ast.Import | ast.ImportFrom)]
    exec(compile(tree, "notebook", "exec"))
print(json.dumps(sorted(set(sys.modules) - known)))
"""


@pytest.fixture(scope="module")
def local(published_workspace, notebooks, tmp_path_factory) -> Iterator[Served]:
    """A server of this machine alone, which needs no password."""
    log = tmp_path_factory.mktemp("forking") / "log"
    with serving(published_workspace, notebooks, log, "--host", "127.0.0.1", "--max-sessions", "3") as site:
        yield site


@pytest.fixture(scope="module")
def visitor(local):
    return local.logged_in()


def forker(served: Served) -> psutil.Process:
    (process,) = psutil.Process(served.process.pid).children()
    assert "workbench.publish.fork_pages" in process.cmdline()
    return process


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_page_is_forked_and_bears_its_name(local, visitor):
    kernel = kernel_of(visitor.get("/app/scenario_planner"))
    pages = forker(local).children()
    assert kernel_name(kernel) in {page.name() for page in pages}
    assert all(os.getpgid(page.pid) == page.pid for page in pages)
    # The process that forks is no page.
    assert len(process_memory(local.process.pid)) == len(forker(local).children())


def test_pages_whose_source_was_killed_end_and_the_next_page_opens(local, visitor):
    source = forker(local)
    pages = source.children()
    assert pages
    source.kill()
    until(lambda: all(map(gone, pages)))
    answer = visitor.get("/app/scenario_planner")
    kernel = kernel_of(answer if answer.status_code == 200 else visitor.get("/app/scenario_planner"))
    assert kernel_name(kernel) in {page.name() for page in forker(local).children()}


def test_everything_ends_with_a_server_that_is_killed(published_workspace, notebooks, tmp_path):
    with serving(published_workspace, notebooks, tmp_path / "log", "--max-sessions", "2") as site:
        below = psutil.Process(site.process.pid).children(recursive=True)
        assert len(below) > 1
        os.killpg(site.process.pid, signal.SIGKILL)
        until(lambda: all(map(gone, below)))


@pytest.fixture
def processes() -> Iterator[PageProcesses]:
    found = PageProcesses()
    yield found
    found.end()


def test_exit_codes_are_those_of_the_processes(processes, tmp_path):
    wanted = {"name": "x", "folder": str(tmp_path), "environment": {"PATH": os.defpath}}
    # A kernel that is given no such file to write makes one itself; one given a folder can't.
    refused = processes.fork({**wanted, "arguments": ["-f", str(tmp_path)]})
    assert refused.wait() not in {None, 0}
    killed = processes.fork({**wanted, "arguments": ["-f", str(tmp_path / "kernel.json")]})
    until((tmp_path / "kernel.json").is_file)
    assert killed.poll() is None
    killed.terminate()
    killed.kill()
    assert killed.wait() in {-signal.SIGTERM, -signal.SIGKILL}
    assert killed.poll() == killed.returncode


def test_all_that_notebooks_import_is_loaded_ahead():
    cells = [
        cell.source for path in APPS for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"
    ]
    ran = subprocess.run(
        [sys.executable, "-c", IMPORTS], input=json.dumps(cells), capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert json.loads(ran.stdout) == []
