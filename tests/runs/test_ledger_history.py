"""What ledgers are asked, on SQLite and on a real PostgreSQL server alike."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, inspect, select, text, update

from tests.runs.test_ledger import dead_pid, record
from tests.runs.tiny import visible
from workbench.errors import ConfigError, RunError
from workbench.runs.ledger import PARENTS, RUNS, TOTALS, Ledger, Wanted
from workbench.runs.ledger import assigned as assigned_module
from workbench.runs.ledger import owners as owners_module
from workbench.runs.ledger.migrations import MIGRATIONS
from workbench.runs.ledger.schema import ASSIGNED
from workbench.runs.record import RunRecord, Summary, write_record
from workbench.runs.staging import PREFIX, Owner, stage
from workbench.runs.values import Value, text_of
from workbench.schedule.fires import FIRES, SCHEDULES
from workbench.telling.outbox import OUTBOX

OLDEST = """CREATE TABLE runs (run_id VARCHAR NOT NULL PRIMARY KEY, notebook VARCHAR NOT NULL, "trigger" VARCHAR NOT NULL,
    status VARCHAR NOT NULL, reason TEXT NOT NULL, parameters JSON NOT NULL, workspace VARCHAR NOT NULL, started_at VARCHAR NOT NULL,
    finished_at VARCHAR, seconds FLOAT NOT NULL, host VARCHAR NOT NULL, pid INTEGER NOT NULL, pid_created FLOAT NOT NULL,
    heartbeat VARCHAR NOT NULL, "commit" VARCHAR NOT NULL, notebook_sha256 VARCHAR NOT NULL, lock_sha256 VARCHAR NOT NULL,
    summary JSON NOT NULL, path VARCHAR)"""
ROW = """INSERT INTO runs VALUES ('20260101T120000-media_mix-1a2b', 'media_mix', 'command', 'finished', '', '{"seed": 1}', 'Tiny',
    '2026-01-01T12:00:00Z', '2026-01-01T12:01:00Z', 60.0, 'h', 1, 1.0, '2026-01-01T12:01:00+00:00', 'c', 'n', 'l', '{"analysis": "media_mix"}', NULL)"""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Of an empty database; empty for a file."""
    if request.param == "sqlite":
        yield ""
        return
    server = request.getfixturevalue("postgres_url").replace("postgres://", "postgresql+psycopg://", 1)
    with create_engine(server).begin() as connection:
        connection.execute(text("DROP SCHEMA IF EXISTS ledger CASCADE"))
        connection.execute(text("CREATE SCHEMA ledger"))
    yield f"{server}&options=-csearch_path%3Dledger"


def engine_of(tmp_path: Path, url: str):
    return create_engine(url or f"sqlite:///{tmp_path / 'ledger.db'}")


def test_every_version_leads_to_the_tables_that_are_read(tmp_path: Path, url: str):
    with engine_of(tmp_path, url).begin() as connection:
        connection.execute(text(OLDEST))
        connection.execute(text(ROW))
    (old,) = Ledger(tmp_path, url).runs(Wanted(parameters={"seed": "1"}))
    assert (old.run_id, old.status, old.parameters, old.seconds) == (
        "20260101T120000-media_mix-1a2b",
        "finished",
        {"seed": 1},
        60.0,
    )
    assert (old.artefacts, old.parents, old.batch) == ((), (), "")
    seen = inspect(engine_of(tmp_path, url))
    for table in (RUNS, PARENTS, ASSIGNED, TOTALS, FIRES, SCHEDULES, OUTBOX):
        columns = {column["name"]: column["nullable"] for column in seen.get_columns(table.name)}
        assert columns == {column.name: bool(column.nullable) for column in table.c}


def test_a_ledger_of_a_newer_package_is_left_alone(tmp_path: Path, url: str):
    Ledger(tmp_path, url)
    with engine_of(tmp_path, url).begin() as connection:
        connection.execute(text("UPDATE ledger_version SET version = 99"))
    with pytest.raises(RunError, match=rf"has version 99, and this package knows {len(MIGRATIONS)} at most; update"):
        Ledger(tmp_path, url)


def test_many_may_open_a_new_one_at_once(tmp_path: Path, url: str):
    def write(number: int) -> None:
        ledger = Ledger(tmp_path, url)
        ledger.start(record(f"run{number:02}"))
        ledger.end(record(f"run{number:02}").ended("finished"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(16)))
    assert sorted(row.run_id for row in Ledger(tmp_path, url).runs()) == [f"run{number:02}" for number in range(16)]


