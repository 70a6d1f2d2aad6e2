from datetime import date

import numpy as np
import pytest
from scipy import stats

from workbench.config import Metric, UserExperiment
from workbench.experiments.sequential.confidence_sequence import ConfidenceSequence
from workbench.experiments.sequential.group_sequential import crossing_probability
from workbench.experiments.sequential.reading import PastReading, choose_reading

TODAY = date(2025, 11, 20)
END = date(2025, 11, 30)
AFTER = date(2025, 12, 1)


def read_at(*units: int, day: date = TODAY) -> list[PastReading]:
    return [PastReading(units=seen, day=day) for seen in units]


def declared(**plan: object) -> UserExperiment:
    return UserExperiment(control="none", metrics=(Metric(name="spend"),), **plan)


def test_without_a_plan_the_test_counts_as_ended_and_welch_holds() -> None:
    reading = choose_reading(declared(), 1_000, TODAY)
    assert (reading.kind, reading.ended, reading.decides, reading.override) == ("fixed", True, True, None)
    assert reading.critical == pytest.approx(stats.norm.isf(0.025))
    assert reading.p_value(-2.2) == pytest.approx(2 * stats.norm.sf(2.2))


def test_while_it_runs_it_is_always_valid_and_tuned_to_its_plan() -> None:
    reading = choose_reading(declared(end=END, planned_units=40_000), 20_000, TODAY)
    expected = ConfidenceSequence(units=20_000, tuned_to=40_000, tuned_at=0.05).critical(0.05)
    assert (reading.kind, reading.until, reading.ended, reading.decides) == ("always_valid", "2025-11-30", False, True)
    assert reading.override == reading.critical == pytest.approx(expected)
    assert "40,000 users" in reading.why


def test_the_planned_last_day_is_not_over_yet() -> None:
    spec = declared(end=END)
    assert choose_reading(spec, 9_000, END).ended is False
    assert choose_reading(spec, 9_000, AFTER).kind == "fixed"


def test_a_plan_in_users_ends_with_them() -> None:
    spec = declared(planned_units=40_000)
    assert choose_reading(spec, 39_999, TODAY).until == "40,000 users"
    assert choose_reading(spec, 40_000, TODAY).kind == "fixed"


def test_the_planned_end_is_wider_than_welch_only_where_it_could_have_been_stopped() -> None:
    plan = {"end": END, "planned_units": 40_000}
    stoppable = choose_reading(declared(**plan), 40_000, AFTER)
    once = choose_reading(declared(**plan, reading="fixed"), 40_000, AFTER)
    assert once.override is None
    assert 1.96 < stoppable.critical < 2.02
    assert stoppable.p_value(stoppable.critical) == pytest.approx(0.05)


def test_an_end_that_nobody_looked_ahead_of_is_a_single_reading():
    plan = {"end": END, "planned_units": 40_000}
    readings = [choose_reading(declared(**plan), 40_000, AFTER, earlier=known) for known in ((), read_at(20_000), None)]
    assert readings[0].critical == pytest.approx(stats.norm.isf(0.025))
    assert readings[0].override is None
    assert readings[1].critical == readings[2].critical > readings[0].critical
    assert choose_reading(declared(**plan), 20_000, TODAY, earlier=()).kind == "always_valid"


def test_the_same_units_read_again_are_no_further_look() -> None:
    plan = {"end": END, "planned_units": 40_000}
    assert choose_reading(declared(**plan), 40_000, AFTER, earlier=read_at(40_000, day=AFTER)).override is None
    assert choose_reading(declared(), 1_000, TODAY, earlier=read_at(1_000)).kind == "fixed"


@pytest.mark.parametrize(
    ("plan", "earlier"),
    [
        ({}, read_at(900)),
        ({"planned_units": 1_000}, read_at(400, 1_000)),
        ({"planned_units": 1_000, "looks": (0.5, 1.0)}, read_at(1_010)),
        ({"end": END}, read_at(900, day=AFTER)),
        ({"end": END, "planned_units": 4_000}, [*read_at(400), *read_at(900, day=AFTER)]),
        ({"end": END, "planned_units": 4_000, "looks": (0.5, 1.0)}, read_at(900, day=AFTER)),
    ],
    ids=[
        "no plan",
        "after the planned size",
        "after the last look",
        "after the last day",
        "after the last day, too few came",
        "after the last day with looks",
    ],
)
def test_reading_on_after_the_end_takes_an_interval_that_may_be_read_at_any_time(
    plan: dict[str, object], earlier: list[PastReading]
) -> None:
    """Else every further reading would be one more chance to claim: at twice the planned size, 50 of them claim in 13% of tests."""
    day = date(2025, 12, 5)
    reading = choose_reading(declared(**plan), 1_500, day, earlier=earlier)
    assert (reading.kind, reading.ended, reading.decides, reading.until) == ("always_valid", True, True, "")
    assert "more users came since" in reading.why
    assert reading.last is False
    assert choose_reading(declared(**plan), 1_500, day, earlier=()).last is True
    assert choose_reading(declared(**plan, reading="fixed"), 1_500, day, earlier=earlier).kind == "fixed"


