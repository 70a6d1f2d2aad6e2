"""From a workspace's tables and a saved media mix to what media are worth under its capacity."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from workbench.config.capacity import Capacity
from workbench.mmm import MediaMixResult
from workbench.mmm.posterior.outlook import outlook, weeks_after
from workbench.scenarios.capacity.calendar import teams_of
from workbench.scenarios.capacity.value import CapacityValue, WeeklyValue, capacity_value


def company_capacity(
    media: WeeklyValue,
    media_mix: MediaMixResult,
    capacities: Mapping[str, Capacity],
    weeks: pd.DatetimeIndex,
    *,
    calendar: pd.DataFrame | None = None,
    controls: pd.DataFrame | None = None,
    seed: int,
) -> CapacityValue:
    """What media are worth to a company whose teams can take so much a week.

    Args:
        media: The value of media alone, under all draws of the media mix.
        media_mix: What it was made from; it says what comes without media too.
        capacities: `[planning.capacity]`; without any, markets have room for all.
        weeks: Of the plan; they follow those of the media mix.
        calendar: The table `capacity`.
        controls: Rows of `controls` and `later_controls` that are known ahead.
        seed: Of the outlook, and of the chance of single weeks.

    Raises:
        SpecError: If teams and markets don't fit together, or the weeks don't follow the media mix's.
        DataError: If the calendar lacks a week.
    """
    response = media_mix.response
    acting = weeks_after(media_mix, len(weeks) + response.carry_over_weeks)
    teams = teams_of(
        capacities,
        calendar,
        weeks,
        tail=response.carry_over_weeks,
        markets=response.markets,
        value_per_kpi=response.value_per_kpi,
    )
    return capacity_value(media, outlook(media_mix, acting, controls, seed=seed), teams, seed=seed + 1)
