"""Metrics tell what the ledger holds: counted again by hand, and read by Prometheus' own parser."""

from __future__ import annotations

import subprocess
import sys
import threading
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from tests.runs.tiny import make_workspace, write_notebook
from workbench.cli.app import app
from workbench.config import Notify
from workbench.monitoring.exposition import metrics_text, served_metrics
from workbench.runs.ledger import Ledger
from workbench.runs.record import RunRecord
from workbench.schedule.fires import Fire, Fires
from workbench.telling.message import Message
from workbench.telling.outbox import Outbox
from workbench.workspace import Workspace

type Samples = dict[tuple[str, tuple[str, ...]], float]
NOW = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
STATUSES = ("running", "finished", "failed", "timed_out", "cancelled", "killed")


@pytest.fixture(params=["sqlite", "postgresql"])
def workspace(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    if request.param == "sqlite":
        yield make_workspace(tmp_path)
        return
    server = request.getfixturevalue("postgres_url").replace("postgres://", "postgresql+psycopg://", 1)
    with create_engine(server).begin() as connection:
        connection.execute(text("DROP SCHEMA IF EXISTS metrics_tests CASCADE"))
        connection.execute(text("CREATE SCHEMA metrics_tests"))
    monkeypatch.setenv("METRICS_TEST_LEDGER", f"{server}&options=-csearch_path%3Dmetrics_tests")
    yield make_workspace(tmp_path, '[runs]\nledger = "env:METRICS_TEST_LEDGER"\n')


def samples(written: str) -> Samples:
    """By name and labels without the workspace's."""
    found: Samples = {}
    for family in text_string_to_metric_families(written):
        for sample in family.samples:
            assert sample.labels.pop("workspace") == "Tiny"
            found[sample.name, tuple(sample.labels.values())] = sample.value
    return found


def some_runs(ledger: Ledger, seed: int, number: int = 60) -> list[RunRecord]:
    rng = np.random.default_rng(seed)
    records = []
    for i in range(number):
        started = NOW + timedelta(minutes=int(rng.integers(10_000)))
        notebook, status = f'book "{rng.integers(4)}" \\ ä', STATUSES[rng.integers(len(STATUSES))]
        record = RunRecord(run_id=f"run-{i}", notebook=notebook, started_at=started)
        ledger.start(record)
        if status != "running":
            seconds = float(rng.integers(1, 10_000)) / 8
            ended = {"status": status, "finished_at": started + timedelta(seconds=seconds), "seconds": seconds}
            record = RunRecord(**{**vars(record), **ended})
            ledger.end(record)
        records.append(record)
    return records


def counted_by_hand(records: list[RunRecord]) -> Samples:
    expected: Samples = defaultdict(float)
    for record in records:
        if record.status == "running":
            expected["workbench_runs_running", (record.notebook,)] += 1
            continue
        key = (record.notebook, record.status)
        expected["workbench_runs_total", key] += 1
        expected["workbench_run_duration_seconds_count", key] += 1
        expected["workbench_run_duration_seconds_sum", key] += record.seconds
        if record.status == "finished" and record.finished_at:
            last = "workbench_last_success_timestamp_seconds", (record.notebook,)
            expected[last] = max(expected[last], record.finished_at.timestamp())
    return dict(expected) | {("workbench_ledger_up", ()): 1.0}


def test_runs_are_counted_as_by_hand(workspace: Workspace):
    records = some_runs(Ledger.of(workspace), seed=7)
    assert samples(metrics_text(workspace)) == pytest.approx(counted_by_hand(records))


def test_schedules_and_messages_are_counted(workspace: Workspace):
    ledger = Ledger.of(workspace)
    fires = Fires(ledger)
    times = [NOW + timedelta(hours=hour) for hour in range(5)]
    states = ("finished", "finished", "failed", "skipped", "waiting")
    fires.known_since(["daily", "weekly"], NOW)
    fires.pause("weekly", NOW, paused=True)
    for moment, state in zip(times, states, strict=True):
        fires.add([Fire(schedule="daily", scheduled_at=moment, not_before=moment, state=state)])
    channel, outbox = Notify(name="ann", to=("env:MAIL", "env:HOOK"), at_most=1), Outbox(ledger)
    for number in range(3):
        outbox.add(channel, Message(subject=f"run-{number}", title="t", body="b"), NOW)
    outbox.sent(outbox.due(NOW)[0])
    expected: Samples = {
        ("workbench_schedule_times", ("daily", state)): float(number) for state, number in Counter(states).items()
    }
    expected |= {("workbench_schedule_paused", ("daily",)): 0.0, ("workbench_schedule_paused", ("weekly",)): 1.0}
    expected |= {("workbench_undelivered_messages", ("ann", "waiting")): 1.0}
    expected |= {("workbench_undelivered_messages", ("ann", "held")): 2.0, ("workbench_ledger_up", ()): 1.0}
    assert samples(metrics_text(workspace)) == expected


def test_the_file_is_never_seen_half_written(tmp_path: Path):
    workspace = make_workspace(tmp_path)
    some_runs(Ledger.of(workspace), seed=1)
    path, whole, stop = tmp_path / "workbench.prom", metrics_text(workspace), threading.Event()
    seen: set[str] = set()

    def read_on() -> None:
        while not stop.is_set():
            if path.exists():
                seen.add(path.read_text(encoding="utf-8"))

    reader = threading.Thread(target=read_on)
    reader.start()
    for _ in range(30):
        done = CliRunner().invoke(app, ["metrics", "--output", str(path), "--workspace", str(tmp_path)])
        assert done.exit_code == 0, done.exception
    stop.set()
    reader.join()
    assert seen == {whole}
    assert [each.name for each in tmp_path.glob("workbench.prom*")] == ["workbench.prom"]


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path):
    make_workspace(tmp_path)
    done = CliRunner().invoke(
        app, ["metrics", "--output", str(tmp_path / "no" / "x.prom"), "--workspace", str(tmp_path)]
    )
    assert str(tmp_path / "no") in str(done.exception)
    assert done.exit_code == 1


