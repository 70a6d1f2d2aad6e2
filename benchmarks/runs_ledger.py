"""How long a ledger of a million runs takes to answer, in SQLite and in PostgreSQL."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import psycopg
from sets import REPOSITORY
from sqlalchemy import Connection, Table

from workbench.monitoring.counts import count
from workbench.runs.history import find_run
from workbench.runs.ledger import PARENTS, RUNS, Ledger, Wanted
from workbench.runs.ledger.assigned import assign_all
from workbench.runs.ledger.migrations import MIGRATIONS
from workbench.runs.ledger.rows import row_of
from workbench.runs.ledger.totals import count_all, count_from_now_on
from workbench.runs.record import Artefact, Origin, RunRecord, Summary
from workbench.workspace import Workspace, open_workspace

RUNS_HELD, QUICK_HELD, LIMIT, TIMES, SHOWN = 1_000_000, 200_000, 0.1, 5, 50
LAST = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)
NOTEBOOKS = ("segmentation", "media_mix", "lift_test", "budget_plan", "propensity", "next_action", "scores", "review")
# Each market has as many runs of a million as are just listed, not looked for.
MARKETS, SCHEDULES, BATCH, APART = 52, 100, 200, 90
STATUSES, SHARES = (
    ("finished", "failed", "timed_out", "cancelled", "killed", "lost"),
    (0.95, 0.03, 0.01, 0.005, 0.003, 0.002),
)
HASH = "0123456789abcdef" * 4
SUMMARY = Summary(
    title="Which channels earned their money",
    headline="Television earned 1.9 euros a euro spent (90%: 1.4 to 2.5), search 3.1 (2.2 to 4.4); 4% of revenue is at stake.",
    checks_passed=14,
    window=(datetime(2023, 1, 2).date(), datetime(2025, 12, 28).date()),
    inputs={"media": HASH, "kpi": HASH, "controls": HASH},
)
FILES = tuple(
    Artefact(path=name, sha256=HASH, size_bytes=123_456) for name in ("notebook.ipynb", "report.pdf", "report.html")
)
ORIGIN = Origin(
    notebook_sha256=HASH, commit=HASH[:40], lock_sha256=HASH, package="0.1.0", python="3.13.1", code_sha256=HASH
)


def questions(quick: bool) -> list[dict]:
    """The median of five times for each question that people and programs ask."""
    rows, held = [], QUICK_HELD if quick else RUNS_HELD
    for name, workspace in _workspaces(quick):
        ledger = Ledger.of(workspace)
        started = time.perf_counter()
        fill(ledger, held)
        _tidied(workspace.config.runs.ledger)
        filled = time.perf_counter() - started
        print(f"{name}: {held:,} runs written in {filled:.0f} s", file=sys.stderr)
        rows += [_row(f"{held:,} runs in {name}, {case}", ask) for case, ask in _asked(workspace, ledger, held).items()]
    return rows


def fill(ledger: Ledger, held: int) -> None:
    """Write runs that followed each other every minute and a half, as the ledger would have; indexes and counts at last, which is faster."""
    steps = [step for step in chain(*MIGRATIONS) if isinstance(step, str)]
    # The last statement of a name is the one that holds.
    indexes = {step.split()[2]: step for step in steps if step.startswith("CREATE INDEX runs_")}
    with ledger.connected() as connection:
        _stop_counting(connection)
        for name in indexes:
            connection.exec_driver_sql(f"DROP INDEX {name}")
        _written(connection, RUNS, _rows(held))
        _written(connection, PARENTS, _parents(held))
        for statement in indexes.values():
            connection.exec_driver_sql(statement)
        assign_all(connection)
        count_all(connection)
        count_from_now_on(connection)


def _stop_counting(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("DROP FUNCTION count_run CASCADE")
        return
    triggers = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    for name in triggers.scalars().all():
        connection.exec_driver_sql(f"DROP TRIGGER {name}")


def _asked(workspace: Workspace, ledger: Ledger, held: int) -> dict[str, Callable[[], object]]:
    middle = LAST - timedelta(seconds=APART * held // 2)
    known = ledger.runs(Wanted(before=middle, trigger="schedule ", most=1))[0]
    choices = {
        "newest": {},
        "of a notebook": {"notebook": "media_mix"},
        "of a notebook that has none": {"notebook": "nothing"},
        "of an analysis": {"analysis": "media_mix"},
        "finished": {"statuses": ("finished",)},
        "running": {"statuses": ("running",)},
        "lost": {"statuses": ("lost",)},
        "failed or timed out": {"statuses": ("failed", "timed_out")},
        "failed, of a notebook": {"statuses": ("failed",), "notebook": "media_mix"},
        "lost, of a notebook, in a year long past": {
            "statuses": ("lost",), "notebook": "media_mix", "before": middle, "since": middle - timedelta(days=365)
        },
        "of a day long past": {"since": middle, "before": middle + timedelta(days=1)},
        "of a schedule": {"trigger": "schedule market-7 "},
        "of a schedule, failed": {"trigger": "schedule market-7 ", "statuses": ("failed",)},
        "of one time of a schedule": {"trigger": known.trigger},
        "of a fan-out": {"batch": f"batch-{held // 2 // BATCH}"},
        "with a parameter that many have": {"parameters": {"market": "M07"}},
        "with two parameters, of a notebook": {"parameters": {"market": "M07", "seed": "3"}, "notebook": "media_mix"},
        "with a parameter that one in seven has": {"parameters": {"seed": "3"}},
        "with a parameter that all have": {"parameters": {"draws": "1000"}},
        "with a parameter that all have, lost": {"parameters": {"draws": "1000"}, "statuses": ("lost",)},
        "with a parameter that all have and one that none has": {"parameters": {"draws": "1000", "market": "M99"}},
        "with a parameter that many have, failed": {"parameters": {"market": "M07"}, "statuses": ("failed",)},
        "with a parameter that one has": {"parameters": {"week": "lonely"}},
        "with a parameter that none has": {"parameters": {"market": "M99"}},
    }  # fmt: skip
    asked = {
        f"{SHOWN} of them, {name}": partial(ledger.runs, Wanted(**chosen, most=SHOWN))
        for name, chosen in choices.items()
    }
    return asked | {
        "opened": lambda: Ledger.of(workspace),
        "a run by the beginning of its id": lambda: find_run(workspace, known.run_id[:22]),
        "the newest finished run": lambda: find_run(workspace, "latest"),
        "metrics for Prometheus, all counted": partial(count, ledger),
        "what was made from a run": lambda: ledger.children([known.run_id]),
    }


def _row(case: str, ask: Callable[[], object]) -> dict:
    seconds, busy = [], []
    for _ in range(TIMES):
        started, working = time.perf_counter(), time.process_time()
        found = ask()
        seconds.append(time.perf_counter() - started)
        busy.append(time.process_time() - working)
        if seconds[0] > 20 * LIMIT:
            break
    note = f"{median(busy):.3f} CPU s of ours" + (f", {len(found)} found" if isinstance(found, list) else "")
    return {"case": case, "unit": "seconds", "ours": median(seconds), "target": f"< {LIMIT:g} s", "note": note}


@contextmanager
def _postgres() -> Iterator[str | None]:
    """The address of a server of our own, None where its programs aren't installed."""
    sys.path.insert(0, str(REPOSITORY))
    from tests.postgres_server import postgres_server, server_binaries

    binaries = server_binaries()
    if binaries is None:
        print("PostgreSQL isn't installed; left out", file=sys.stderr)
        yield None
        return
    with postgres_server(binaries) as url:
        yield url


