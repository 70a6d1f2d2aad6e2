"""What must hold before a plan is made, and what is checked about it afterwards."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from workbench.errors import SpecError
from workbench.mmm import MediaMixResult
from workbench.result import Check
from workbench.scenarios.allocate import Allocation
from workbench.scenarios.curves import ChannelCurves
from workbench.scenarios.horizon import Horizon, caused_by
from workbench.scenarios.stability import FLIP, Flip
from workbench.scenarios.wording import certified_gap
from workbench.wording import money, percent

CERTIFIED = 0.01
ACCURATE = 0.005


def refuse_untrusted(media_mix: MediaMixResult, *, force: bool) -> tuple[Check, ...]:
    """The failed checks of the media mix, to be carried to page one.

    Raises:
        SpecError: If its sampling didn't converge and `force` is off.
    """
    failed = media_mix.failed_checks
    if not force and any(check.name == "convergence" for check in failed):
        detail = next(check.detail for check in failed if check.name == "convergence")
        raise SpecError(
            f"the media mix failed its convergence check ({detail}); fit it again with more draws, "
            "or plan with force=True and find the failure on page one"
        )
    return tuple(replace(check, name=f"media_mix_{check.name}") for check in failed)


def optimality(allocation: Allocation) -> Check:
    return Check(
        name="optimality_gap",
        passed=allocation.gap <= CERTIFIED,
        value=allocation.gap,
        threshold=CERTIFIED,
        detail=f"No other split within the limits can be more than {certified_gap(allocation.gap)} better on these curves.",
    )


def accuracy(media_mix: MediaMixResult, horizon: Horizon, curves: ChannelCurves, spend: np.ndarray) -> Check:
    """Interpolated against exact value of the plan, the worst draw."""
    exact = caused_by(media_mix.response, horizon, spend[:, None])[..., 0, :].sum(axis=0)
    scale = max(float(np.abs(exact).mean()), np.finfo(float).tiny)
    error = float(np.abs(curves.total(spend) - exact).max()) / scale
    return Check(
        name="curve_accuracy",
        passed=error <= ACCURATE,
        value=error,
        threshold=ACCURATE,
        detail=f"The planner's curves differ from the media mix by at most {percent(error, 3)} of the plan's revenue.",
    )


def within_experience(plan: pd.DataFrame, horizon_weeks: int) -> Check:
    beyond = plan.loc[plan["beyond_observed"], "channel"].tolist()
    found = (
        f"{', '.join(beyond)} would get more than ever before"
        if beyond
        else "No channel would get more than ever before"
    )
    mend = "; there the curve is a guess, so move there in steps and test" if beyond else ""
    return Check(
        name="within_observed_spend",
        passed=not beyond,
        value=float(len(beyond)),
        threshold=0.0,
        detail=f"{found} in {horizon_weeks} weeks{mend}.",
    )


def stability(flip: Flip, budget: float, currency: str) -> Check:
    share = flip.moved / budget
    stable = share <= FLIP
    moved = f"{money(flip.moved, currency)} ({percent(share)} of the budget)"
    direction = "lower" if flip.nudge < 0 else "higher"
    return Check(
        name="stability",
        passed=stable,
        value=share,
        threshold=FLIP,
        detail=f"Returns of a channel 1% higher or lower would move at most {moved}."
        if stable
        else f"Returns of {flip.channel} 1% {direction} would move {moved}, mostly from {flip.giver} to {flip.taker}: "
        "treat these plans as tied and decide by other reasons.",
    )


def budget_spent(allocation: Allocation, budget: float, currency: str) -> Check:
    share = allocation.unspent / budget
    left = f"{money(allocation.unspent, currency)} ({percent(share)})"
    return Check(
        name="budget_spent",
        passed=share <= 0.001,
        value=share,
        threshold=0.001,
        detail="The whole budget is spent."
        if share <= 0.001
        else f"{left} stays unspent: every channel stands at its upper limit or would return nothing more.",
    )
