"""What each channel returned, as other systems take it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.mmm.posterior.media import acting_spend
from workbench.mmm.posterior.summaries import LEVEL
from workbench.mmm.posterior.tables import CURRENT_WEEKS
from workbench.mmm.result import MediaMixResult

WITH_INTERVAL = {
    "contribution": "contribution",
    "roas": "roas",
    "marginal_roas": "marginal_roas",
    "half_life": "half_life_weeks",
    "cost_per_kpi": "cost_per_kpi",
}


def channel_returns(result: MediaMixResult) -> pd.DataFrame:
    """One row a channel, over all markets and the whole window.

    Columns: `channel`, `label`, `first_week`, `last_week`, `currency`, `spend`; `contribution`, `roas`, `marginal_roas`,
    `half_life_weeks` (and `cost_per_kpi` where the KPI is counted in units) with their `_lower` and `_upper` ends at the
    probability `interval_level`; `current_weekly_spend`, the mean of the last 13 weeks; `known_from` and `known_to`, the weekly
    spend that has acted, carry-over included: beyond it the response is assumption.
    """
    response = result.response
    acted = acting_spend(response)
    return pd.DataFrame(
        {
            "channel": list(response.channels),
            "label": [result.label(name) for name in response.channels],
            "first_week": result.weeks[0],
            "last_week": result.weeks[-1],
            "currency": result.currency,
            "spend": _column(result, "spend", "estimate"),
            **_with_intervals(result),
            "interval_level": LEVEL,
            "current_weekly_spend": response.spend_history[-CURRENT_WEEKS:].sum(axis=1).mean(axis=0),
            "known_from": acted.min(axis=0),
            "known_to": acted.max(axis=0),
        }
    )


def _with_intervals(result: MediaMixResult) -> dict[str, np.ndarray]:
    found = set(result.estimates["quantity"])
    ends = {"": "estimate", "_lower": "lower", "_upper": "upper"}
    return {
        f"{column}{suffix}": _column(result, quantity, end)
        for quantity, column in WITH_INTERVAL.items()
        if quantity in found
        for suffix, end in ends.items()
    }


def _column(result: MediaMixResult, quantity: str, end: str) -> np.ndarray:
    rows = result.estimates[result.estimates["quantity"] == quantity].set_index("entity")[end]
    return rows.reindex(list(result.response.channels)).to_numpy(dtype=float)