def _workspaces(quick: bool) -> Iterator[tuple[str, Workspace]]:
    with tempfile.TemporaryDirectory() as folder:
        yield "SQLite", _workspace(Path(folder))
    if quick:
        return
    with tempfile.TemporaryDirectory() as folder, _postgres() as url:
        if url is not None:
            yield "PostgreSQL", _workspace(Path(folder), f'[runs]\nledger = "{url}"\n')


def _workspace(folder: Path, more: str = "") -> Workspace:
    (folder / "workbench.toml").write_text(f'[workspace]\nname = "Old"\n{more}')
    return open_workspace(folder)


def _written(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    """Write rows as fast as the database takes them."""
    names = [column.name for column in table.c]
    listed, plain = ", ".join(f'"{name}"' for name in names), ([row[name] for name in names] for row in rows)
    cursor = connection.connection.cursor()
    if connection.dialect.name == "sqlite":
        # Its indexes in memory while it writes.
        cursor.execute("PRAGMA cache_size = -2000000")
        cursor.executemany(f"INSERT INTO {table.name} ({listed}) VALUES ({', '.join('?' * len(names))})", plain)
        return
    with cursor.copy(f"COPY {table.name} ({listed}) FROM STDIN") as copy:  # type: ignore[attr-defined]
        for values in plain:
            copy.write_row(values)


def _tidied(url: str) -> None:
    """Let a server do at once what it does by itself in time."""
    if url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")


def _rows(count: int) -> Iterator[dict[str, Any]]:
    """Rows as the ledger writes them, of runs that follow each other."""
    draws = np.random.default_rng(1)
    statuses = draws.choice(len(STATUSES), p=SHARES, size=count)
    ended = {
        "host": "machine",
        "pid": 4711,
        "pid_created": 1.7e9,
        "heartbeat": "2026-11-02T05:00:00+00:00",
        "cancelled_by": "",
    }
    templates = [_as_text(row_of(_template(name)) | ended) for name in NOTEBOOKS]
    for number in range(count):
        started = _started(number, count)
        text = f"{started:%Y-%m-%dT%H:%M:%SZ}"
        week = "lonely" if number == count // 2 else f"{started:%G-%V}"
        yield templates[number % len(NOTEBOOKS)] | {
            "run_id": run_id(number, count),
            "started_at": text,
            "finished_at": text,
            "status": STATUSES[statuses[number]],
            "trigger": f"schedule market-{number % SCHEDULES} {started:%Y-%m-%dT%H:%M:%S}+00:00"
            if number % 3
            else "command",
            "batch": f"batch-{number // BATCH}" if number % 2 else "",
            "parameters": f'{{"market": "M{number % MARKETS:02}", "seed": {number % 7}, "draws": 1000, "week": "{week}"}}',
            "seconds": float(number % 997),
        }


def _template(notebook: str) -> RunRecord:
    record = RunRecord(
        run_id="", notebook=notebook, started_at=LAST, workspace="Old", path=Path("/srv/shop/reports/runs")
    )
    return replace(record, origin=ORIGIN, summary=replace(SUMMARY, analysis=notebook), artefacts=FILES)


def _as_text(row: dict[str, Any]) -> dict[str, Any]:
    return {name: json.dumps(value) if isinstance(value, dict | list) else value for name, value in row.items()}


def _parents(count: int) -> Iterator[dict[str, str]]:
    """Every second run read the one before it."""
    for number in range(1, count, 2):
        yield {"child": run_id(number, count), "parent": run_id(number - 1, count)}


def run_id(number: int, count: int) -> str:
    return f"{_started(number, count):%Y%m%dT%H%M%S}-{NOTEBOOKS[number % len(NOTEBOOKS)]}-{number % 65536:04x}"


def _started(number: int, count: int) -> datetime:
    return LAST - timedelta(seconds=APART * (count - number))
