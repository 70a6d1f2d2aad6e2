"""What people are told of a schedule's times: each end once, and nothing of what is tried again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.runs.tiny import make_workspace
from tests.schedule.fake import START, World
from workbench.config import Schedule
from workbench.runs.ledger import Ledger
from workbench.runs.record import RunRecord
from workbench.schedule.announce import teller_of
from workbench.schedule.fires import Fire
from workbench.telling.outbox import Letter, Outbox

CHANNELS = """
[[notify]]
name = "ann"
to = "env:MAIL"
on = ["failure", "success"]
at_most = 1000

[[notify]]
name = "bob"
to = "env:MAIL"
notebooks = ["plans"]
at_most = 1000
"""
DAILY = Schedule(notebook="notebooks/scores.ipynb", name="daily", cron="0 6 * * *", time_zone="UTC", catch_up="latest")


@pytest.fixture
def world(tmp_path: Path) -> World:
    workspace = make_workspace(tmp_path, CHANNELS)
    return World(reports=workspace.reports, tell=teller_of(workspace, Ledger(workspace.reports)))


def letters(world: World, channel: str = "ann") -> list[Letter]:
    return Outbox(Ledger(world.reports)).of(channel)


def first_line(letter: Letter) -> str:
    return letter.body.splitlines()[0]


def test_a_failure_is_told_when_nothing_more_is_tried(world: World):
    schedule = DAILY.model_copy(update={"retries": 2, "retry_minutes": 10.0})
    world.endings["daily"] = ["failed", "killed", "failed"]
    scheduler = world.scheduler(schedule)
    world.work(scheduler, START + timedelta(hours=1, minutes=10))
    assert len(world.ran) == 2
    assert letters(world) == []
    world.work(scheduler, START + timedelta(hours=3))
    [letter] = letters(world)
    assert letter.title == "[Tiny] scores: failed 3 times"
    assert (first_line(letter), letter.subject) == ("it failed", "run-3")
    assert "Schedule: daily, 2026-11-02 06:00:00 UTC" in letter.body.splitlines()
    # It is for another notebook.
    assert letters(world, "bob") == []


def test_a_run_that_succeeds_at_last_is_no_failure(world: World):
    world.endings["daily"] = ["failed"]
    world.work(world.scheduler(DAILY.model_copy(update={"retries": 1})), START + timedelta(hours=2))
    assert [letter.title for letter in letters(world)] == ["[Tiny] scores: finished"]


def test_a_time_that_waited_in_vain_or_too_long_is_told_with_its_reason(world: World):
    after = DAILY.model_copy(update={"name": "after", "cron": "30 6 * * *", "after": ("daily",)})
    stale = DAILY.model_copy(update={"name": "stale", "fresh": {"kpi": 1}, "wait_hours": 2.0})
    world.endings["daily"] = ["failed"]
    world.days["kpi"] = date(2026, 10, 1)
    world.work(world.scheduler(DAILY, after, stale), START + timedelta(hours=4))
    told = {letter.subject.split(",")[0]: letter for letter in letters(world)}
    assert {letter.title for letter in told.values()} == {"[Tiny] scores: failed", "[Tiny] scores: was skipped"}
    assert first_line(told["after"]) == "daily did not finish (it failed)"
    assert first_line(told["stale"]).startswith("given up after 2 hours: waits for table kpi, which ends on 2026-10-01")


def test_a_week_asleep_is_one_message(world: World):
    scheduler = world.scheduler(DAILY)
    world.settle(scheduler)
    world.now = START + timedelta(days=7)
    world.settle(scheduler)
    told = {letter.title: first_line(letter) for letter in letters(world)}
    assert told["[Tiny] scores: finished"] == "scores finished."
    assert told["[Tiny] scores: was skipped"].endswith("catch_up is latest (so did 5 earlier times)")
    assert len(letters(world)) == 2


@pytest.mark.parametrize(
    ("named", "told"), [(None, ["ann"]), (("bob",), ["bob"]), ((), []), (("ann", "bob"), ["ann", "bob"])]
)
def test_a_schedule_may_say_who_is_told(world: World, named: tuple[str, ...] | None, told: list[str]):
    world.endings["daily"] = ["failed"]
    world.work(world.scheduler(DAILY.model_copy(update={"notify": named})), START + timedelta(hours=2))
    assert [name for name in ("ann", "bob") if letters(world, name)] == told


def test_what_a_stopped_scheduler_gives_back_is_not_told(world: World):
    scheduler = world.scheduler(DAILY)
    world.endings["daily"] = ["cancelled"]
    scheduler.wake()
    world.now = START + timedelta(hours=1)
    scheduler.wake()
    world.stopping = True
    scheduler.settle()
    assert [fire.state for fire in world.fires().of("daily")] == ["waiting"]
    assert letters(world) == []


def test_a_scheduler_that_dies_before_it_writes_an_end_down_has_it_told_once(world: World):
    """The next one finds that the run had finished, and tells again what goes out once."""
    ledger, moment = Ledger(world.reports), START + timedelta(hours=1)
    fire = Fire(schedule="daily", scheduled_at=moment, not_before=moment)
    record = RunRecord(run_id="20261102T060000-scores-1a2b", notebook="scores", started_at=moment, trigger=fire.trigger)
    ledger.start(record)
    ledger.end(record.ended("finished"))
    fires = world.fires()
    fires.add([fire])
    assert fires.claim(fire, moment)
    world.tell(DAILY, replace(fire, state="finished", run_id=record.run_id), record)
    fires.note(fire, pid=2**22 - 3, pid_created=1.0)
    world.now = moment
    scheduler = world.scheduler(DAILY)
    scheduler._finished_run = lambda fire: record.run_id
    world.settle(scheduler)
    assert world.ran == []
    assert [fire.state for fire in world.fires().of("daily")] == ["finished"]
    assert [letter.subject for letter in letters(world)] == [record.run_id]


def test_a_ledger_that_is_locked_costs_the_message_and_not_the_schedule(
    world: World, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    from workbench.errors import RunError

    def locked(*_: object) -> Outbox:
        raise RunError("the ledger stayed locked by another process for 15 s")

    monkeypatch.setattr("workbench.schedule.announce.Outbox", locked)
    world.work(world.scheduler(DAILY), START + timedelta(hours=2))
    assert [fire.state for fire in world.fires().of("daily")] == ["finished"]
    assert "nobody could be told of schedule daily" in capfd.readouterr().err
