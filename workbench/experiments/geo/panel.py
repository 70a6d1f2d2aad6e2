"""The markets of one geo test on a complete grid of periods."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.config import GeoExperiment
from workbench.errors import DataError, SpecError


@dataclass(frozen=True, kw_only=True)
class GeoPanel:
    """KPI of treated and donor markets, from the first period to the end of the test.

    With T periods, K treated markets and J donors:

    Attributes:
        dates: First day of each period, length T, evenly spaced.
        treated: KPI of each treated market, shape (T, K).
        donors: KPI of each donor, shape (T, J).
        donor_names: Length J.
        tested: Whether the period belongs to the test, shape (T,); one run of True at the end.
        days_per_period: 1 for days, 7 for weeks.
    """

    dates: pd.DatetimeIndex
    treated: np.ndarray
    donors: np.ndarray
    donor_names: tuple[str, ...]
    tested: np.ndarray
    days_per_period: int

    @property
    def mean_treated(self) -> np.ndarray:
        """KPI per treated market, shape (T,)."""
        return self.treated.mean(axis=1)

    @property
    def periods_tested(self) -> int:
        return int(self.tested.sum())

    @property
    def period_name(self) -> str:
        return {1: "day", 7: "week"}.get(self.days_per_period, "period")


def build_geo_panel(geo: pd.DataFrame, experiment_id: str, spec: GeoExperiment) -> GeoPanel:
    """Put one test's rows of `geo` on a grid; what comes after the test is left out.

    Raises:
        SpecError: If the experiment or a treated market isn't in the data, or no donor is left.
        DataError: If a market-day is missing, repeated or not a number, or the data don't span the test.
    """
    rows = _of_experiment(geo, experiment_id)
    _require_numbers(rows, experiment_id)
    _require_markets(rows, experiment_id, spec)
    grid = _grid(rows, experiment_id)
    days = _days_per_period(pd.DatetimeIndex(grid.index), experiment_id)
    start, end = pd.Timestamp(spec.start), pd.Timestamp(spec.end)
    _require_window(pd.DatetimeIndex(grid.index), start, end, days, experiment_id)
    kept = grid.loc[grid.index <= end]
    donors = kept.drop(columns=list(spec.treated))
    panel = GeoPanel(
        dates=pd.DatetimeIndex(kept.index),
        treated=kept[list(spec.treated)].to_numpy(dtype=float),
        donors=donors.to_numpy(dtype=float),
        donor_names=tuple(map(str, donors.columns)),
        tested=np.asarray(kept.index >= start),
        days_per_period=days,
    )
    _require_periods(panel, experiment_id, spec.confidence)
    return panel


def _of_experiment(geo: pd.DataFrame, experiment_id: str) -> pd.DataFrame:
    chosen = geo[geo["experiment_id"] == experiment_id]
    if chosen.empty:
        known = ", ".join(sorted(map(str, geo["experiment_id"].unique()))[:20]) or "no rows at all"
        raise SpecError(f"geo holds no experiment {experiment_id!r}; it holds {known}: name one of them")
    return chosen.assign(date=pd.to_datetime(chosen["date"]), market=chosen["market"].astype("str"))


def _require_numbers(rows: pd.DataFrame, experiment_id: str) -> None:
    if not pd.api.types.is_numeric_dtype(rows["kpi"]):
        raise DataError(
            f"geo.kpi of experiment {experiment_id} holds {rows['kpi'].dtype}, not numbers; map it to a numeric column"
        )
    broken = rows[~np.isfinite(rows["kpi"].astype("float64"))]
    if len(broken):
        first = broken.iloc[0]
        raise DataError(
            f"geo.kpi of experiment {experiment_id} is missing or infinite in {len(broken):,} rows (first: {first.market}, "
            f"{first.date:%Y-%m-%d}); fill the value, or leave the market out of the test"
        )


def _require_markets(rows: pd.DataFrame, experiment_id: str, spec: GeoExperiment) -> None:
    markets = sorted(rows["market"].unique())
    for name in spec.treated:
        if name not in markets:
            close = difflib.get_close_matches(name, markets, n=1)
            mend = f"did you mean {close[0]}?" if close else f"its markets are {', '.join(markets[:20])}"
            raise SpecError(f"experiment {experiment_id} treats {name}, which geo doesn't hold; {mend}")
    if len(set(spec.treated)) < len(spec.treated):
        raise SpecError(
            f"experiment {experiment_id} names a treated market twice ({', '.join(spec.treated)}); name each once"
        )
    if len(markets) == len(spec.treated):
        raise SpecError(
            f"experiment {experiment_id} treats all {len(markets)} markets of geo; a readout needs untreated ones"
        )


def _grid(rows: pd.DataFrame, experiment_id: str) -> pd.DataFrame:
    repeated = rows[rows.duplicated(["market", "date"])]
    if len(repeated):
        first = repeated.iloc[0]
        raise DataError(
            f"geo holds {len(repeated):,} repeated market-days of experiment {experiment_id} (first: {first.market}, "
            f"{first.date:%Y-%m-%d}); it has one row per market and day, so sum them first"
        )
    grid = rows.pivot(index="date", columns="market", values="kpi").sort_index()
    gaps = grid.isna()
    if gaps.any(axis=None):
        market = str(gaps.any().idxmax())
        missing = grid.index[gaps[market]]
        raise DataError(
            f"geo lacks {int(gaps.to_numpy().sum()):,} market-days of experiment {experiment_id} (first: {market}, "
            f"{missing[0]:%Y-%m-%d}); add them, with 0 where nothing happened, or leave the market out"
        )
    return grid


def _days_per_period(dates: pd.DatetimeIndex, experiment_id: str) -> int:
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


def _require_window(
    dates: pd.DatetimeIndex, start: pd.Timestamp, end: pd.Timestamp, days: int, experiment_id: str
) -> None:
    covered = dates[-1] + pd.Timedelta(days=days - 1)
    if start <= dates[0] or end > covered:
        raise DataError(
            f"experiment {experiment_id} runs from {start:%Y-%m-%d} to {end:%Y-%m-%d}, but geo spans {dates[0]:%Y-%m-%d} to "
            f"{covered:%Y-%m-%d}; it must hold days before the test and all of the test"
        )
    if not ((dates >= start) & (dates <= end)).any():
        raise DataError(
            f"no period of geo begins within experiment {experiment_id} ({start:%Y-%m-%d} to {end:%Y-%m-%d}); "
            "give the test whole periods of the data"
        )


def _require_periods(panel: GeoPanel, experiment_id: str, confidence: float) -> None:
    before, needed = len(panel.dates) - panel.periods_tested, int(np.ceil(1 / (1 - confidence) - 1e-9))
    if before < 2 * panel.periods_tested or len(panel.dates) < needed:
        raise DataError(
            f"geo holds {before} {panel.period_name}s before experiment {experiment_id} and {panel.periods_tested} in it; "
            f"a readout needs twice the test's length before it and {needed} in all at {confidence:.0%} confidence: add history"
        )
