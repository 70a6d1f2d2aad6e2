"""Tests that are read before their end: what may be said, what must wait, and that promises about further units hold."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.config import Metric, UserExperiment
from workbench.errors import DataError, SpecError
from workbench.experiments import ExperimentResult, read_out, read_out_users, reading_day
from workbench.experiments.registry.record import record_of, records_frame
from workbench.experiments.sequential.confidence_sequence import ConfidenceSequence
from workbench.experiments.users.further_units import more_units
from workbench.result import Provenance

from .conftest import UnitsTable
from .test_verdict import SIZE, world

END = date(2025, 3, 31)
BEFORE, AFTER = date(2025, 3, 10), date(2025, 4, 1)


def read(
    table: object,
    *metrics: Metric,
    name: str = "e",
    today: date = BEFORE,
    past: pd.DataFrame | None = None,
    **spec: object,
) -> ExperimentResult:
    experiment = UserExperiment.model_validate(
        {"control": "none", "metrics": metrics or (Metric(name="spend", value=1),), **spec}
    )
    return read_out_users(table, name, experiment, provenance=Provenance(), currency="EUR", today=today, past=past)  # type: ignore[arg-type]


def test_hillstroms_always_valid_intervals_are_the_published_ones(
    hillstrom: pd.DataFrame, units_table: UnitsTable, shared_data: Path
) -> None:
    """Asymptotic confidence sequence tuned to 5,000 units, as GrowthBook's `gbstats` computes it."""
    published = json.loads((shared_data / "experiments" / "reference.json").read_text())["hillstrom.csv"]
    table = units_table(hillstrom[hillstrom.variant != "Mens E-Mail"])
    metrics = (
        Metric(name="conversion", kind="proportion"),
        Metric(name="spend"),
        Metric(name="visit", kind="proportion"),
    )
    result = read(table, *metrics, name="hillstrom", control="No E-Mail", reading="always_valid")
    for row in result.effects.to_dict("records"):
        _, lower, upper, p_value = published["asympCS_W_minus_C_abs_tune5000"][row["metric"]]
        np.testing.assert_allclose([row["absolute_lower"], row["absolute_upper"]], [lower, upper], rtol=1e-5)
        assert row["p_value"] == pytest.approx(p_value, rel=1e-3)
        # The published relative interval of conversion contains zero where the absolute one doesn't.
        assert (row["relative_lower"] > 0) == (row["absolute_lower"] > 0)
    assert "may be read at any time" in result.findings[2]


def test_what_a_single_look_would_settle_keeps_running_until_the_planned_end(units_table: UnitsTable) -> None:
    table = units_table(world(lift=0.4))
    running, ended = (read(table, end=END, today=day) for day in (BEFORE, AFTER))
    assert (running.verdict, running.decided_by) == ("keep running", "primary")
    assert (ended.verdict, ended.decided_by) == ("ship", "profit")
    assert running.findings[0].startswith("Keep running until 2025-03-31: chance alone could explain")
    width = running.effects.absolute_upper[0] - running.effects.absolute[0]
    assert width > 1.2 * (ended.effects.absolute_upper[0] - ended.effects.absolute[0])
    assert "single reading" in ended.findings[2]


