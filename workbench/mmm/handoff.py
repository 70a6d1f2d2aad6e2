"""What each channel returned, as other systems take it."""

from __future__ import annotations

import pandas as pd

from workbench.mmm.result import MediaMixResult

QUANTITIES = ("contribution", "roas", "marginal_roas")


def channel_returns(result: MediaMixResult) -> pd.DataFrame:
    """One row a channel and quantity (`contribution`, `roas`, `marginal_roas`), with its interval, unit and level."""
    chosen = result.estimates[
        result.estimates.quantity.isin(QUANTITIES) & result.estimates.entity.isin(result.response.channels)
    ]
    return chosen.rename(columns={"entity": "channel"}).sort_values(["channel", "quantity"], ignore_index=True)
