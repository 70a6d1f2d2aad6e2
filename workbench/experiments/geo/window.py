"""Which periods of the data belong to a geo test, on the day that it is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from workbench.config import GeoExperiment
from workbench.errors import DataError, SpecError


@dataclass(frozen=True, kw_only=True)
class TestWindow:
    """The periods that are read.

    Attributes:
        dates: First day of each, evenly spaced, up to the test's end or to what has come of it.
        tested: Whether the period belongs to the test; one run of True at the end.
        days_per_period: 1 for days, 7 for weeks.
        periods_planned: Length of the whole test in periods.
    """

    __test__ = False

    dates: pd.DatetimeIndex
    tested: np.ndarray
    days_per_period: int
    periods_planned: int


def find_window(dates: pd.DatetimeIndex, experiment_id: str, spec: GeoExperiment, today: date) -> TestWindow:
    """Cut the data at the test's end; a test that isn't over is read as far as it has come.

    Args:
        dates: First day of each period in the data, ascending.
        experiment_id: The test's name, for errors.
        spec: When the test was to start and end.
        today: Day of reading.

    Raises:
        SpecError: If the test hasn't started.
        DataError: If periods are missing, lie after today, or don't hold the test.
    """
    days = days_per_period(dates, experiment_id)
    _require_past(dates, experiment_id, spec, today)
    length = pd.Timedelta(days=days - 1)
    start, end = pd.Timestamp(spec.start), pd.Timestamp(spec.end)
    running = end >= pd.Timestamp(today) and dates[-1] + length < end
    _require_span(dates[0], dates[-1] + length, start, end, running=running, experiment_id=experiment_id)
    # A period that isn't over holds only a part of its KPI.
    kept = dates[dates + length <= pd.Timestamp(today)] if running else dates[dates <= end]
    # A period in which the test began holds some of its effect and of its spend: it belongs to the test, as the last one does.
    tested = np.asarray(kept + length >= start)
    _require_tested(tested, experiment_id, spec, running=running)
    planned = len(pd.date_range(kept[tested][0], end, freq=f"{days}D"))
    return TestWindow(dates=kept, tested=tested, days_per_period=days, periods_planned=planned)


def days_per_period(dates: pd.DatetimeIndex, experiment_id: str) -> int:
    steps = np.diff(dates.to_numpy()).astype("timedelta64[D]").astype(int)
    if len(steps) == 0:
        raise DataError(
            f"geo holds a single day of experiment {experiment_id}; a readout needs the days before the test"
        )
    usual = int(np.bincount(steps).argmax())
    if (steps != usual).any():
        jump = int(np.argmax(steps != usual))
        raise DataError(
            f"geo of experiment {experiment_id} jumps from {dates[jump]:%Y-%m-%d} to {dates[jump + 1]:%Y-%m-%d} "
            f"in all markets, though its rows are {usual} day{'s' if usual > 1 else ''} apart; add the missing days"
        )
    return usual


def _require_past(dates: pd.DatetimeIndex, experiment_id: str, spec: GeoExperiment, today: date) -> None:
    if spec.start > today:
        raise SpecError(
            f"experiment {experiment_id} starts on {spec.start:%Y-%m-%d}, after today ({today:%Y-%m-%d}): "
            "there is nothing to read yet; correct the start, or come back after it"
        )
    future = dates[dates > pd.Timestamp(today)]
    if len(future):
        raise DataError(
            f"geo holds {len(future):,} dates of experiment {experiment_id} after today, {today:%Y-%m-%d} "
            f"(first: {future[0]:%Y-%m-%d}); correct the dates, or leave forecasts out of the table"
        )


def _require_span(
    first: pd.Timestamp,
    covered: pd.Timestamp,
    start: pd.Timestamp,
    end: pd.Timestamp,
    *,
    running: bool,
    experiment_id: str,
) -> None:
    if start <= first or (end > covered and not running):
        raise DataError(
            f"experiment {experiment_id} runs from {start:%Y-%m-%d} to {end:%Y-%m-%d}, but geo spans {first:%Y-%m-%d} to "
            f"{covered:%Y-%m-%d}; it must hold days before the test and all of the test"
        )


def _require_tested(tested: np.ndarray, experiment_id: str, spec: GeoExperiment, *, running: bool) -> None:
    if not tested.any():
        mend = "read it once a first one is complete" if running else "give the test whole periods of the data"
        raise DataError(
            f"no complete period of geo begins within experiment {experiment_id} ({spec.start:%Y-%m-%d} to {spec.end:%Y-%m-%d}); {mend}"
        )