def test_every_scrape_tells_what_is_true_then_and_a_broken_ledger_is_told_as_such(tmp_path: Path):
    workspace = make_workspace(tmp_path)
    ledger = Ledger.of(workspace)
    with served_metrics(workspace, 0) as address:
        assert samples(scraped(address)) == {("workbench_ledger_up", ()): 1.0}
        records = some_runs(ledger, seed=3, number=5)
        assert samples(scraped(address)) == pytest.approx(counted_by_hand(records))
        for file in workspace.reports.glob("ledger.db*"):
            file.unlink()
        (workspace.reports / "ledger.db").write_text("no database at all, but some text that is long enough")
        assert samples(scraped(address)) == {("workbench_ledger_up", ()): 0.0}


def test_the_scheduler_serves_them_on_this_machine(tmp_path: Path):
    workspace = make_workspace(tmp_path, '[[schedule]]\nnotebook = "quick"\ncron = "0 6 1 1 *"\n')
    write_notebook(workspace.root / "notebooks", "quick", "print('done')")
    command = [str(Path(sys.executable).with_name("workbench")), "schedule", "--workspace", str(tmp_path)]
    service = subprocess.Popen([*command, "--metrics-port", "0"], stderr=subprocess.PIPE, text=True)
    try:
        assert service.stderr is not None
        address = service.stderr.readline().removeprefix("metrics: ").strip()
        assert address.startswith("http://127.0.0.1:")
        assert samples(scraped(address))["workbench_ledger_up", ()] == 1.0
        port = address.rsplit(":", 1)[1].split("/")[0]
        second = subprocess.run([*command, "--metrics-port", port], capture_output=True, text=True, check=False)
        assert second.returncode == 1
        assert f"port {port} can't be listened at" in second.stderr
        assert len(second.stderr.strip().splitlines()) == 1
    finally:
        service.terminate()
        assert service.wait(60) == 0


def scraped(address: str) -> str:
    with urllib.request.urlopen(address, timeout=30) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        return str(answer.read().decode())
