"""Rows of market and day as a complete grid."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.errors import DataError


def market_grid(geo: pd.DataFrame, experiment_id: str) -> pd.DataFrame:
    """The KPI, one row a date, ascending, and one column a market, by name.

    Args:
        geo: Columns date, market, kpi.
        experiment_id: Whose rows they are, for errors.

    Raises:
        DataError: If a market-day is missing, repeated or not a number, or a row has no market or day.
    """
    _require_named(geo, experiment_id)
    rows = geo.assign(date=_days(geo["date"], experiment_id), market=geo["market"].astype("str"))
    _require_numbers(rows, experiment_id)
    return _grid(rows, experiment_id)


def _require_named(geo: pd.DataFrame, experiment_id: str) -> None:
    for column in ("market", "date"):
        nameless = int(geo[column].isna().sum())
        if nameless:
            raise DataError(
                f"geo.{column} of experiment {experiment_id} is missing in {nameless:,} rows; fill it, or leave the rows out"
            )


def _days(dates: pd.Series, experiment_id: str) -> pd.Series:
    """Dates without a time of day, as each time zone's own calendar has them."""
    try:
        parsed = pd.to_datetime(dates)
    except (ValueError, TypeError) as error:
        raise DataError(
            f"geo.date of experiment {experiment_id} holds {dates.iloc[0]!r}, which is no day; write days as 2025-11-30"
        ) from error
    return parsed.dt.tz_localize(None).dt.normalize()


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