def test_a_row_keeps_all_that_its_record_says(tmp_path: Path, url: str):
    ledger = Ledger(tmp_path, url)
    full = replace(
        record("a").ended("finished"),
        summary=Summary(analysis="media_mix", inputs={"kpi": "3f"}),
        parents=("older", "oldest"),
        batch="b1",
    )
    ledger.start(record("a"))
    ledger.end(full)
    assert ledger.runs() == [replace(full, parents=("older", "oldest"))]
    assert ledger.children(["oldest"]) == [("a", "oldest")]


def folder_of(reports: Path, room: str, each: RunRecord) -> None:
    folder = reports / room / each.run_id
    folder.mkdir(parents=True)
    write_record(each, folder)


def test_a_new_ledger_knows_the_runs_that_left_folders(tmp_path: Path, url: str):
    done, failed = record("done").ended("finished"), record("bad").ended("failed", reason="no data")
    folder_of(tmp_path, "runs", done)
    folder_of(tmp_path, "failed", failed)
    assert {row.run_id: row.status for row in Ledger(tmp_path, url).runs()} == {"done": "finished", "bad": "failed"}


def test_a_run_that_ended_unnoticed_is_told_as_it_ended(tmp_path: Path, url: str, monkeypatch):
    """Its supervisor died after the folder stood, and before the row was written."""
    ledger = Ledger(tmp_path, url)
    monkeypatch.setattr(owners_module.Owner, "this_process", lambda: Owner(socket.gethostname(), dead_pid(), 1.0))
    ledger.start(record("done"))
    ledger.start(record("gone"))
    monkeypatch.undo()
    folder_of(tmp_path, "runs", record("done").ended("finished"))
    assert Ledger(tmp_path, url).settle_lost() == []
    found = {row.run_id: row.status for row in Ledger(tmp_path, url).runs()}
    assert found == {"done": "finished", "gone": "lost"}


def test_another_machine_that_fell_silent_has_lost_its_runs(tmp_path: Path, url: str, monkeypatch):
    ledger = Ledger(tmp_path, url)
    monkeypatch.setattr(owners_module.Owner, "this_process", lambda: Owner("another-machine", 7, 1.0))
    for run_id in ("silent", "speaking"):
        ledger.start(record(run_id))
    monkeypatch.undo()
    old = (datetime.now(UTC) - timedelta(minutes=6)).isoformat(timespec="seconds")
    with ledger.connected() as connection:
        connection.execute(update(RUNS).where(RUNS.c.run_id == "silent").values(heartbeat=old))
    for run_id in ("silent", "speaking"):
        stage(tmp_path, run_id)
    assert ledger.settle_lost() == ["silent"]
    assert visible(tmp_path / "runs") == {f"{PREFIX}speaking"}
    assert {row.run_id: row.status for row in ledger.runs()} == {"silent": "lost", "speaking": "running"}


def test_only_a_running_run_can_be_asked_to_stop(tmp_path: Path, url: str):
    ledger = Ledger(tmp_path, url)
    ledger.start(record("a"))
    assert ledger.beat("a") == ""
    assert ledger.ask_to_cancel("a", "ada on host")
    assert ledger.beat("a") == "ada on host"
    ledger.end(record("a").ended("cancelled"))
    assert not ledger.ask_to_cancel("a", "ada on host")


STATUSES = ("finished", "failed", "lost")
WORLD = [
    replace(
        record(f"{day:02}-{notebook}", 0).ended(STATUSES[day % 3]),
        notebook=notebook,
        started_at=datetime(2026, 1, day, tzinfo=UTC),
        trigger="schedule weekly" if day % 2 else "command",
        parameters={"market": "DE" if day % 4 else "FR", "seed": day % 2},
        batch="b" if day > 20 else "",
        summary=Summary(analysis=notebook),
    )
    for day in range(1, 29)
    for notebook in ("media_mix", "segmentation")
]
DAYS = st.none() | st.integers(1, 28).map(lambda day: datetime(2026, 1, day, tzinfo=UTC))
CHOICES = st.builds(
    Wanted,
    begins=st.sampled_from(["", "0", "12", "12-media_mix", "x"]),
    notebook=st.sampled_from(["", "media_mix", "nothing"]),
    analysis=st.sampled_from(["", "segmentation"]),
    statuses=st.sets(st.sampled_from(STATUSES)).map(tuple),
    since=DAYS,
    before=DAYS,
    trigger=st.sampled_from(["", "schedule", "command"]),
    batch=st.sampled_from(["", "b"]),
    parameters=st.sampled_from([{}, {"market": "FR"}, {"seed": "1"}, {"market": "DE", "seed": "0"}, {"other": "1"}]),
    most=st.sampled_from([0, 1, 5]),
)


