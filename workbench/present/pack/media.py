"""What all media caused together, as a media mix saved it.

It saves the baseline's share of revenue with its interval, and channels' contributions beside their shares of the same revenue: media's
share is what the baseline's leaves, and the revenue that both are shares of is a constant.
"""

from __future__ import annotations

from dataclasses import replace

from workbench.present.pack.amounts import found, scaled
from workbench.present.pack.saved import SavedMediaMix
from workbench.result import Estimate


def share_of_media(result: SavedMediaMix) -> Estimate | None:
    """Media's share of revenue."""
    baseline = found(result, "contribution_share", "baseline")
    if baseline is None:
        return None
    return Estimate(
        quantity="contribution_share",
        entity="media",
        estimate=1 - baseline.estimate,
        lower=1 - baseline.upper,
        upper=1 - baseline.lower,
        unit="%",
        level=baseline.level,
    )


def caused_by_media(result: SavedMediaMix) -> Estimate | None:
    """Revenue that media caused."""
    share, revenue = share_of_media(result), _revenue(result)
    if share is None or revenue is None:
        return None
    caused = scaled(share, revenue)
    return replace(caused, quantity="contribution", unit=result.currency)


def spent_on_media(result: SavedMediaMix) -> float:
    """Spend on all channels."""
    rows = result.estimates
    return float(rows["estimate"][rows["quantity"] == "spend"].sum())


def return_of_media(result: SavedMediaMix) -> Estimate | None:
    """Revenue per unit of spend."""
    caused, spent = caused_by_media(result), spent_on_media(result)
    if caused is None or spent <= 0:
        return None
    back = scaled(caused, 1 / spent)
    return replace(back, quantity="roas")


def _revenue(result: SavedMediaMix) -> float | None:
    """All revenue, that which shares are of."""
    rows = result.estimates
    channels = rows["entity"][(rows["quantity"] == "contribution") & (rows["estimate"] > 0)]
    for channel in channels:
        share = found(result, "contribution_share", str(channel))
        if share and share.estimate > 0:
            return result.estimate("contribution", str(channel)).estimate / share.estimate
    return None
