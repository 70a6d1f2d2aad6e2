"""A ledger that is locked, or whose server goes away, while runs go on."""

import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.postgres_server import restartable_server, server_binaries
from tests.runs.faults.quick import assert_next_run_works, assert_truthful, quick_workspace
from workbench.errors import RunError
from workbench.runs import execute
from workbench.runs.execute import run_notebook
from workbench.runs.ledger import Ledger, database

pytestmark = pytest.mark.usefixtures("no_kernel")


def while_it_runs(monkeypatch, work) -> None:
    """Do something in the middle of the next runs."""
    plain = execute._supervise

    def supervise(*arguments: Any, **named: Any):
        work()
        return plain(*arguments, **named)

    monkeypatch.setattr(execute, "_supervise", supervise)


def lock(path: Path) -> sqlite3.Connection:
    other = sqlite3.connect(path, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    return other


def test_a_ledger_locked_for_a_while_is_waited_for(tmp_path: Path):
    workspace = quick_workspace(tmp_path)
    assert_next_run_works(workspace)
    other = lock(workspace.reports / "ledger.db")
    threading.Timer(1.0, other.rollback).start()
    assert_next_run_works(workspace)
    assert len(assert_truthful(workspace)) == 2


def test_a_run_whose_end_could_not_be_written_is_told_later(tmp_path: Path, monkeypatch):
    workspace = quick_workspace(tmp_path)
    assert_next_run_works(workspace)
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    held: list[sqlite3.Connection] = []
    while_it_runs(monkeypatch, lambda: held.append(lock(workspace.reports / "ledger.db")))
    with pytest.raises(RunError, match=r"run \S+ finished and is kept in .*, but the ledger .* stayed locked"):
        run_notebook(workspace, "quick")
    held[0].rollback()
    # The same process still lives, so its row isn't lost: the folder tells that the run has ended.
    assert [record.status for record in Ledger(workspace.reports).runs()] == ["finished"] * 2
    assert_truthful(workspace)


@dataclass(frozen=True)
class Server:
    url: str
    stop: Any
    start: Any


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    binaries = server_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server is installed here; Debian's package postgresql brings it")
    with restartable_server(binaries) as (url, stop, start):
        yield Server(url, stop, start)


def test_a_server_that_is_restarted_in_mid_run(tmp_path: Path, monkeypatch, server: Server):
    workspace = quick_workspace(tmp_path, '[runs]\nledger = "env:LEDGER"\n')
    monkeypatch.setenv("LEDGER", server.url)

    def restart() -> None:
        server.stop()
        threading.Timer(1.0, server.start).start()

    while_it_runs(monkeypatch, restart)
    assert run_notebook(workspace, "quick").status == "finished"
    assert [record.status for record in assert_truthful(workspace)] == ["finished"]


def test_a_server_that_stays_away_is_one_sentence_and_loses_nothing(tmp_path: Path, monkeypatch, server: Server):
    workspace = quick_workspace(tmp_path, '[runs]\nledger = "env:LEDGER"\n')
    monkeypatch.setenv("LEDGER", f"{server.url}&options=-csearch_path%3Daway")
    with Ledger(tmp_path / "elsewhere", server.url).connected() as connection:
        connection.exec_driver_sql("CREATE SCHEMA away")
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.5)
    while_it_runs(monkeypatch, server.stop)
    with pytest.raises(
        RunError, match=r"finished and is kept in .*, but the ledger postgresql.* can't be used .*server"
    ):
        run_notebook(workspace, "quick")
    server.start()
    monkeypatch.undo()
    monkeypatch.setenv("LEDGER", f"{server.url}&options=-csearch_path%3Daway")
    assert [record.status for record in assert_truthful(workspace)] == ["finished"]


def test_a_folder_of_any_name_holds_a_ledger(tmp_path: Path):
    folder = tmp_path / "50%41 off? {a}#b;c"
    assert Ledger(folder).runs() == []
    assert (folder / "ledger.db").is_file()
