"""Messages wait in the ledger's database, SQLite or PostgreSQL: each is written once, taken once, and held back past the limit."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from workbench.config import Notify
from workbench.runs.ledger import Ledger
from workbench.telling.message import Message
from workbench.telling.outbox import Outbox

NOW = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
ANN = Notify(name="ann", to=("env:MAIL", "env:HOOK"), at_most=3)
DIES_WHILE_IT_SENDS = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from workbench.runs.ledger import Ledger
from workbench.telling.outbox import Outbox
outbox, now = Outbox(Ledger(Path(sys.argv[1]), sys.argv[2])), datetime.fromisoformat(sys.argv[3])
assert outbox.claim(outbox.due(now)[0], now)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Of an empty database; empty for a file."""
    if request.param == "sqlite":
        yield ""
        return
    server = request.getfixturevalue("postgres_url").replace("postgres://", "postgresql+psycopg://", 1)
    with create_engine(server).begin() as connection:
        connection.execute(text("DROP SCHEMA IF EXISTS outbox_tests CASCADE"))
        connection.execute(text("CREATE SCHEMA outbox_tests"))
    yield f"{server}&options=-csearch_path%3Doutbox_tests"


def about(number: int) -> Message:
    return Message(subject=f"run-{number}", title=f"Run {number}", body=f"What happened: {number}")


def test_a_message_goes_to_each_address_once(tmp_path: Path, url: str):
    outbox = Outbox(Ledger(tmp_path, url))
    assert outbox.add(ANN, about(1), NOW)
    assert not outbox.add(ANN, about(1), NOW)
    assert [(letter.subject, letter.reference) for letter in outbox.due(NOW)] == [
        ("run-1", "env:HOOK"),
        ("run-1", "env:MAIL"),
    ]
    first, second = outbox.due(NOW)
    assert outbox.claim(first, NOW)
    assert not outbox.claim(first, NOW)
    outbox.sent(first)
    assert outbox.undelivered() == [second]


def test_past_the_limit_messages_are_held_back_and_the_next_one_counts_them(tmp_path: Path, url: str):
    outbox = Outbox(Ledger(tmp_path, url))
    assert [outbox.add(ANN, about(number), NOW) for number in range(8)] == [True] * 3 + [False] * 5
    assert outbox.held_since(ANN, NOW + timedelta(minutes=59)) == ""
    later = NOW + timedelta(minutes=61)
    assert outbox.held_since(ANN, later) == NOW.isoformat()
    assert outbox.add(ANN, about(8), later)
    told = {letter.subject: letter.body for letter in outbox.due(later)}
    assert told["run-8"].endswith("5 messages were held back before this one (at_most = 3 in an hour).")
    assert sorted(told) == ["run-0", "run-1", "run-2", "run-8"]
    assert outbox.held_since(ANN, later) == ""
    # Another channel has a limit of its own.
    assert outbox.add(Notify(name="bob", to=("env:MAIL",)), about(0), NOW)


def test_many_processes_write_each_message_once_and_keep_the_limit(tmp_path: Path, url: str):
    Ledger(tmp_path, url)
    with ThreadPoolExecutor(4) as pool:
        outboxes = list(pool.map(lambda _: Outbox(Ledger(tmp_path, url)), range(4)))
        went = list(pool.map(lambda place: outboxes[place % 4].add(ANN, about(place // 4), NOW), range(40)))
    assert sum(went) == ANN.at_most
    letters = outboxes[0].of("ann")
    assert len([letter for letter in letters if letter.state == "waiting"]) == ANN.at_most * len(ANN.to)
    assert len([letter for letter in letters if letter.state == "held"]) == 10 - ANN.at_most


def test_what_does_not_arrive_is_tried_after_ever_longer_pauses_and_given_up_after_three_days(tmp_path: Path, url: str):
    outbox = Outbox(Ledger(tmp_path, url))
    outbox.add(ANN.model_copy(update={"to": ("env:MAIL",)}), about(1), NOW)
    moment, pauses = NOW, []
    while letters := outbox.due(moment):
        assert outbox.claim(letters[0], moment)
        outbox.not_sent(letters[0], "refused", moment)
        [left] = outbox.undelivered()
        pauses.append((datetime.fromisoformat(left.not_before) - moment) / timedelta(minutes=1))
        assert outbox.due(moment) == []
        moment = datetime.fromisoformat(left.not_before)
    assert pauses[:10] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360]
    assert left.state == "given_up"
    assert moment - NOW > timedelta(days=3)


def test_what_a_killed_process_was_sending_waits_again(tmp_path: Path, url: str):
    outbox = Outbox(Ledger(tmp_path, url))
    outbox.add(ANN.model_copy(update={"to": ("env:MAIL",)}), about(1), NOW)
    command = [sys.executable, "-c", DIES_WHILE_IT_SENDS, str(tmp_path), url, NOW.isoformat()]
    assert subprocess.run(command, check=False).returncode == -9
    assert outbox.due(NOW) == []
    outbox.tidy(NOW)
    [again] = outbox.due(NOW)
    assert again.attempts == 1


def test_old_letters_are_forgotten_but_for_those_that_wait(tmp_path: Path, url: str):
    outbox = Outbox(Ledger(tmp_path, url))
    for number in range(2):
        outbox.add(ANN, about(number), NOW)
    for letter in outbox.due(NOW)[:2]:
        outbox.sent(letter)
    outbox.tidy(NOW + timedelta(days=29))
    assert len(outbox.of("ann")) == 4
    outbox.tidy(NOW + timedelta(days=31))
    assert {letter.subject for letter in outbox.of("ann")} == {"run-1"}