def test_the_registry_tells_whether_a_test_was_read_before_its_end(units_table: UnitsTable) -> None:
    units = world(lift=0.4)
    end = {"end": END, "today": AFTER}
    early = read(units_table(units.groupby("variant").head(len(units) // 4)), today=BEFORE, end=END)
    full = read(units_table(units), **end)
    spec = UserExperiment(control="none", metrics=(Metric(name="spend", value=1),))
    nobody, looked, again = (
        read(units_table(units), past=remembered(found, spec), **end) for found in ((), (early,), (full,))
    )
    z = [
        (found.effects.absolute_upper[0] - found.effects.absolute[0]) / found.effects.se[0]
        for found in (nobody, again, looked, full)
    ]
    np.testing.assert_allclose(z[:2], stats.norm.isf(0.025), rtol=2e-3)
    assert z[2] == pytest.approx(z[3])
    assert z[2] > 1.01 * z[0]


def test_more_users_after_the_last_day_are_no_second_planned_end(units_table: UnitsTable) -> None:
    """Of 4,000 users 3,000 were read on the day after the end; an always-valid interval tuned to 5,000 is what remains."""
    units, spec = world(lift=0.4), UserExperiment(control="none", metrics=(Metric(name="spend", value=1),))
    first = read(units_table(units.groupby("variant").head(1_500)), end=date(2025, 2, 28), today=date(2025, 3, 1))
    again = read(units_table(units), end=date(2025, 2, 28), today=BEFORE, past=remembered((first,), spec))
    expected = ConfidenceSequence(units=4_000, tuned_to=5_000, tuned_at=0.05).critical(0.05)
    row = again.effects.iloc[0]
    assert (row.absolute_upper - row.absolute) / row.se == pytest.approx(expected, rel=2e-3)
    assert "read before, at its planned end (2025-02-28), and more users came since" in again.findings[2]


def remembered(results: tuple[ExperimentResult, ...], spec: UserExperiment) -> pd.DataFrame:
    return records_frame(
        {"run_id": f"run-{i}", "recorded_at": f"2025-03-{i + 1:02}T20:00:00Z", **vars(record_of(result, spec))}
        for i, result in enumerate(results)
    )


def test_a_clear_gain_ships_and_a_clear_loss_stops_before_the_end(units_table: UnitsTable) -> None:
    gain, loss = (read(units_table(world(lift=lift)), end=END) for lift in (1.0, -1.0))
    assert (gain.verdict, gain.decided_by) == ("ship", "profit")
    assert (loss.verdict, loss.decided_by) == ("stop", "primary")


def test_fewer_units_than_planned_keep_running_until_they_are_there(units_table: UnitsTable) -> None:
    result = read(units_table(world(lift=0.4)), planned_units=3 * SIZE)
    assert result.verdict == "keep running"
    assert f"until {3 * SIZE:,} users" in result.findings[0]


def test_a_test_without_a_plan_counts_as_ended_and_says_so(units_table: UnitsTable) -> None:
    result = read(units_table(world(lift=0.2)))
    assert result.verdict == "inconclusive"
    assert result.findings[2].startswith(
        "Intervals of a single reading: no end was planned, so the test counts as ended"
    )


def test_a_plan_of_one_reading_settles_nothing_before_it(units_table: UnitsTable) -> None:
    result = read(units_table(world(lift=2.0)), end=END, reading="fixed")
    assert (result.verdict, result.decided_by) == ("keep running", "plan")


def test_planned_looks_settle_at_a_look_and_wait_between_them(units_table: UnitsTable) -> None:
    """At half of the information, O'Brien-Fleming spending asks for |z| above 2.963 (two looks, 5%)."""
    table = units_table(world(lift=1.0))
    at_look, between = (read(table, planned_units=planned, looks=[0.5, 1.0]) for planned in (4 * SIZE, 6 * SIZE))
    assert (at_look.verdict, at_look.decided_by) == ("ship", "profit")
    row = at_look.effects.iloc[0]
    # A look may come late by a tenth of the plan, which makes its bound somewhat wider.
    assert 2.963 < (row.absolute_upper - row.absolute) / row.se < 3.2
    assert at_look.findings[2].startswith("Intervals for the planned looks: this is planned look 1 of 2")
    assert (between.verdict, between.decided_by) == ("keep running", "plan")
    assert "Keep running until 6,000 users" in between.findings[0]


def test_a_metric_that_doesnt_vary_yet_waits_while_the_test_runs(units_table: UnitsTable) -> None:
    table = units_table(world(lift=1).assign(complained=0))
    metrics = (
        Metric(name="spend", value=1, role="primary"),
        Metric(name="complained", kind="proportion", role="guardrail"),
    )
    assert read(table, *metrics, end=END).verdict == "keep running"
    assert read(table, *metrics, end=END, today=AFTER).verdict == "invalid"


def test_the_units_promised_for_an_always_valid_reading_give_its_power() -> None:
    effect, se, units = 0.1, 0.06, 4_000
    boundary = ConfidenceSequence(units=units, tuned_to=10_000, tuned_at=0.05)
    total = units + more_units(effect, se, units, boundary, 0.05)
    se_then = se * np.sqrt(units / total)
    critical = ConfidenceSequence(units=round(total), tuned_to=10_000, tuned_at=0.05).critical(0.05)
    assert stats.norm.sf(critical - effect / se_then) == pytest.approx(0.8, abs=1e-3)
    assert total > units + more_units(
        effect, se, units, ConfidenceSequence(units=units, tuned_to=units, tuned_at=0.05), 0.2
    )


def test_an_effect_of_next_to_nothing_asks_for_a_bolder_change(units_table: UnitsTable) -> None:
    result = read(units_table(world(lift=1e-14)), end=END)
    assert "test a bolder change" in result.would_change


def test_what_hasnt_happened_yet_isnt_read(units_table: UnitsTable) -> None:
    with pytest.raises(SpecError, match=r"experiment e starts on 2025-03-31, after the day of reading \(2025-03-10\)"):
        read(units_table(world(lift=1)), start=END)
    table = units_table(world(lift=1).assign(assigned_at=pd.Timestamp("2025-03-12 09:00")))
    with pytest.raises(DataError, match="assigned up to 2025-03-12, after the day of reading"):
        read(table, end=END)
    table = units_table(world(lift=1).assign(exposed_at=pd.Timestamp("2025-03-12 09:00")))
    with pytest.raises(DataError, match="met the treatment up to 2025-03-12, after the day of reading"):
        read(table, end=END)


def test_west_of_greenwich_an_evening_reading_meets_users_of_tomorrows_date(units_table: UnitsTable) -> None:
    """17:30 on 10 March in Los Angeles is 00:30 on 11 March in UTC, in which the users are stored."""
    moment = pd.Timestamp("2025-03-10 17:30", tz="America/Los_Angeles").tz_convert("UTC").tz_localize(None)
    assert moment.date() == date(2025, 3, 11)
    frame = world(lift=1).assign(assigned_at=moment, exposed_at=moment)
    assert read(units_table(frame), end=END, today=date(2025, 3, 10)).verdict == "ship"


def test_the_day_of_reading_is_a_day() -> None:
    assert reading_day("2025-03-10") == BEFORE
    assert reading_day() == date.today()
    with pytest.raises(SpecError, match="today is 'soon', which is no day; write it as 2025-11-30"):
        reading_day("soon")


def test_the_entry_for_all_experiments_hands_the_day_on(units_table: UnitsTable) -> None:
    spec = UserExperiment(control="none", metrics=(Metric(name="spend", value=1),), end=END)
    result = read_out(units_table(world(lift=0.4)), "e", spec, provenance=Provenance(), currency="EUR", today=BEFORE)
    assert result.verdict == "keep running"
