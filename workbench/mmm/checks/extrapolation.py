"""Named check of how far each channel's curve is known."""

from __future__ import annotations

from workbench.mmm.posterior.media import acting_spend
from workbench.mmm.posterior.tables import CURRENT_WEEKS, CURVE_REACH
from workbench.mmm.response import ResponseModel
from workbench.result import Check
from workbench.wording import money


def extrapolation_check(response: ResponseModel, currency: str) -> Check:
    """The weekly spend at which each channel has acted, and which channels would leave it at 1.5 times today's, for information."""
    acted = acting_spend(response)
    today = response.spend_history[-CURRENT_WEEKS:].sum(axis=1).mean(axis=0)
    reach = CURVE_REACH * today / acted.max(axis=0)
    ranges = ", ".join(
        f"{name} {money(low, currency)} to {money(high, currency)} (now {money(now, currency)})"
        for name, low, high, now in zip(response.channels, acted.min(axis=0), acted.max(axis=0), today, strict=True)
    )
    beyond = [name for name, ratio in zip(response.channels, reach, strict=True) if ratio > 1]
    warning = (
        f"; beyond that the curve is assumption, as it would be for {', '.join(beyond)} at {CURVE_REACH:g} times today's spend"
        if beyond
        else f"; {CURVE_REACH:g} times today's spend stays within it"
    )
    return Check(
        name="extrapolation_range",
        passed=None,
        value=float(reach.max()),
        threshold=1.0,
        detail=f"Weekly spend whose effect could be seen, with what lasts from earlier weeks: {ranges}{warning}.",
    )
