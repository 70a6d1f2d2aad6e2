"""Runs that need no kernel: everything around them is real, so that hundreds can be broken off in a minute."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from tests.runs.tiny import make_workspace, visible, write_notebook
from workbench.runs import execute
from workbench.runs.execute import Outcome, run_notebook
from workbench.runs.history import open_history
from workbench.runs.record import RUN_FILE, RunRecord, read_record
from workbench.runs.staging import FAILED, RUNS, clean_leftovers
from workbench.workspace import Workspace

# What a process does to files, folders and other processes, as Python's audit hooks tell it.
WRITES = {
    "os.mkdir",
    "os.rename",
    "os.remove",
    "os.rmdir",
    "shutil.rmtree",
    "sqlite3.connect",
    "os.utime",
    "shutil.copyfile",
}


def quick_workspace(root: Path, extra: str = "") -> Workspace:
    workspace = make_workspace(root, extra)
    write_notebook(workspace.root / "notebooks", "quick", "1")
    return workspace


def without_kernel(size: int = 1000) -> None:
    """From now on in this process, notebooks are not executed but leave what executed ones leave."""

    def supervise(request, process, **_) -> Outcome:
        for name in ("notebook.ipynb", "report.pdf", "report.html"):
            (Path(request.folder) / name).write_text('{"cells": []}' + " " * size)
        return Outcome(status="finished")

    execute._worker = lambda *_: None
    execute._supervise = supervise


def writes_of(work: Callable[[], object]) -> int:
    """How often some work writes, told by doing it in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        counted = [0]
        sys.addaudithook(lambda event, found: counted.__setitem__(0, counted[0] + _writes(event, found)))
        work()
        os.write(writing, str(counted[0]).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        return int(stream.read())


def killed_before_write(work: Callable[[], object], number: int) -> bool:
    """Do some work in a process of its own, which is killed just before its so-and-so-manieth write; whether it was."""
    child = os.fork()
    if child == 0:
        counted = [0]

        def kill(event: str, found: tuple) -> None:
            if _writes(event, found):
                counted[0] += 1
                if counted[0] == number:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(kill)
        work()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def assert_truthful(workspace: Workspace) -> list[RunRecord]:
    """No run is lost or counted twice, no partial artefact is visible as finished; the runs."""
    clean_leftovers(workspace.reports)
    records = open_history(workspace).runs()
    by_id = {record.run_id: record for record in records}
    assert len(by_id) == len(records)
    assert "running" not in {record.status for record in records}
    for room, finished in ((RUNS, True), (FAILED, False)):
        for name in visible(workspace.reports / room):
            assert not name.startswith(".")
            folder = workspace.reports / room / name
            told = read_record(folder)
            assert (told.status == "finished") == finished
            assert by_id[name].status == told.status
            present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
            assert present == {RUN_FILE, *(artefact.path for artefact in told.artefacts)}
            assert all((folder / item.path).stat().st_size == item.size_bytes for item in told.artefacts)
    finished_rows = {record.run_id for record in records if record.status == "finished"}
    assert finished_rows == visible(workspace.reports / RUNS)
    return records


def assert_next_run_works(workspace: Workspace) -> None:
    assert run_notebook(workspace, "quick").status == "finished"


def _writes(event: str, found: tuple) -> bool:
    if event == "open":
        mode, flags = found[1], found[2]
        return any(letter in str(mode or "") for letter in "wax+") or bool(
            flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        )
    return event in WRITES
