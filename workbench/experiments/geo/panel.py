"""The markets of one geo test on a complete grid of periods."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from workbench.config import GeoExperiment
from workbench.errors import DataError, SpecError, unknown_experiment
from workbench.experiments.geo.cells import cell_tests, treated_markets
from workbench.experiments.geo.grid import market_grid
from workbench.experiments.geo.overlap import Overlap, find_overlaps
from workbench.experiments.geo.window import TestWindow, find_window


@dataclass(frozen=True, kw_only=True)
class GeoPanel:
    """KPI of treated and donor markets, from the first period to the end of the test, or to the day of reading.

    With T periods, K treated markets and J donors:

    Attributes:
        dates: First day of each period, length T, evenly spaced.
        treated: KPI of each treated market, shape (T, K).
        treated_names: Length K.
        donors: KPI of each donor, shape (T, J).
        donor_names: Length J.
        tested: Whether the period belongs to the test, shape (T,); one run of True at the end.
        days_per_period: 1 for days, 7 for weeks.
        periods_planned: Length of the whole test; more than the tested periods while it runs.
        overlaps: Other tests in the same time; the markets that they treat aren't donors.
    """

    dates: pd.DatetimeIndex
    treated: np.ndarray
    treated_names: tuple[str, ...]
    donors: np.ndarray
    donor_names: tuple[str, ...]
    tested: np.ndarray
    days_per_period: int
    periods_planned: int
    overlaps: tuple[Overlap, ...] = ()

    @property
    def mean_treated(self) -> np.ndarray:
        """KPI per treated market, shape (T,)."""
        return self.treated.mean(axis=1)

    @property
    def periods_tested(self) -> int:
        return int(self.tested.sum())

    @property
    def running(self) -> bool:
        return self.periods_tested < self.periods_planned

    @property
    def period_name(self) -> str:
        return {1: "day", 7: "week"}.get(self.days_per_period, "period")

    def of(self, markets: tuple[str, ...]) -> GeoPanel:
        """The same with some of the treated markets only."""
        kept = [self.treated_names.index(market) for market in markets]
        return replace(self, treated=self.treated[:, kept], treated_names=markets)


def build_geo_panel(
    geo: pd.DataFrame,
    experiment_id: str,
    spec: GeoExperiment,
    *,
    today: date | None = None,
    others: Mapping[str, GeoExperiment] | None = None,
) -> GeoPanel:
    """Put one test's rows of `geo` on a grid; what comes after the test is left out.

    Args:
        geo: The canonical `geo` table: experiment_id, date, market, kpi.
        experiment_id: Which experiment of the table.
        spec: Which markets were treated, and when.
        today: Day of reading, None for the calendar's.
        others: All declared geo tests by name.

    Raises:
        SpecError: If the experiment or a treated market isn't in the data, no donor is left, or the test lies ahead.
        DataError: If a market-day is missing, repeated or not a number, or the data don't span the test.
    """
    grid = market_grid(_of_experiment(geo, experiment_id), experiment_id)
    _require_markets(list(grid.columns), experiment_id, spec)
    window = find_window(pd.DatetimeIndex(grid.index), experiment_id, spec, today or date.today())
    overlaps = find_overlaps(experiment_id, spec, others or {}, window.dates[0].date())
    panel = _panel(grid.loc[window.dates], experiment_id, spec, window, overlaps)
    level = next(iter(cell_tests(spec, experiment_id).values())).confidence
    _require_periods(panel, experiment_id, level)
    return panel


def _panel(
    grid: pd.DataFrame, experiment_id: str, spec: GeoExperiment, window: TestWindow, overlaps: tuple[Overlap, ...]
) -> GeoPanel:
    treated = treated_markets(spec)
    disturbed = {market for overlap in overlaps for market in overlap.donors}
    donors = grid.drop(columns=list(treated)).drop(columns=list(disturbed), errors="ignore")
    if donors.empty:
        raise SpecError(
            f"experiment {experiment_id} has no market left to compare with: other tests "
            f"({', '.join(overlap.other for overlap in overlaps)}) treat all that it leaves alone; "
            "run tests one after the other, or leave some markets to none"
        )
    return GeoPanel(
        dates=window.dates,
        treated=grid[list(treated)].to_numpy(dtype=float),
        treated_names=treated,
        donors=donors.to_numpy(dtype=float),
        donor_names=tuple(map(str, donors.columns)),
        tested=window.tested,
        days_per_period=window.days_per_period,
        periods_planned=window.periods_planned,
        overlaps=overlaps,
    )


def _of_experiment(geo: pd.DataFrame, experiment_id: str) -> pd.DataFrame:
    chosen = geo[geo["experiment_id"] == experiment_id]
    if chosen.empty:
        raise unknown_experiment("geo", experiment_id, sorted(map(str, geo["experiment_id"].unique())))
    return chosen


def _require_markets(markets: list[str], experiment_id: str, spec: GeoExperiment) -> None:
    treated = treated_markets(spec)
    for name in treated:
        if name not in markets:
            close = difflib.get_close_matches(name, markets, n=1)
            mend = f"did you mean {close[0]}?" if close else f"its markets are {', '.join(markets[:20])}"
            raise SpecError(f"experiment {experiment_id} treats {name}, which geo doesn't hold; {mend}")
    if len(set(treated)) < len(treated):
        raise SpecError(
            f"experiment {experiment_id} names a treated market twice ({', '.join(treated)}); name each once"
        )
    if len(markets) == len(treated):
        raise SpecError(
            f"experiment {experiment_id} treats all {len(markets)} markets of geo; a readout needs untreated ones"
        )


def _require_periods(panel: GeoPanel, experiment_id: str, confidence: float) -> None:
    before, needed = len(panel.dates) - panel.periods_tested, int(np.ceil(1 / (1 - confidence) - 1e-9))
    if before < 2 * panel.periods_tested or len(panel.dates) < needed:
        raise DataError(
            f"geo holds {before} {panel.period_name}s before experiment {experiment_id} and {panel.periods_tested} in it; "
            f"a readout needs twice the test's length before it and {needed} in all at {confidence:.0%} confidence: add history"
        )
