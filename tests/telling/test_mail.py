"""Real runs told by real mail: what arrives, what waits while the server is down, and where no secret and no person may be found."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.runs.tiny import SAVING, make_workspace, write_notebook
from tests.telling.mail import PASSWORD, Mailbox, attachments_of, free_port, mail_server, text_of
from workbench.cli.app import app
from workbench.runs.execute import run_notebook
from workbench.runs.ledger import Ledger
from workbench.runs.record import RunRecord
from workbench.telling.news import news_of_run
from workbench.telling.outbox import Outbox
from workbench.telling.tell import deliver, tell_of_runs, write_down, write_down_lost
from workbench.workspace import Workspace

NOW = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
# The tests' server takes a password without encryption, on this machine alone.
PERSON = "ann.smith@example.com"
CHANNELS = """
[[notify]]
name = "analysts"
to = "env:TELLING_TEST_MAIL"
on = ["failure", "failed_check", "drift", "trigger", "success"]
at_most = 100
"""
CHECKS = """
    checks=(
        Check(name="drift_of_scores", passed=False, detail="Scores moved."),
        Check(name="triggers", passed=False, detail="A trigger has sounded: revenue fell below its bound in week 3."),
        Check(name="convergence", passed=False, detail="Chains disagree; ask ann.smith@example.com."),
        Check(name="good", passed=True, detail="All is well."),
    ),
