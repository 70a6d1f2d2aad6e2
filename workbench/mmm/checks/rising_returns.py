"""Named check: returns that rise with spend, which is how a driver of demand that nobody recorded can look.

Where spend is high because demand is, weeks of high spend seem to return more than those of low spend, and the curve bends
upward to explain it. A test shows what its own weeks returned, but not how the curve goes on at other levels of spend. A
driver whose effect grows in proportion to spend bends nothing and stays unseen: passing is no proof.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench.mmm.density.parameters import Draws
from workbench.mmm.inputs.design import Design
from workbench.mmm.inputs.priors import Priors
from workbench.result import Check
from workbench.wording import number


def rising_returns_checks(draws: Draws, design: Design, priors: Priors) -> list[Check]:
    """Whether each Hill curve's median slope is within the 90% that were believed; empty where no channel has one."""
    hill = [c for c, form in enumerate(design.saturation) if form == "hill"]
    if not hill:
        return []
    slopes = np.median(draws.slope[:, hill], axis=0)
    believed = np.array([priors.slope[c].range[1] for c in hill])
    worst = int((slopes / believed).argmax())
    names = [design.panel.channels[c] for c in hill]
    detail = _rising(names, slopes, believed) or (
        f"No channel's returns rise with its spend more than was believed; the steepest curve is that of {names[worst]}."
    )
    return [
        Check(
            name="rising_returns",
            passed=bool((slopes <= believed).all()),
            value=float(slopes[worst]),
            threshold=float(believed[worst]),
            detail=detail,
        )
    ]


def _rising(names: Sequence[str], slopes: np.ndarray, believed: np.ndarray) -> str:
    above = ", ".join(
        f"{name} (slope {number(float(slope), 2)}, at most {number(float(most), 2)} was believed)"
        for name, slope, most in zip(names, slopes, believed, strict=True)
        if slope > most
    )
    if not above:
        return ""
    return (
        f"The more is spent, the more each unit seems to return: {above}. Rare in truth, it is how spend that follows demand "
        "looks; record what drives demand as a control, or map the channel's own spend as a control too and let a lift test "
        "decide; where the curve is known to be S-shaped, state its slope."
    )
