"""The experiments app tells what readouts and the registry hold, for whatever test or learning is looked for."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from html import escape
from typing import get_type_hints

import numpy as np
import pytest

from tests.apps.tested_company import TODAY, company_workspace, readout
from workbench.apps.experiments import Learnings, TestDetail
from workbench.apps.experiments_course import course_of, metrics, no_course, treatments
from workbench.apps.experiments_saved import ReadTest, SavedReadout, known_learnings, read_tests, unread
from workbench.apps.experiments_words import Search, effects, found, gate_rows, gates_sentence, overview_rows
from workbench.apps.published import Published, published_results
from workbench.experiments import ExperimentResult
from workbench.wording import interval, money, percent


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Published[SavedReadout], ...]:
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("WORKBENCH_RUN_DIR", raising=False)
        environment.delenv("WORKBENCH_PUBLISHED", raising=False)
        return published_results(SavedReadout, company_workspace(tmp_path_factory.mktemp("company")).root)


@pytest.fixture(scope="module")
def tests(published: tuple[Published[SavedReadout], ...]) -> dict[str, ReadTest]:
    return {test.readout.experiment_id: test for test in read_tests(published, TODAY)}


def test_what_is_loaded_is_part_of_a_readout():
    saved, known = get_type_hints(ExperimentResult), get_type_hints(SavedReadout)
    later = {field.name: field.metadata for field in fields(ExperimentResult)}
    assert SavedReadout.analysis == ExperimentResult.analysis
    for field in fields(SavedReadout):
        # A verdict or kind is read as the text that it is saved as.
        assert known[field.name] in (str, saved[field.name])
        assert field.metadata == later[field.name]


def test_running_tests_come_first_and_overdue_ones_are_said_to_be(tests):
    assert {name: test.state for name, test in tests.items()} == {
        "second_offer": "running",
        "late_offer": "awaits its readout",
        "banners": "running",
        "spring_offer": "finished",
        "more_television": "finished",
    }
    states = [test.state for test in tests.values()]
    assert states == sorted(states, key=lambda state: state == "finished")


def test_the_last_day_of_a_running_test_is_its_report(tests):
    test, saved = tests["second_offer"], readout("second_offer")
    course, row = course_of(test, "offer", "spend"), saved.effects.set_index("metric").loc["spend"]
    ends = [row.absolute, row.absolute_lower, row.absolute_upper]
    np.testing.assert_allclose(course.summary[:, -1], ends, rtol=1e-9)
    assert course.reported is None
    profit = saved.estimate("profit", "offer")
    course = course_of(test, "offer", "profit")
    np.testing.assert_allclose(course.summary[:, -1], [profit.estimate, profit.lower, profit.upper], rtol=1e-9)
    assert f"{money(profit.estimate, 'EUR')} ({interval(profit.lower, profit.upper, 'EUR')})" in course.told


def test_too_few_outcomes_make_no_course(tests):
    assert course_of(tests["second_offer"], "offer", "bought") is None
    assert "outcomes enough" in no_course(tests["second_offer"])


def test_a_finished_test_shows_its_own_reading_beside_the_course(tests):
    saved = readout("spring_offer").effects.set_index("metric").loc["spend"]
    course = course_of(tests["spring_offer"], "offer", "spend")
    assert course.summary[0, -1] == pytest.approx(saved.absolute)
    assert (course.reported.lower, course.reported.upper) == (saved.absolute_lower, saved.absolute_upper)
    assert course.reported.lower > course.summary[1, -1]
    assert interval(saved.absolute_lower, saved.absolute_upper, "EUR") in course.told


def test_weeks_of_a_test_in_markets_add_up_to_what_it_brought(tests):
    test = tests["more_television"]
    course = course_of(test, treatments(test)[0], metrics(test)[0])
    value = readout("more_television").estimate("incremental_value", "more_television")
    during = np.array(course.days) >= course.since
    assert during.sum() == 2
    assert course.summary[0, during].sum() == pytest.approx(value.estimate)
    before = course.summary[0, ~during]
    assert np.mean((before >= course.summary[1, 0]) & (before <= course.summary[2, 0])) == pytest.approx(0.9, abs=0.2)


def test_creatives_have_parts_and_no_course(tests):
    test, saved = tests["banners"], readout("banners").parts
    assert course_of(test, "", "") is None
    parts = saved[saved.term == "part"].iloc[0]
    moved = effects(test)[f"{parts.factor}: {parts.part}"]
    assert (moved.estimate, moved.lower, moved.unit) == (parts.effect, parts.effect_lower, "points")


def test_gates_stand_as_in_the_readout_failed_ones_first(tests):
    for name, test in tests.items():
        rows = gate_rows(test)
        assert sorted(row[1] for row in rows) == sorted(check.detail for check in readout(name).checks)
        marks = [row[0][0] for row in rows]
        assert marks == sorted(marks, key="✗✓F".index)
        failed = len(readout(name).failed_checks)
        assert gates_sentence(test).startswith(f"{failed} of " if failed else "All ")


def test_another_test_chosen_shows_its_numbers(tests):
    detail = TestDetail(list(tests.values()))
    assert detail.chosen is next(test for test in tests.values() if test.readout.kind != "creative")
    for name, test in tests.items():
        detail.test.value = test
        saved = readout(name)
        assert escape(saved.decisions.reason[0]) in detail.headline.value
        assert (detail.place.layout.display == "none") == (saved.kind == "creative")
        assert detail.metric.texts[0] == {"users": "profit", "geo": "revenue", "creative": "–"}[saved.kind]
    detail.test.value = tests["spring_offer"]
    detail.metric.value = "bought"
    course = course_of(tests["spring_offer"], "offer", "bought")
    np.testing.assert_allclose(detail.course.data[2].y, course.summary[0])
    assert "hold on all days at once" in detail.course_text.value
    assert detail.course.alt == course.told


def test_learnings_are_found_by_every_filter(published):
    learnt = Learnings(known_learnings(published))

    def shown() -> int:
        return learnt.shown.value.count("<article>")

    everything = shown()
    assert everything == 5
    assert learnt.channel.texts == ["Any channel", "Television"]
    learnt.channel.value = "Television"
    assert (shown(), "more television" in learnt.shown.value) == (1, True)
    learnt.channel.value, learnt.audience.value = "", "newcomers"
    assert shown() == 2
    learnt.audience.value, learnt.kind.value = "", "creative"
    assert (shown(), "banners" in learnt.shown.value) == (1, True)
    learnt.kind.value, learnt.market.value = "", "treated0"
    assert shown() == 1
    learnt.market.value, learnt.text.value = "", "OFFER raises"
    assert shown() == 3
    learnt.text.value = "nothing like it"
    assert "0 of 5 tests fit" in learnt.shown.value
    assert found(learnt.records, Search(verdict="ship")) == [r for r in learnt.records if r["verdict"] == "ship"]


def test_what_was_learnt_after_publishing_stays_unseen(published):
    moment = datetime.fromisoformat(known_learnings(published)[0]["recorded_at"])
    earlier = replace(published[0], published_at=datetime(moment.year - 1, 1, 1, tzinfo=UTC))
    assert known_learnings([earlier, *published[1:]]) == []


def test_the_table_of_all_tests_has_money_with_its_interval(tests, published):
    rows = {row[0]: row for row in overview_rows(tests.values())}
    profit = readout("spring_offer").estimate("profit", "offer")
    assert rows["spring offer"][5] == f"{money(profit.estimate, 'EUR')} ({interval(profit.lower, profit.upper, 'EUR')})"
    relative = readout("spring_offer").effects.set_index("metric").loc["spend"].relative
    assert percent(relative) in rows["spring offer"][4]
    assert unread(published, list(tests.values())) == ["never_read"]