def fits(each: RunRecord, wanted: Wanted) -> bool:
    said = (
        (wanted.begins, each.run_id.startswith(wanted.begins)),
        (wanted.notebook, each.notebook == wanted.notebook),
        (wanted.analysis, each.summary.analysis == wanted.analysis),
        (wanted.statuses, each.status in wanted.statuses),
        (wanted.since, wanted.since and each.started_at >= wanted.since),
        (wanted.before, wanted.before and each.started_at < wanted.before),
        (wanted.trigger, each.trigger.startswith(wanted.trigger)),
        (wanted.batch, each.batch == wanted.batch),
        (wanted.parameters, all(str(each.parameters.get(key)) == value for key, value in wanted.parameters.items())),
    )
    return all(holds for asked, holds in said if asked)


@pytest.fixture
def filled(tmp_path: Path, url: str) -> Ledger:
    ledger = Ledger(tmp_path, url)
    ledger.adopt(WORLD)
    return ledger


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=CHOICES, many=st.sampled_from([1, 20, 20_000]))
def test_choices_are_what_a_reader_of_the_records_would_choose(filled: Ledger, wanted: Wanted, many: int):
    """Whether few runs have a parameter or many, which are looked for in other ways."""
    chosen = sorted((each for each in WORLD if fits(each, wanted)), key=lambda run: (run.started_at, run.run_id))[::-1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assigned_module, "_MANY", many)
        assert filled.runs(wanted) == (chosen[: wanted.most] if wanted.most else chosen)


AWKWARD: dict[str, Value] = {
    "text": '100% of a_b, /so\\ "called" ‘München’',
    "a_b": "x",
    "yes": True,
    "nothing": None,
    "small": 1e-07,
    "listed": ["a", "b c"],
    "empty": "",
    "long": "ä" * 5000,
    "lines": "a\nb",
    "unheard of": "a\x00b",
}


@pytest.mark.parametrize("name", AWKWARD)
def test_any_value_is_found_as_a_user_writes_it_and_no_other(filled: Ledger, name: str):
    ledger, run = filled, replace(WORLD[0], run_id="awkward", parameters=AWKWARD)
    ledger.adopt([run])
    written = text_of(AWKWARD[name])
    assert [each.run_id for each in ledger.runs(Wanted(parameters={name: written}))] == ["awkward"]
    for other in (f"{written} ", f"_{written[1:]}", "%"):
        assert not ledger.runs(Wanted(parameters={name: other}))


def test_forgotten_runs_leave_no_edge(filled: Ledger):
    filled.adopt([replace(WORLD[0], run_id="child", parents=("parent",), parameters={**AWKWARD, "only": "here"})])
    filled.forget(["child"])
    assert filled.children(["parent"]) == []
    with filled.connected() as connection:
        assert not connection.execute(select(ASSIGNED).where(ASSIGNED.c.run_id == "child")).all()
    assert len(filled.runs()) == len(WORLD)


def totals_of(ledger: Ledger) -> dict[tuple[str, str], tuple[int, float]]:
    with ledger.connected() as connection:
        held = connection.execute(select(TOTALS).where(TOTALS.c.runs != 0)).all()
    return {(row.notebook, row.status): (row.runs, pytest.approx(row.seconds)) for row in held}


def counted_by_hand(ledger: Ledger) -> dict[tuple[str, str], tuple[int, float]]:
    """From the rows themselves."""
    sums: dict[tuple[str, str], tuple[int, float]] = {}
    for run in ledger.runs():
        runs, seconds = sums.get((run.notebook, run.status), (0, 0.0))
        sums[run.notebook, run.status] = runs + 1, seconds + run.seconds
    return sums


def test_totals_follow_every_row_that_comes_changes_and_goes(filled: Ledger):
    def live(number: int) -> None:
        run = replace(WORLD[number % 2], run_id=f"live{number}", status="running", finished_at=None, seconds=0.0)
        filled.start(run)
        filled.beat(run.run_id)
        filled.ask_to_cancel(run.run_id, "ada")
        if number % 3:
            filled.end(run.ended("finished" if number % 2 else "failed", seconds=number / 8))
        if number % 5 == 0:
            filled.forget([run.run_id])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(live, range(40)))
    assert totals_of(filled) == counted_by_hand(filled)
    again = filled.runs(Wanted(notebook="media_mix", statuses=("finished",), most=1))[0]
    filled.end(replace(again, status="lost", seconds=1.5))
    assert totals_of(filled) == counted_by_hand(filled)
    filled.forget([run.run_id for run in filled.runs()])
    assert totals_of(filled) == {}


def test_other_databases_are_refused(tmp_path: Path):
    with pytest.raises(ConfigError, match="of kind 'mysql'; give a postgresql:// URL"):
        Ledger(tmp_path, "mysql://user:secret@host/db")
    with pytest.raises(ConfigError, match="no database URL") as refused:
        Ledger(tmp_path, "user:secret")
    assert "secret" not in str(refused.value)
