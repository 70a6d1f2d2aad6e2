"""The scheduler as a person starts it: real notebooks, real processes, real signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.runs.tiny import make_workspace, write_notebook
from tests.telling.mail import attachments_of, mail_server, text_of
from workbench.runs.ledger import Ledger
from workbench.schedule.fires import Fire, Fires
from workbench.workspace import open_workspace

SCHEDULES = """
[[schedule]]
notebook = "quick"
cron = "0 6 * * *"
parameters = { label = "week of {last_complete_week}" }

[[schedule]]
notebook = "slow"
cron = "0 6 * * *"
"""
CHANNEL = """
[[notify]]
name = "ann"
to = "env:SCHEDULE_TEST_MAIL"
on = ["success"]
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    workspace = make_workspace(tmp_path / "company")
    write_notebook(workspace.root / "notebooks", "quick", "print('done')")
    write_notebook(workspace.root / "notebooks", "slow", "import time; time.sleep(600)")
    config = workspace.root / "workbench.toml"
    config.write_text(config.read_text() + SCHEDULES)
    return workspace.root


def command(root: Path, *words: str) -> list[str]:
    return [str(Path(sys.executable).with_name("workbench")), "schedule", *words, "--workspace", str(root)]


def told(root: Path, *words: str) -> str:
    done = subprocess.run(command(root, *words), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def fire(root: Path, name: str) -> Fire:
    [found] = Fires(Ledger(open_workspace(root).reports)).of(name)
    return found


def wait_for(holds: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.3)


def test_run_now_what_the_list_says_and_who_is_told(root: Path, monkeypatch: pytest.MonkeyPatch):
    config = root / "workbench.toml"
    config.write_text(config.read_text() + CHANNEL)
    assert "not yet" in told(root, "list")
    told(root, "now", "quick")
    with mail_server() as mailbox:
        monkeypatch.setenv("SCHEDULE_TEST_MAIL", mailbox.url)
        told(root, "--once")
    [row] = [row for row in json.loads(told(root, "list", "--json")) if row["schedule"] == "quick"]
    assert row["state"] == "finished"
    record = next(record for record in Ledger(open_workspace(root).reports).runs() if record.run_id == row["run_id"])
    assert record.status == "finished"
    assert record.trigger == fire(root, "quick").trigger
    assert str(record.parameters["label"]).startswith("week of 20")
    [mail] = mailbox.mails
    assert mail["Subject"] == "[Tiny] quick: finished"
    assert f"Run: {record.run_id}" in text_of(mail)
    assert record.path is not None
    assert attachments_of(mail) == {"report.pdf": (record.path / "report.pdf").read_bytes()}


def test_a_stopped_scheduler_gives_its_run_back_and_a_killed_one_is_found_out(root: Path):
    told(root, "now", "slow")
    for sent, state in ((signal.SIGTERM, "waiting"), (signal.SIGKILL, "running")):
        service = subprocess.Popen(command(root), stderr=subprocess.PIPE)
        wait_for(lambda: fire(root, "slow").state == "running")
        wait_for(lambda: any(record.status == "running" for record in Ledger(open_workspace(root).reports).runs()))
        os.kill(service.pid, sent)
        service.wait(60)
        assert fire(root, "slow").state == state
    # What was left behind waits again as soon as another scheduler looks, and its run is lost, not running for ever.
    again = subprocess.Popen(command(root))
    wait_for(lambda: fire(root, "slow").attempts == 3)
    again.terminate()
    again.wait(60)
    statuses = sorted(record.status for record in Ledger(open_workspace(root).reports).runs())
    assert statuses == ["cancelled", "cancelled", "lost"]
    assert fire(root, "slow").state == "waiting"


def test_dry_run_runs_nothing_and_backfill_asks_once(root: Path):
    times = json.loads(told(root, "--dry-run", "--count", "2", "--json"))
    assert [each["schedule"] for each in times] == ["quick", "slow", "quick", "slow"]
    assert Ledger(open_workspace(root).reports).runs() == []
    asked = ("backfill", "quick", "--from", "2026-01-01", "--to", "2026-01-03")
    assert told(root, *asked).startswith("3 of 3 times of quick")
    assert told(root, *asked).startswith("0 of 3 times of quick")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("now", "quik"), "there is no schedule 'quik'; known are quick, slow"),
        (("backfill", "quick", "--from", "2026-02-01", "--to", "2026-01-01"), "--from 2026-02-01 lies after --to"),
    ],
)
def test_a_mistake_is_one_sentence(root: Path, words: tuple[str, ...], sentence: str):
    done = subprocess.run(command(root, *words), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ('[[schedule]]\nnotebook = "quick"\ncron = "0 25 * * *"', "bad hour"),
        ('[[schedule]]\nnotebook = "quick"\ncron = "0 6 * * *"\nafter = ["nobody"]', "'nobody', which is no schedule"),
        ('[[schedule]]\nnotebook = "quick"\ncron = "0 6 * * *"\nafter = ["quick"]', "waits for itself"),
        ('[[schedule]]\nnotebook = "quick"\ncron = "0 6 * * *"\nfresh = { kpi = 1 }', "no table of"),
        ('[[schedule]]\nnotebook = "quick"\ncron = "0 6 * * *"\n' * 2, "'quick' is there twice"),
    ],
)
def test_a_schedule_that_means_nothing_is_refused(tmp_path: Path, written: str, sentence: str):
    root = make_workspace(tmp_path / "company").root
    config = root / "workbench.toml"
    config.write_text(config.read_text() + "\n" + written)
    done = subprocess.run(command(root, "--dry-run"), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert sentence in done.stderr
