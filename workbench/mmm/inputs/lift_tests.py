"""Lift tests as the model sees them: the response with and without each test's change of spend.

A test says how many KPI units its change of spend caused in its own markets and weeks, carry-over included. The model
computes the same number: it takes the change out of the spend of the test's cells, in proportion to what was spent there,
and compares the two responses. A cell is one market in one week of one test.

A test counts less the older it is: its weight halves with each half-life between its end and the end of the data, and a
weight w widens its standard error by 1/√w, as if only that share of it had been observed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import SpecError
from workbench.mmm.inputs.design import Design
from workbench.mmm.shapes.adstock import lag_matrix

COLUMNS = ("experiment_id", "channel", "markets", "start", "end", "spend_change", "lift", "lift_se")
DAYS_PER_WEEK = 7
DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, kw_only=True)
class LiftTests:
    """Tests within the data, N of them with S cells in all.

    Attributes:
        names: Experiment ids, length N.
        lift: Incremental KPI units, length N.
        standard_error: Of `lift`, widened by the test's weight, length N.
        weight: What was stated times what age left of it, in (0, 1], length N.
        spend_change: Currency, length N.
        tested: Index of each test's channel, length N.
        channel: Index of each cell's channel, length S.
        market: Index of each cell's market, length S.
        week: Index of each cell's week, length S.
        membership: One where a cell belongs to a test, shape (N, S).
        lags: Relative exposure by lag in each cell, shape (S, L + 1).
        lags_without: The same had the spend not been changed.
        outside: Experiment ids of the tests that lie outside the data and were left out.
        half_life_years: Years after which a test counts half, None where tests don't age.
    """

    names: tuple[str, ...]
    lift: np.ndarray
    standard_error: np.ndarray
    weight: np.ndarray
    spend_change: np.ndarray
    tested: np.ndarray
    channel: np.ndarray
    market: np.ndarray
    week: np.ndarray
    membership: np.ndarray
    lags: np.ndarray
    lags_without: np.ndarray
    outside: tuple[str, ...] = ()
    half_life_years: float | None = None

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, kw_only=True)
class LiftRecord:
    """One row of the canonical `lift` table, with `markets` as a tuple and `weight` in (0, 1]."""

    experiment_id: str
    channel: str
    markets: tuple[str, ...]
    start: pd.Timestamp
    end: pd.Timestamp
    spend_change: float
    lift: float
    lift_se: float
    weight: float


@dataclass(frozen=True, kw_only=True)
class _Cells:
    channel: np.ndarray
    market: np.ndarray
    week: np.ndarray
    lags: np.ndarray
    lags_without: np.ndarray


def build_lift_tests(lift: pd.DataFrame | None, design: Design, half_life_years: float | None = None) -> LiftTests:
    """Place lift records on the panel.

    A week belongs to a test if at least half of its days do. Tests that aren't wholly inside the data are left out and named in
    `outside`.

    Args:
        lift: Records with the canonical columns, None for no test.
        design: The panel on the model's scales.
        half_life_years: Years after which a test counts half, None where tests don't age.

    Raises:
        SpecError: If a record names an unknown channel or market, holds impossible numbers, or takes more spend out of
            its cells than was spent.
    """
    records = [] if lift is None else _records(lift)
    for record in records:
        _check_names(record, design)
        _check_numbers(record)
    placed = [(record, _weeks_of(record, design)) for record in records]
    inside = [(record, weeks) for record, weeks in placed if weeks is not None]
    cells = [_cells_of(record, weeks, design) for record, weeks in inside]
    counts = [len(c.channel) for c in cells]
    weight = np.array(
        [record.weight * _share_left(record, design, half_life_years) for record, _ in inside], dtype=float
    )
    return LiftTests(
        names=tuple(str(record.experiment_id) for record, _ in inside),
        lift=np.array([record.lift for record, _ in inside], dtype=float),
        standard_error=np.array([record.lift_se for record, _ in inside], dtype=float) / np.sqrt(weight),
        weight=weight,
        spend_change=np.array([record.spend_change for record, _ in inside], dtype=float),
        tested=np.array([design.panel.channels.index(record.channel) for record, _ in inside], dtype=int),
        channel=_joined((c.channel for c in cells), (0,)).astype(int),
        market=_joined((c.market for c in cells), (0,)).astype(int),
        week=_joined((c.week for c in cells), (0,)).astype(int),
        membership=np.repeat(np.eye(len(inside)), counts, axis=1),
        lags=_joined((c.lags for c in cells), (0, design.carry_over_weeks + 1)),
        lags_without=_joined((c.lags_without for c in cells), (0, design.carry_over_weeks + 1)),
        outside=tuple(str(record.experiment_id) for record, weeks in placed if weeks is None),
        half_life_years=half_life_years,
    )


def _share_left(record: LiftRecord, design: Design, half_life_years: float | None) -> float:
    """What age leaves of a test's weight at the end of the data."""
    if half_life_years is None:
        return 1.0
    last_day = design.panel.weeks[-1] + pd.Timedelta(days=DAYS_PER_WEEK - 1)
    years = max((last_day - record.end).days, 0) / DAYS_PER_YEAR
    return float(0.5 ** (years / half_life_years))