def test_the_sentence_of_a_further_reading_names_the_planned_end() -> None:
    later = date(2025, 12, 5)
    why = [
        choose_reading(declared(**plan), 1_500, later, earlier=read_at(900, day=AFTER)).why
        for plan in ({}, {"end": END}, {"planned_units": 800})
    ]
    expected = "read before, without a plan,", "planned end (2025-11-30),", "planned end (800 users),"
    assert all(told in sentence for told, sentence in zip(expected, why, strict=True))


def test_a_test_with_a_last_day_ends_on_it_though_more_users_came_than_planned() -> None:
    spec = declared(end=END, planned_units=1_000)
    assert choose_reading(spec, 1_500, TODAY, earlier=read_at(1_200)).ended is False
    assert choose_reading(spec, 1_500, AFTER, earlier=read_at(1_200)).kind == "fixed"


def test_a_test_to_be_read_once_settles_nothing_before() -> None:
    reading = choose_reading(declared(end=END, planned_units=40_000, reading="fixed"), 20_000, TODAY)
    assert (reading.kind, reading.decides) == ("always_valid", False)


def test_always_valid_stays_so_at_the_end() -> None:
    reading = choose_reading(declared(end=END, planned_units=40_000, reading="always_valid"), 40_000, AFTER)
    assert (reading.kind, reading.ended, reading.until) == ("always_valid", True, "")


class TestPlannedLooks:
    spec = declared(planned_units=40_000, looks=(0.5, 1.0))

    @pytest.mark.parametrize(
        ("units", "kind", "until", "decides"),
        [
            (19_000, "always_valid", "20,000 users", False),
            (21_000, "group_sequential", "40,000 users", True),
            (30_000, "always_valid", "40,000 users", False),
            (40_000, "group_sequential", "", True),
        ],
    )
    def test_bounds_hold_at_the_looks_alone(self, units: int, kind: str, until: str, decides: bool) -> None:
        reading = choose_reading(self.spec, units, TODAY)
        assert (reading.kind, reading.until, reading.decides) == (kind, until, decides)

    def test_bounds_are_obrien_flemings(self) -> None:
        """2.9626 and 1.9686 are R's ldbounds for two even looks; a look that may be late has a slightly higher one."""
        first, last = (choose_reading(self.spec, units, TODAY).critical for units in (20_000, 40_000))
        assert 2.9626 < first < 2.9626 * 1.07
        assert last == pytest.approx(1.9686, abs=4e-3)

    def test_a_look_has_one_bound_while_it_is_open(self) -> None:
        on_time, late = (choose_reading(self.spec, units, TODAY) for units in (20_000, 23_900))
        assert on_time.critical == late.critical
        assert late.p_value(late.critical) == pytest.approx(0.05)

    def test_an_end_by_date_spends_what_is_left(self) -> None:
        spec = declared(planned_units=40_000, looks=(0.5, 1.0), end=END)
        early = choose_reading(spec, 30_000, AFTER)
        assert early.ended
        first = choose_reading(spec, 20_000, TODAY).critical
        times = [tuple(np.linspace(0.5, 0.6, 4)), 0.75]
        assert crossing_probability(times, [first, early.critical]) == pytest.approx(0.05, abs=1e-6)

    def test_an_end_by_date_before_any_look_is_a_single_reading(self) -> None:
        """Nothing was spent before, so the bound is the normal quantile."""
        spec = declared(planned_units=40_000, looks=(0.5, 1.0), end=END)
        reading = choose_reading(spec, 15_000, AFTER)
        assert (reading.kind, reading.ended) == ("group_sequential", True)
        assert reading.critical == pytest.approx(stats.norm.isf(0.025), abs=1e-4)
