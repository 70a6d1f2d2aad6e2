"""Weeks that are over: revenue, conversions and spend of the tables, and what media caused by the newest media mix."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from workbench.errors import RunError
from workbench.runs.store import latest_result

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from workbench.mmm import MediaMixResult
    from workbench.scenarios.goals import WeeklyPaths
    from workbench.workspace import Workspace


def past_weeks(workspace: Workspace, needs: set[str], earliest: date | None) -> WeeklyPaths | None:
    """The weeks that the tables know, later ones included.

    Args:
        workspace: Whose tables and runs.
        needs: Quantities that are wanted; a media mix is read only for `media_revenue`.
        earliest: Weeks that end before are left out.

    Returns:
        None where no table of weeks is mapped.
    """
    import numpy as np
    import pandas as pd

    from workbench.scenarios.goals import WeeklyPaths

    kpi, spend = with_later_weeks(workspace, "kpi"), with_later_weeks(workspace, "media")
    if kpi is None or spend is None:
        return None
    first = kpi.week.min() if earliest is None else max(kpi.week.min(), pd.Timestamp(earliest) - pd.Timedelta(days=6))
    # A week whose spend isn't booked yet is not over, and neither is one whose KPI isn't.
    weeks = pd.date_range(kpi.week.min(), min(kpi.week.max(), spend.week.max()), freq="7D")
    weeks = weeks[weeks >= first]
    markets = tuple(sorted(kpi.market.unique()))
    counted = "value_per_conversion" in kpi
    value = kpi.value_per_conversion if counted else 1.0
    paths = {"revenue": _cells(kpi.assign(amount=kpi.kpi * value), weeks, markets)}
    if counted:
        paths["conversions"] = _cells(kpi.assign(amount=kpi.kpi), weeks, markets)
    paths["spend"] = _cells(spend.assign(amount=spend.spend), weeks, markets, absent=0.0)
    if "media_revenue" in needs and (media_mix := _media_mix(workspace)) is not None:
        paths["media_revenue"] = media_revenue(media_mix, spend, weeks, markets)
    return WeeklyPaths(weeks=weeks, markets=markets, paths={name: np.asarray(each) for name, each in paths.items()})


def media_revenue(
    result: MediaMixResult, spend: pd.DataFrame, weeks: pd.DatetimeIndex, markets: tuple[str, ...]
) -> np.ndarray:
    """What media caused in some weeks by draw, shape (D, T, M): in fitted weeks as fitted, in later ones by their spend; NaN where the
    model knows neither week nor market."""
    import numpy as np

    from workbench.mmm.posterior.media import media_of_market
    from workbench.mmm.posterior.windows import values_of

    response, fitted = result.response, result.weeks
    later = weeks[weeks > fitted[-1]]
    known = np.flatnonzero(fitted >= weeks[0])
    spent = _later_spend(spend, later, response.markets, response.channels)
    ahead = response.contribution(spent).sum(axis=3) if len(later) else None
    found = np.full((response.draws, len(weeks), len(markets)), np.nan)
    for m, market in enumerate(response.markets):
        if market in markets and len(known):
            units = media_of_market(response, m, slice(int(known[0]), None)).sum(axis=2)
            rows = weeks.get_indexer(fitted[known])
            found[:, rows[rows >= 0], markets.index(market)] = (units * values_of(result.posterior)[known, m])[
                :, rows >= 0
            ]
        if market in markets and ahead is not None:
            found[:, weeks.get_indexer(later), markets.index(market)] = ahead[:, :, m]
    return found


def _later_spend(
    spend: pd.DataFrame, weeks: pd.DatetimeIndex, markets: tuple[str, ...], channels: tuple[str, ...]
) -> np.ndarray:
    """Shape (week, M, C)."""
    import numpy as np
    import pandas as pd

    cells = spend.set_index(["week", "market", "channel"]).spend
    index = pd.MultiIndex.from_product([weeks, markets, channels])
    return np.asarray(cells.reindex(index, fill_value=0.0), dtype=float).reshape(
        len(weeks), len(markets), len(channels)
    )


def _cells(
    rows: pd.DataFrame, weeks: pd.DatetimeIndex, markets: tuple[str, ...], absent: float = float("nan")
) -> np.ndarray:
    """`amount` summed by week and market, shape (1, T, M)."""
    table = rows.groupby(["week", "market"]).amount.sum().unstack("market")
    return table.reindex(index=weeks, columns=list(markets)).fillna(absent).to_numpy(dtype=float)[None]


def with_later_weeks(workspace: Workspace, name: str) -> pd.DataFrame | None:
    """A table with its later weeks, None where it isn't mapped; a week that both hold counts as in the later one."""
    import pandas as pd

    if not workspace.has(name):
        return None
    frame, later = workspace.frame(name), f"later_{name}"
    if not workspace.has(later):
        return frame
    came = workspace.frame(later)
    return pd.concat([frame[~frame.week.isin(came.week)], came], ignore_index=True)


def _media_mix(workspace: Workspace) -> MediaMixResult | None:
    from workbench.errors import DataError
    from workbench.mmm import MediaMixResult

    try:
        return latest_result(workspace, MediaMixResult)
    except (RunError, DataError):
        return None