def _joined(parts: Iterable[np.ndarray], empty: tuple[int, ...]) -> np.ndarray:
    return np.concatenate([np.zeros(empty), *parts])


def _records(lift: pd.DataFrame) -> list[LiftRecord]:
    missing = [name for name in COLUMNS if name not in lift.columns]
    if missing:
        raise SpecError(f"lift records lack the column {missing[0]}; the canonical columns are {', '.join(COLUMNS)}")
    return [
        LiftRecord(
            experiment_id=str(row["experiment_id"]),
            channel=str(row["channel"]),
            markets=_names(row["markets"]),
            start=pd.Timestamp(row["start"]),
            end=pd.Timestamp(row["end"]),
            spend_change=float(row["spend_change"]),
            lift=float(row["lift"]),
            lift_se=float(row["lift_se"]),
            weight=1.0 if pd.isna(row.get("weight")) else float(row["weight"]),
        )
        for row in lift.to_dict("records")
    ]


def _names(markets: object) -> tuple[str, ...]:
    parts = markets.split(";") if isinstance(markets, str) else markets
    if not isinstance(parts, Iterable):
        raise SpecError(f"lift.markets is {markets!r}; give market names, joined by ';'")
    return tuple(str(part).strip() for part in parts)


def _check_names(record: LiftRecord, design: Design) -> None:
    if record.channel not in design.panel.channels:
        raise SpecError(
            f"lift test {record.experiment_id} is on channel {record.channel!r}, which the media table lacks; "
            f"its channels are {', '.join(design.panel.channels)}"
        )
    unknown = [name for name in record.markets if name not in design.panel.markets]
    if unknown or not record.markets:
        raise SpecError(
            f"lift test {record.experiment_id} names the market {unknown[0] if unknown else ''!r}, which the KPI table "
            f"lacks; its markets are {', '.join(design.panel.markets)}"
        )


def _check_numbers(record: LiftRecord) -> None:
    rules = {
        "lift_se": (record.lift_se, record.lift_se > 0, "above 0"),
        "weight": (record.weight, 0 < record.weight <= 1, "above 0 and at most 1"),
        "lift": (record.lift, np.isfinite(record.lift), "a number"),
        "spend_change": (
            record.spend_change,
            np.isfinite(record.spend_change) and record.spend_change != 0,
            "a number other than 0",
        ),
    }
    for name, (value, holds, rule) in rules.items():
        if not holds:
            raise SpecError(f"lift test {record.experiment_id} has {name} {value}; it must be {rule}, mend the record")
    if record.start > record.end:
        raise SpecError(
            f"lift test {record.experiment_id} ends ({record.end:%Y-%m-%d}) before it starts; mend the record"
        )


def _weeks_of(record: LiftRecord, design: Design) -> np.ndarray | None:
    """Indices of the test's weeks, None where it isn't wholly inside the data."""
    starts = design.panel.weeks
    ends = starts + pd.Timedelta(days=DAYS_PER_WEEK)
    test_end = record.end + pd.Timedelta(days=1)
    begins = np.maximum(starts.to_numpy(), record.start.to_datetime64())
    stops = np.minimum(ends.to_numpy(), test_end.to_datetime64())
    covered = np.flatnonzero((stops - begins) / np.timedelta64(1, "D") >= DAYS_PER_WEEK / 2)
    slack = pd.Timedelta(days=DAYS_PER_WEEK // 2)
    inside = record.start >= starts[0] - slack and test_end <= ends[-1] + slack
    return covered if inside and len(covered) else None


def _cells_of(record: LiftRecord, weeks: np.ndarray, design: Design) -> _Cells:
    channel = design.panel.channels.index(record.channel)
    markets = np.array([design.panel.markets.index(name) for name in record.markets])
    actual = design.exposure[:, markets, channel]
    without = actual.copy()
    tested = design.carry_over_weeks + weeks
    without[tested] -= _changed_exposure(record, weeks, markets, channel, design)
    lags, lags_without = (lag_matrix(series, design.carry_over_weeks)[weeks] for series in (actual, without))
    return _Cells(
        channel=np.full(len(weeks) * len(markets), channel),
        market=np.tile(markets, len(weeks)),
        week=np.repeat(weeks, len(markets)),
        lags=lags.reshape(-1, lags.shape[-1]),
        lags_without=lags_without.reshape(-1, lags.shape[-1]),
    )


def _changed_exposure(
    record: LiftRecord, weeks: np.ndarray, markets: np.ndarray, channel: int, design: Design
) -> np.ndarray:
    """Relative exposure that the change bought, shape (week of the test, market of the test)."""
    change = float(record.spend_change)
    window = design.panel.window_spend[:, markets, channel]
    spent = window[weeks].sum()
    exposure = design.exposure[design.carry_over_weeks :, markets, channel]
    if change > spent * (1 + 1e-9):
        raise SpecError(
            f"lift test {record.experiment_id} added {change:,.0f} to {record.channel}, but only {spent:,.0f} was spent "
            "in its markets and weeks; mend spend_change or the media table"
        )
    if spent > 0:
        return exposure[weeks] * min(change / spent, 1.0)
    # A blackout leaves nothing to scale: what was held back would have followed the markets' usual spend.
    usual = exposure.sum(axis=0) / window.sum()
    return np.broadcast_to(change * usual / len(weeks), (len(weeks), len(markets)))
