"""Named check: returns that rise with spend, which is how a driver of demand that nobody recorded can look.

Where spend is high because demand is, weeks of high spend seem to return more than those of low spend, and the curve bends
upward to explain it. A test shows what its own weeks returned, but not how the curve goes on at other levels of spend. A
driver whose effect grows in proportion to spend bends nothing and stays unseen: silence is no proof.
"""

from __future__ import annotations

import numpy as np

from workbench.mmm.inputs.priors import Priors
from workbench.mmm.response import ResponseModel
from workbench.result import Check
from workbench.wording import number


def rising_returns_checks(response: ResponseModel, priors: Priors) -> list[Check]:
    """A failed check where the median slope of a Hill curve is above the 90% that were believed; empty where none is."""
    hill = [c for c, form in enumerate(response.saturation) if form == "hill"]
    slopes = {c: float(np.median(response.slope[:, c])) for c in hill}
    rising = {c: slope for c, slope in slopes.items() if slope > priors.slope[c].range[1]}
    if not rising:
        return []
    worst = max(rising, key=lambda c: rising[c] / priors.slope[c].range[1])
    named = ", ".join(
        f"{response.channels[c]} (slope {number(slope, 2)}, at most {number(priors.slope[c].range[1], 2)} was believed)"
        for c, slope in rising.items()
    )
    return [
        Check(
            name="rising_returns",
            passed=False,
            value=rising[worst],
            threshold=priors.slope[worst].range[1],
            detail=f"The more is spent on {named}, the more each unit seems to return: rare in truth, but how spend that "
            "follows demand looks; record what drives demand, or map the channel's own spend as a control and run a lift "
            "test, or state the slope if the curve is known to be S-shaped.",
        )
    ]
