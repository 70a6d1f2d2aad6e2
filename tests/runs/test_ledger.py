import os
import socket
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import event

from tests.runs.tiny import visible
from workbench.errors import RunError
from workbench.runs.ledger import Ledger, database, owners
from workbench.runs.record import Origin, RunRecord, Summary
from workbench.runs.staging import PREFIX, Owner, clean_leftovers, discard, stage


def record(run_id: str, minute: int = 0) -> RunRecord:
    return RunRecord(
        run_id=run_id,
        notebook="media_mix",
        parameters={"seed": 1, "channels": ["tv"], "end": None},
        started_at=datetime(2026, 1, 1, 12, minute, tzinfo=UTC),
        workspace="Tiny",
        origin=Origin(notebook_sha256="n", commit="c", lock_sha256="l"),
    )


def test_a_row_says_what_its_record_says(tmp_path: Path):
    ledger = Ledger(tmp_path)
    ledger.start(record("a"))
    assert ledger.runs() == [record("a")]
    summary = Summary(
        analysis="media_mix", headline="TV pays.", checks_passed=2, window=(date(2024, 1, 1), date(2024, 2, 1))
    )
    ended = replace(record("a").ended("finished"), summary=summary, path=tmp_path / "runs" / "a")
    ledger.end(ended)
    assert Ledger(tmp_path).runs() == [ended]


def test_rows_come_newest_first(tmp_path: Path):
    ledger = Ledger(tmp_path)
    for run_id, minute in (("b", 2), ("a", 3), ("c", 1)):
        ledger.start(record(run_id, minute))
    assert [row.run_id for row in ledger.runs()] == ["a", "b", "c"]


def test_it_is_a_write_ahead_log(tmp_path: Path):
    Ledger(tmp_path)
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_many_writers_lose_no_row(tmp_path: Path):
    def write(number: int) -> None:
        ledger = Ledger(tmp_path)
        ledger.start(record(f"run{number:02}"))
        ledger.beat(f"run{number:02}")
        ledger.end(record(f"run{number:02}").ended("finished"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(24)))
    rows = Ledger(tmp_path).runs()
    assert sorted(row.run_id for row in rows) == [f"run{number:02}" for number in range(24)]
    assert {row.status for row in rows} == {"finished"}


def test_only_rows_of_dead_supervisors_are_lost(tmp_path: Path, monkeypatch):
    ledger = Ledger(tmp_path)
    here, gone = socket.gethostname(), dead_pid()
    processes = {
        "alive": Owner.this_process(),
        "dead": Owner(here, gone, 1.0),
        "reused": Owner(here, os.getpid(), 1.0),
        "elsewhere": Owner("another-machine", gone, 1.0),
    }
    for run_id, owner in processes.items():
        monkeypatch.setattr(owners.Owner, "this_process", lambda owner=owner: owner)
        ledger.start(record(run_id))
    status = {row.run_id: row.status for row in Ledger(tmp_path).runs()}
    assert status == {"alive": "running", "dead": "lost", "reused": "lost", "elsewhere": "running"}


def test_only_staged_folders_of_dead_supervisors_are_removed(tmp_path: Path, monkeypatch):
    alive = stage(tmp_path, "alive")
    monkeypatch.setattr(owners.Owner, "this_process", lambda: Owner(socket.gethostname(), dead_pid(), 1.0))
    stage(tmp_path, "dead")
    (tmp_path / "runs" / f"{PREFIX}just-made").mkdir()
    old = tmp_path / "runs" / f"{PREFIX}never-owned"
    old.mkdir()
    os.utime(old, (0, 0))
    clean_leftovers(tmp_path)
    assert visible(tmp_path / "runs") == {alive.name, f"{PREFIX}just-made"}
    discard(alive)
    assert visible(tmp_path / "runs") == {f"{PREFIX}just-made"}


def test_a_locked_ledger_is_one_sentence(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    ledger = Ledger(tmp_path)
    other = sqlite3.connect(tmp_path / "ledger.db")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(
        RunError, match=r"the ledger .*ledger\.db stayed locked by another process for 0\.1 s; end that"
    ):
        ledger.start(record("a"))
    other.close()
    ledger.start(record("a"))


def test_a_damaged_ledger_is_one_sentence(tmp_path: Path):
    (tmp_path / "ledger.db").write_text("this is no database, it is a letter to the management" * 40)
    with pytest.raises(RunError, match=r"ledger\.db is damaged .*; move it away: the next run starts a new one"):
        Ledger(tmp_path)


def test_a_full_disk_is_one_sentence(tmp_path: Path):
    ledger = Ledger(tmp_path)
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    engine = ledger.database._engine
    engine.dispose()
    event.listen(engine, "connect", lambda connection, _: connection.execute(f"PRAGMA max_page_count = {pages}"))
    wide = replace(record("a"), reason="x" * 100_000)
    with pytest.raises(RunError, match=r"the disk of the ledger .* is full; free some space"):
        ledger.start(wide)


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid
