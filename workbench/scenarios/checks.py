"""What must hold before a plan is made, and what is checked about it afterwards."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from workbench.errors import SpecError
from workbench.mmm import MediaMixResult
from workbench.result import Check
from workbench.scenarios.answer import Answer
from workbench.scenarios.problem import Labels
from workbench.scenarios.stability import FLIP
from workbench.scenarios.wording import certified_gap, enumerated, weeks_in_words
from workbench.wording import money, percent

CERTIFIED, TOLERATED = 0.01, 0.02
# A change of 1% that brings less than 1% is met by two plans that are worth alike.
TIED_GAIN = 0.01
# What an outlook is made of.
BASELINE = "baseline_coefficient"


def refuse_untrusted(media_mix: MediaMixResult, *, force: bool) -> None:
    """Plan from a media mix that can't be trusted only where that is wanted.

    Raises:
        SpecError: If its sampling didn't converge and `force` is off, or it was saved without its baseline.
    """
    if BASELINE not in media_mix.posterior:
        raise SpecError("the media mix was saved by an earlier version, without its baseline; run media_mix again")
    if not force and is_forced(media_mix):
        told = next(check.detail for check in media_mix.failed_checks if check.name == "convergence").rstrip(".")
        raise SpecError(
            f"the media mix failed its convergence check ({told}); fit it again with more draws, "
            "or plan with force=True and find the failure on every page"
        )


def inherited(media_mix: MediaMixResult) -> tuple[Check, ...]:
    """The failed checks of the media mix, to be carried to page one."""
    return tuple(replace(check, name=f"media_mix_{check.name}") for check in media_mix.failed_checks)


def is_forced(media_mix: MediaMixResult) -> bool:
    """Whether a plan from this media mix needs `force`."""
    return any(check.name == "convergence" for check in media_mix.failed_checks)


def optimality(answered: Answer, currency: str) -> Check:
    """Passes up to 1%, informs up to 2%, fails beyond."""
    gap, missed = answered.gap, max(0.0, answered.bound - answered.judged)
    found = f"No other plan within the limits can be more than {certified_gap(gap)} ({money(missed, currency)}) better"
    mend = "" if gap <= CERTIFIED else "; narrower limits, or fewer all-or-nothing minima, would tell more"
    return Check(
        name="optimality_gap",
        passed=True if gap <= CERTIFIED else None if gap <= TOLERATED else False,
        value=gap,
        threshold=CERTIFIED,
        detail=f"{found}{mend}.",
    )


def limits_kept(violation: float, budget: float, currency: str) -> Check:
    kept = violation <= 1e-4 * budget
    return Check(
        name="limits_kept",
        passed=kept,
        value=violation,
        threshold=1e-4 * budget,
        detail="The plan keeps every limit."
        if kept
        else f"The plan breaks a limit by {money(violation, currency)}; don't sign it, and report this.",
    )


def within_experience(plan: pd.DataFrame, weekly: pd.DataFrame, horizon_weeks: int, labels: Labels) -> Check:
    beyond = [labels.channel(name) for name in plan.loc[plan["beyond_observed"], "channel"]]
    share = float(weekly.loc[weekly["beyond_observed"], "spend"].sum() / max(weekly["spend"].sum(), 1e-300))
    found = (
        f"{enumerated(beyond)} would get more than ever before"
        if beyond
        else "No channel would get more than ever before"
    )
    single = (
        f", and {percent(share, 0)} of the money falls into single weeks with more than ever" if share > 0.005 else ""
    )
    mend = "; there the curve is a guess, so move there in steps and test" if beyond or single else ""
    return Check(
        name="within_observed_spend",
        passed=not beyond,
        value=float(len(beyond)),
        threshold=0.0,
        detail=f"{found} in {weeks_in_words(horizon_weeks, 'a week')}{single}{mend}.",
    )


def stability(nudges: pd.DataFrame, tie: bool, currency: str, labels: Labels) -> Check:
    """Passes where 1% of anything moves little; a flip between plans that are worth alike is a tie, another one a cliff.

    Args:
        nudges: See `ScenarioResult.nudges`.
        tie: Whether the search met a quite different plan that is worth alike.
        currency: ISO 4217 code.
        labels: How channels are called.
    """
    first, flips = nudges.iloc[0], int((nudges["share"] > FLIP).sum())
    moved = f"{money(first['moved'], currency)} ({percent(first['share'])} of the budget)"
    told = (
        _flipped(first, moved, flips - 1, labels)
        if flips
        else f"1% of the budget, of a return, a price or a limit would move at most {moved} between channels"
    )
    if tie and not flips:
        told = f"{told}, but a quite different plan is worth all but the same: these plans are tied, decide by other reasons"
    last = nudges.loc[nudges["moved"].isna(), "nudge"]
    closed = f" There would be no plan with {enumerated(last.tolist())}." if len(last) else ""
    return Check(
        name="stability",
        passed=not flips and not tie,
        value=float(first["share"]),
        threshold=FLIP,
        detail=f"{told}.{closed}",
    )


def _flipped(first: pd.Series, moved: str, others: int, labels: Labels) -> str:
    more = f" (as would {others} other such change{'s' if others > 1 else ''})" if others else ""
    told = (
        f"{first['nudge'][0].upper()}{first['nudge'][1:]} would move {moved}, mostly from {labels.channel(first['giver'])} to "
        f"{labels.channel(first['taker'])}{more}, and bring {percent(max(first['gain'], 0.0), 2)} more"
    )
    if first["gain"] <= TIED_GAIN:
        return f"{told}: these plans are tied, decide by other reasons"
    return f"{told}: make sure of that number before you sign, as the plan hangs on it"


def budget_spent(answered: Answer, currency: str) -> Check:
    share = answered.unspent / answered.budget
    left = f"{money(answered.unspent, currency)} ({percent(share)})"
    return Check(
        name="budget_spent",
        passed=share <= 0.001,
        value=share,
        threshold=0.001,
        detail="The whole budget is spent."
        if share <= 0.001
        else f"{left} stays unspent: every channel stands at its upper limit or would return nothing more.",
    )
