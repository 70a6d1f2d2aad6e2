"""From a company's calendars to what media are worth under its capacity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from workbench.config.capacity import Capacity
from workbench.scenarios.capacity.calendar import teams_of
from workbench.scenarios.capacity.value import CapacityValue, capacity_value
from workbench.scenarios.response import ResponseValue

if TYPE_CHECKING:
    from workbench.mmm.posterior.outlook import Outlook


def company_capacity(
    media: ResponseValue,
    outlook: Outlook,
    capacities: Mapping[str, Capacity],
    weeks: pd.DatetimeIndex,
    *,
    calendar: pd.DataFrame | None = None,
    market_labels: Mapping[str, str] | None = None,
    seed: int,
) -> CapacityValue:
    """What media are worth to a company whose teams can take so much a week.

    Args:
        media: The value of media alone.
        outlook: Of the same draws: what comes without the plan in its weeks and in those of the carry-over after it.
        capacities: `[planning.capacity]`; without any, markets have room for all.
        weeks: Of the plan.
        calendar: The table `capacity`.
        market_labels: How reports call markets.
        seed: Of the chance of single weeks.

    Raises:
        SpecError: If teams and markets don't fit together, or media and outlook rest on different draws.
        DataError: If the calendar lacks a week.
    """
    teams = teams_of(
        capacities,
        calendar,
        weeks,
        tail=len(outlook.weeks) - len(weeks),
        markets=outlook.markets,
        value_per_kpi=outlook.value_per_kpi,
        market_labels=market_labels,
    )
    return capacity_value(media, outlook, teams, seed=seed + 1)
