"""What becomes of times: each runs once, in its order, after what it waits for, however many schedulers there are."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier, Event, Thread
from unittest.mock import Mock

import numpy as np
import pytest

from tests.schedule.fake import START, World
from workbench.config import Schedule
from workbench.errors import RunError
from workbench.schedule.fires import FIRES, Fire, Fires, _fire_of
from workbench.schedule.times import times_between

HOURLY = Schedule(notebook="scores", cron="0 * * * *", time_zone="UTC", catch_up="all")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(reports=tmp_path / "reports")


def test_every_time_of_a_week_runs_once_and_in_its_order(world: World):
    world.work(world.scheduler(HOURLY), START + timedelta(days=7), step=timedelta(hours=1))
    expected = times_between(HOURLY, START, START + timedelta(days=7))
    assert world.times("scores") == expected
    assert {fire.state for fire in world.fires().of("scores")} == {"finished"}
    assert [fire.run_id for fire in reversed(world.fires().of("scores"))] == [f"run-{i + 1}" for i in range(168)]


@pytest.mark.parametrize(("catch_up", "expected"), [("none", 0), ("latest", 1), ("all", 167)])
def test_after_a_week_asleep(world: World, catch_up: str, expected: int):
    schedule = HOURLY.model_copy(update={"catch_up": catch_up})
    scheduler = world.scheduler(schedule)
    world.settle(scheduler)
    world.now = START + timedelta(days=7, minutes=-30)
    world.settle(scheduler)
    assert len(world.ran) == expected
    fires = world.fires().of("scores")
    assert len(fires) == 167
    assert Counter(fire.state for fire in fires)["skipped"] == 167 - expected
    assert all("no scheduler ran" in fire.reason for fire in fires if fire.state == "skipped")
    if expected:
        assert fires[0].state == "finished"
    # The next time comes as if nothing had been.
    world.now = START + timedelta(days=7)
    world.settle(scheduler)
    assert world.times("scores")[-1] == START + timedelta(days=7)


def test_nothing_is_made_up_for_before_a_schedule_was_known(world: World):
    world.settle(world.scheduler(HOURLY))
    assert world.ran == []


def test_a_run_that_fails_is_tried_again_after_ever_longer_pauses_and_then_given_up(world: World):
    schedule = HOURLY.model_copy(update={"cron": "0 6 * * *", "retries": 2, "retry_minutes": 10.0})
    world.endings["scores"] = ["failed", "killed", "failed"]
    scheduler = world.scheduler(schedule)
    moments = []
    while world.now < START + timedelta(hours=4):
        before = len(world.ran)
        world.settle(scheduler)
        moments += [world.now] * (len(world.ran) - before)
        world.now += timedelta(minutes=1)
    six = START + timedelta(hours=1)
    assert moments == [six, six + timedelta(minutes=10), six + timedelta(minutes=30)]
    [fire] = world.fires().of("scores")
    assert (fire.state, fire.attempts, fire.reason, fire.run_id) == ("failed", 3, "it failed", "run-3")


def test_a_run_that_succeeds_at_last_is_finished(world: World):
    world.endings["scores"] = ["timed_out"]
    schedule = HOURLY.model_copy(update={"cron": "0 6 * * *", "retries": 1})
    world.work(world.scheduler(schedule), START + timedelta(hours=3))
    [fire] = world.fires().of("scores")
    assert (fire.state, fire.attempts, fire.reason) == ("finished", 2, "")


MIX = Schedule(notebook="media_mix", cron="0 6 * * MON", time_zone="UTC")
PLAN = Schedule(notebook="scenario_planning", cron="30 6 * * MON", time_zone="UTC", after=("media_mix",), wait_hours=3)


def test_a_schedule_waits_for_another_ones_run(world: World):
    world.endings["media_mix"] = ["failed"]
    mix = MIX.model_copy(update={"retries": 1, "retry_minutes": 60.0})
    world.work(world.scheduler(mix, PLAN), START + timedelta(hours=4))
    assert [name for name, _, _ in world.ran] == ["media_mix", "media_mix", "scenario_planning"]


def test_a_schedule_gives_up_where_the_other_one_failed(world: World):
    world.endings["media_mix"] = ["failed"]
    world.work(world.scheduler(MIX, PLAN), START + timedelta(hours=4))
    [fire] = world.fires().of("scenario_planning")
    assert (fire.state, fire.reason) == ("skipped", "media_mix did not finish (it failed)")


def test_last_weeks_run_does_not_count_for_this_week(world: World):
    scheduler = world.scheduler(MIX, PLAN)
    world.work(scheduler, START + timedelta(days=1), step=timedelta(hours=1))
    world.endings["media_mix"] = ["failed"]
    world.work(scheduler, START + timedelta(days=8), step=timedelta(hours=1))
    assert Counter(name for name, _, _ in world.ran) == {"media_mix": 2, "scenario_planning": 1}


def test_data_must_be_fresh(world: World):
    schedule = MIX.model_copy(update={"fresh": {"kpi": 1}, "wait_hours": 24.0})
    world.days["kpi"] = date(2026, 10, 31)
    scheduler = world.scheduler(schedule)
    world.work(scheduler, START + timedelta(hours=3))
    assert world.ran == []
    [fire] = world.fires().of("media_mix")
    assert fire.reason == "waits for table kpi, which ends on 2026-10-31; its last day must be 2026-11-01 or later"
    world.days["kpi"] = date(2026, 11, 1)
    world.settle(scheduler)
    assert len(world.ran) == 1


def test_data_that_never_come_are_given_up(world: World):
    schedule = MIX.model_copy(update={"fresh": {"kpi": 1}, "wait_hours": 24.0})
    world.work(world.scheduler(schedule), START + timedelta(days=2), step=timedelta(hours=1))
    [fire] = world.fires().of("media_mix")
    assert fire.state == "skipped"
    assert fire.reason.startswith("given up after 24 hours: waits for table kpi, which is empty")
    assert world.ran == []


@pytest.mark.parametrize(
    ("overlap", "states"), [("queue", ["finished", "finished"]), ("skip", ["finished", "skipped"])]
)
def test_a_time_during_an_earlier_run(world: World, overlap: str, states: list[str]):
    schedule = HOURLY.model_copy(update={"overlap": overlap})
    going, over = Event(), Event()
    plain = world.run

    def slow(*arguments):
        going.set()
        over.wait(20)
        return plain(*arguments)

    world.run = slow  # type: ignore[method-assign]
    scheduler = world.scheduler(schedule, parallel=3)
    scheduler.wake()
    world.now = START + timedelta(hours=1)
    scheduler.wake()
    assert going.wait(20)
    world.now = START + timedelta(hours=2)
    scheduler.wake()
    assert scheduler.running == 1
    over.set()
    scheduler.settle()
    world.settle(scheduler)
    assert [fire.state for fire in reversed(world.fires().of("scores"))] == states


def test_parameters_are_those_of_the_scheduled_day_also_when_it_runs_later(world: World):
    schedule = MIX.model_copy(update={"parameters": {"week": "{last_complete_week}", "draws": 9}})
    scheduler = world.scheduler(schedule)
    world.settle(scheduler)
    world.now = START + timedelta(days=3)
    world.settle(scheduler)
    assert world.ran == [("media_mix", START + timedelta(hours=1), {"week": "2026-10-26", "draws": 9})]


def test_a_paused_schedule_rests_and_the_times_of_the_pause_do_not_come_back(world: World):
    scheduler, fires = world.scheduler(HOURLY), world.fires()
    world.settle(scheduler)
    fires.pause("scores", world.now, paused=True)
    world.work(scheduler, START + timedelta(hours=5, minutes=30))
    assert world.ran == []
    fires.pause("scores", world.now, paused=False)
    world.work(scheduler, START + timedelta(hours=7, minutes=30))
    assert world.times("scores") == [START + timedelta(hours=6), START + timedelta(hours=7)]


def test_what_a_person_asks_for_waits_for_nothing_and_hides_no_time(world: World):
    schedule = MIX.model_copy(update={"fresh": {"kpi": 0}, "catch_up": "all"})
    scheduler, fires = world.scheduler(schedule), world.fires()
    world.settle(scheduler)
    world.now = START + timedelta(hours=2)
    asked = Fire(schedule="media_mix", scheduled_at=world.now, not_before=world.now, by_hand=True)
    assert fires.add([asked]) == 1
    assert fires.add([asked]) == 0
    world.days["kpi"] = date(2026, 11, 2)
    world.settle(scheduler)
    assert world.times("media_mix") == [START + timedelta(hours=1), START + timedelta(hours=2)]


def test_many_schedulers_at_once_run_every_time_once(world: World):
    schedules = [HOURLY.model_copy(update={"name": f"s{number}"}) for number in range(6)]
    schedulers = [world.scheduler(*schedules, parallel=2) for _ in range(4)]
    schedulers[0].wake()
    world.now = START + timedelta(hours=10)
    ready = Barrier(len(schedulers))

    def work(scheduler):
        ready.wait()
        world.settle(scheduler)
        for _ in range(40):
            scheduler.wake()
            scheduler.settle()

    threads = [Thread(target=work, args=(scheduler,)) for scheduler in schedulers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert Counter((name, moment) for name, moment, _ in world.ran) == {
        (schedule.called, START + timedelta(hours=hour)): 1 for schedule in schedules for hour in range(1, 11)
    }


def dead(world: World, fire: Fire) -> None:
    """Make the scheduler of a running time one that is no more."""
    from workbench.runs.ledger import Ledger

    with Ledger(world.reports).connected() as connection:
        connection.execute(
            FIRES.update().where(FIRES.c.schedule == fire.schedule).values(pid=2**22 - 3, pid_created=1.0)
        )
        row = connection.execute(FIRES.select()).first()
        assert row is not None
        assert _fire_of(row).state == "running"


@pytest.mark.parametrize("had_finished", [False, True])
def test_a_time_whose_scheduler_died_is_neither_lost_nor_run_twice(world: World, had_finished: bool):
    fires, moment = world.fires(), START + timedelta(hours=1)
    fire = Fire(schedule="scores", scheduled_at=moment, not_before=moment)
    fires.add([fire])
    assert fires.claim(fire, moment)
    dead(world, fire)
    world.now = moment
    scheduler = world.scheduler(HOURLY)
    scheduler._finished_run = lambda fire: "run-0" if had_finished else ""
    world.settle(scheduler)
    [found] = [each for each in world.fires().of("scores") if each.scheduled_at == moment]
    assert found.state == "finished"
    assert (len(world.ran), found.run_id) == ((0, "run-0") if had_finished else (1, "run-1"))


def test_a_clock_that_jumps_back_runs_nothing_twice(world: World):
    scheduler = world.scheduler(HOURLY)
    world.work(scheduler, START + timedelta(hours=5))
    world.now = START + timedelta(hours=2)
    world.work(scheduler, START + timedelta(hours=6))
    assert world.times("scores") == [START + timedelta(hours=hour) for hour in range(1, 7)]


@pytest.mark.parametrize("seed", range(4))
def test_whatever_sleeps_and_failures_there_are_each_time_has_one_row_and_one_end(world: World, seed: int):
    """Through the night in which the clock is put back."""
    rng = np.random.default_rng(seed)
    world.now = datetime(2026, 10, 24, 20, 0, tzinfo=UTC)
    schedule = Schedule(
        notebook="scores",
        cron="*/20 * * * *",
        time_zone="Europe/Berlin",
        catch_up="all",
        retries=1,
        retry_minutes=1,
    )
    scheduler, start = world.scheduler(schedule), world.now
    world.settle(scheduler)
    for minutes in rng.integers(1, 200, size=8):
        world.endings["scores"] = list(rng.choice(["failed", "finished", "killed"], size=2))
        world.now += timedelta(minutes=int(minutes))
        world.settle(scheduler)
    end = world.now
    for _ in range(40):
        world.now += timedelta(seconds=30)
        world.settle(scheduler)
    times = times_between(schedule, start, end)
    fires = [fire for fire in world.fires().of("scores") if fire.scheduled_at <= end]
    assert sorted(fire.scheduled_at for fire in fires) == times
    assert all(fire.over and fire.state != "skipped" for fire in fires)
    runs = Counter(moment for _, moment, _ in world.ran)
    assert all(runs[fire.scheduled_at] == fire.attempts <= 2 for fire in fires)


def test_an_end_that_can_not_be_written_is_written_later_and_nothing_runs_twice(world: World, monkeypatch):
    scheduler = world.scheduler(HOURLY)
    world.settle(scheduler)
    world.now = START + timedelta(hours=1)
    scheduler.wake()
    with monkeypatch.context() as away:
        away.setattr(Fires, "note", Mock(side_effect=RunError("the server is away")))
        with pytest.raises(RunError, match="server is away"):
            scheduler.settle()
    assert [fire.state for fire in world.fires().of("scores")] == ["running"]
    world.settle(scheduler)
    assert [fire.state for fire in world.fires().of("scores")] == ["finished"]
    assert len(world.ran) == 1


def test_what_a_person_cancelled_is_not_tried_again(world: World):
    world.endings["scores"] = ["cancelled"]
    world.work(world.scheduler(HOURLY.model_copy(update={"retries": 3})), START + timedelta(minutes=70))
    [fire] = world.fires().of("scores")
    assert (fire.state, fire.attempts, fire.reason) == ("failed", 1, "it cancelled")