"""
FINDING = SAVING.replace(next(line for line in SAVING.splitlines(keepends=True) if "checks=" in line), CHECKS)
READING = """
from workbench.workspace import open_workspace
open_workspace().table("leads")
"""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, RunRecord]:
    """A workspace that tells its analysts, and a finished run of it whose checks failed."""
    workspace = make_workspace(tmp_path_factory.mktemp("work space {x}"), CHANNELS)
    write_notebook(workspace.root / "notebooks", "seeds", FINDING)
    record = run_notebook(workspace, "seeds", ["seed=3"])
    assert record.status == "finished", record.reason
    return workspace, record


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    with mail_server() as running:
        monkeypatch.setenv("TELLING_TEST_MAIL", running.url)
        yield running


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(Ledger(tmp_path / "reports"))


def everything_written(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_failed_checks_drift_and_triggers_arrive_with_the_report(
    company: tuple[Workspace, RunRecord], mailbox: Mailbox
):
    workspace, record = company
    assert tell_of_runs(workspace, [record]) == ""
    assert tell_of_runs(workspace, [record]) == ""
    [mail] = mailbox.mails
    assert mail["Subject"] == "[Tiny] seeds: drift, a trigger has sounded, checks failed"
    assert mail["To"] == "analysts@example.com"
    lines = text_of(mail).splitlines()
    assert lines[:5] == [
        "- Drift of scores: Scores moved.",
        "- A trigger has sounded: revenue fell below its bound in week 3.",
        "- Convergence: Chains disagree; ask ….",
        "",
        "Found: The seed is 3.",
    ]
    assert f"Run: {record.run_id}" in lines
    assert record.path is not None
    assert attachments_of(mail) == {"report.pdf": (record.path / "report.pdf").read_bytes()}


def test_channels_hear_what_they_want_of_the_notebooks_that_they_want(
    company: tuple[Workspace, RunRecord], outbox: Outbox
):
    workspace, record = company
    [all_of_it] = workspace.config.notify
    channels = {
        "drift": {"on": ("drift",), "attach": "none"},
        "failures": {"on": ("failure",)},
        "others": {"notebooks": ("media_mix",)},
        "named": {"notebooks": ("media_mix",), "on": ("success",)},
    }
    notify = tuple(all_of_it.model_copy(update={"name": name, **own}) for name, own in channels.items())
    changed = replace(workspace, config=workspace.config.model_copy(update={"notify": notify}))
    write_down(changed, outbox, news_of_run(record), NOW)
    [letter] = outbox.due(NOW)
    assert (letter.channel, letter.title, letter.attachment) == ("drift", "[Tiny] seeds: drift", "")
    write_down(changed, outbox, news_of_run(record), NOW, named=["named", "failures"])
    [named] = outbox.of("named")
    assert named.title == "[Tiny] seeds: finished"
    assert outbox.of("failures") == []


def test_a_failed_run_tells_no_person_and_no_secret_is_written_anywhere(tmp_path: Path, mailbox: Mailbox):
    mapping = '[tables.leads]\npath = "leads.csv"\n'
    workspace = make_workspace(tmp_path / "company", mapping + CHANNELS)
    (workspace.root / "leads.csv").write_text(f"lead_id,created_at\n{PERSON},2024-01-01\n{PERSON},2024-01-02\n")
    write_notebook(workspace.root / "notebooks", "reading", READING)
    command = [str(Path(sys.executable).with_name("workbench")), "run", "reading", "--workspace", str(workspace.root)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert PERSON in done.stderr  # who runs it is told which row
    [mail] = mailbox.mails
    assert mail["Subject"] == "[Tiny] reading: failed"
    assert text_of(mail).startswith("leads has 1 repeated key (first: …)")
    assert PERSON not in mail.as_string()
    assert PASSWORD not in done.stdout + done.stderr
    assert PASSWORD.encode() not in everything_written(workspace.root)
    [letter] = Outbox(Ledger.of(workspace)).of("analysts")
    assert letter.state == "sent"


def test_while_the_server_is_down_mail_waits_and_then_arrives_once(
    company: tuple[Workspace, RunRecord], outbox: Outbox, monkeypatch: pytest.MonkeyPatch
):
    workspace, record = company
    mailbox = Mailbox(free_port())
    monkeypatch.setenv("TELLING_TEST_MAIL", mailbox.url)
    write_down(workspace, outbox, news_of_run(record), NOW)
    [(_, why)] = deliver(workspace, outbox, seconds=30, now=NOW)
    [letter] = outbox.undelivered()
    assert (letter.state, letter.attempts, letter.why) == ("waiting", 1, why)
    assert why.startswith("Connection error")
    assert PASSWORD not in str(letter)
    with mail_server(mailbox.port) as running:
        for minutes, arrived in ((0.5, 0), (1.5, 1), (60, 1)):
            assert deliver(workspace, outbox, seconds=30, now=NOW + timedelta(minutes=minutes)) == []
            assert len(running.mails) == arrived
    assert outbox.undelivered() == []


def test_a_channel_that_never_answers_is_given_its_time_and_others_their_turn(
    company: tuple[Workspace, RunRecord], outbox: Outbox, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
):
    workspace, record = company
    [channel] = workspace.config.notify
    silent = channel.model_copy(update={"name": "silent", "to": ("env:TELLING_TEST_SILENT",)})
    changed = replace(workspace, config=workspace.config.model_copy(update={"notify": (silent, channel)}))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        monkeypatch.setenv("TELLING_TEST_SILENT", Mailbox(listening.getsockname()[1]).url)
        for number in range(3):
            write_down(changed, outbox, replace(news_of_run(record), subject=f"run-{number}"), NOW)
        [(letter, why)] = deliver(changed, outbox, seconds=60, now=NOW, patience=2)
    assert (letter.channel, why) == ("silent", "the channel didn't answer within 2 s")
    assert len(mailbox.mails) == 3


def test_two_that_send_at_once_send_each_message_once(
    company: tuple[Workspace, RunRecord], mailbox: Mailbox, tmp_path: Path
):
    workspace, record = company
    outboxes = [Outbox(Ledger(tmp_path)) for _ in range(2)]
    for number in range(12):
        news = news_of_run(replace(record, run_id=f"run-{number}", notebook=f"seeds_{number}"))
        write_down(workspace, outboxes[0], replace(news, report=None), NOW)
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda each: deliver(workspace, each, seconds=60, now=NOW), outboxes)) == [[], []]
    assert mailbox.subjects == sorted(
        f"[Tiny] seeds_{number}: drift, a trigger has sounded, checks failed" for number in range(12)
    )
    assert outboxes[0].undelivered() == []


def test_a_report_that_is_refused_or_gone_does_not_keep_the_words_back(
    company: tuple[Workspace, RunRecord], outbox: Outbox, mailbox: Mailbox, tmp_path: Path
):
    workspace, record = company
    write_down(workspace, outbox, replace(news_of_run(record), report=tmp_path / "gone.pdf"), NOW)
    assert deliver(workspace, outbox, seconds=30, now=NOW) == []
    assert attachments_of(mailbox.mails[0]) == {}


def test_what_was_held_back_is_told_when_there_is_room_again(
    company: tuple[Workspace, RunRecord], outbox: Outbox, mailbox: Mailbox
):
    workspace, record = company
    [channel] = workspace.config.notify
    notify = (channel.model_copy(update={"at_most": 1, "attach": "none"}),)
    changed = replace(workspace, config=workspace.config.model_copy(update={"notify": notify}))
    for number in range(4):
        write_down(changed, outbox, replace(news_of_run(record), subject=f"run-{number}"), NOW)
    for hours in (0, 2, 4, 6):
        assert deliver(changed, outbox, seconds=30, now=NOW + timedelta(hours=hours)) == []
    assert len(mailbox.mails) == 2
    assert mailbox.mails[1]["Subject"] == "[Tiny] Messages held back"
    assert "3 messages were held back before this one (at_most = 1 in an hour)." in text_of(mailbox.mails[1])


def test_a_run_whose_supervisor_was_killed_is_told_by_whoever_finds_it(
    company: tuple[Workspace, RunRecord], tmp_path: Path
):
    workspace, record = company
    ledger = Ledger(tmp_path)
    now = datetime.now(UTC)
    for trigger in ("command", "schedule weekly 2026-11-02T06:00:00+00:00"):
        lost = replace(record, run_id=f"of-{trigger[:8]}", status="running", started_at=now, trigger=trigger)
        ledger.start(lost)
        ledger.end(lost.ended("lost", reason="its supervising process 7 ended without a word"))
    outbox = Outbox(ledger)
    for _ in range(2):
        write_down_lost(workspace, ledger, outbox, now)
    [letter] = outbox.due(now)
    assert letter.title == "[Tiny] seeds: was lost"


def test_the_command_line_shows_channels_without_secrets_and_tries_them(tmp_path: Path, mailbox: Mailbox):
    second = '[[notify]]\nname = "board"\nto = ["env:TELLING_TEST_MAIL", "env:TELLING_TEST_NOWHERE"]\n'
    workspace = make_workspace(tmp_path, CHANNELS + second)
    outbox = Outbox(Ledger.of(workspace))
    write_down(
        workspace, outbox, news_of_run(RunRecord(run_id="r", notebook="seeds", status="failed", started_at=NOW)), NOW
    )

    def told(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["notify", *words, "--workspace", str(tmp_path)])
        assert PASSWORD not in done.output + str(done.exception)
        return done.exit_code, done.output + str(done.exception or "")

    assert "[Tiny] seeds: failed" in told("list")[1]
    listed = json.loads(told("list", "--json")[1])
    assert [channel["to"] for channel in listed["channels"]] == [
        ["env:TELLING_TEST_MAIL"],
        ["env:TELLING_TEST_MAIL", "env:TELLING_TEST_NOWHERE"],
    ]
    assert [(letter["channel"], letter["reference"][4:]) for letter in listed["undelivered"]] == [
        ("analysts", "TELLING_TEST_MAIL"), ("board", "TELLING_TEST_MAIL"), ("board", "TELLING_TEST_NOWHERE")]  # fmt: skip
    status, words = told("send")
    assert status == 0
    assert "1 messages haven't arrived yet" in words
    assert "names an environment variable that isn't set" in words
    status, words = told("test", "board")
    assert status == 1
    assert words.startswith("env:TELLING_TEST_MAIL: sent\n")
    assert "there is no channel 'nobody'; known are analysts, board" in told("test", "nobody")[1]
    assert mailbox.subjects == ["[Tiny] A test"] + ["[Tiny] seeds: failed"] * 2
