"""Spend that is booked already."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import SpecError
from workbench.scenarios.problem.windows import DAYS


@dataclass(frozen=True, kw_only=True)
class Committed:
    """Bookings, as they stand when the plan begins.

    Attributes:
        firm: Currency that can't be given back any more, shape (H, M, C).
        open: Currency that can, shape (H, M, C): the plan decides anew about it.
        after: Currency booked for weeks after the plan, which it doesn't decide about.
    """

    firm: np.ndarray
    open: np.ndarray
    after: float


def committed_spend(
    commitments: pd.DataFrame | None,
    weeks: pd.DatetimeIndex,
    markets: tuple[str, ...],
    channels: tuple[str, ...],
) -> Committed:
    """Lay the rows of the table `commitments` onto the weeks of a plan; rows before them are over and don't count.

    Raises:
        SpecError: If a row names an unknown channel or market, or a week that begins on another day.
    """
    shape = (len(weeks), len(markets), len(channels))
    firm, open_ = np.zeros(shape), np.zeros(shape)
    if commitments is None or commitments.empty:
        return Committed(firm=firm, open=open_, after=0.0)
    _refuse_unknown(commitments, "channel", channels)
    _refuse_unknown(commitments, "market", markets)
    number = _week_numbers(commitments, weeks)
    inside = ((number >= 0) & (number < len(weeks))).to_numpy()
    rows = commitments[inside]
    cell = (
        number[inside].to_numpy(),
        pd.Index(markets).get_indexer(pd.Index(rows["market"])),
        pd.Index(channels).get_indexer(pd.Index(rows["channel"])),
    )
    spend, can_end = rows["spend"].to_numpy(dtype=float), _can_be_given_back(rows, weeks[0])
    np.add.at(firm, cell, np.where(can_end, 0.0, spend))
    np.add.at(open_, cell, np.where(can_end, spend, 0.0))
    return Committed(firm=firm, open=open_, after=float(commitments["spend"][(number >= len(weeks)).to_numpy()].sum()))


def _can_be_given_back(rows: pd.DataFrame, first_day: pd.Timestamp) -> np.ndarray:
    if "cancellable_until" not in rows:
        return np.zeros(len(rows), dtype=bool)
    until = pd.to_datetime(rows["cancellable_until"])
    return (until.notna() & (until >= first_day)).to_numpy()


def _week_numbers(commitments: pd.DataFrame, weeks: pd.DatetimeIndex) -> pd.Series:
    days = (pd.to_datetime(commitments["week"]) - weeks[0]).dt.days
    if (days % DAYS != 0).any():
        found = pd.Timestamp(commitments["week"][days % DAYS != 0].iloc[0])
        raise SpecError(
            f"commitments.week holds {found:%Y-%m-%d}, a {found:%A}; the weeks of the plan begin on a {weeks[0]:%A}, "
            "give the first day of each week"
        )
    return days // DAYS


def _refuse_unknown(commitments: pd.DataFrame, column: str, known: tuple[str, ...]) -> None:
    unknown = sorted(set(commitments[column]) - set(known))
    if unknown:
        raise SpecError(
            f"commitments.{column} names {unknown[0]}, which the media mix doesn't know; its {column}s are {', '.join(known)}"
        )
