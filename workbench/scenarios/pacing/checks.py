"""Named checks of a plan that is under way."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import binom

from workbench.result import Check
from workbench.scenarios.pacing.nearness import CROSSED
from workbench.scenarios.pacing.optimism import Optimism
from workbench.scenarios.pacing.scoring import LEVEL, Bias, Scores
from workbench.wording import money, percent, signed

CHANCE = 0.01
SPEND_OFF = 0.1
PROMISE_OFF = 0.05


def triggers_check(triggers: pd.DataFrame) -> Check:
    """Fails where a trigger has sounded."""
    crossed, known = triggers[triggers["state"] == CROSSED], triggers[triggers["used"].notna()]
    if known.empty:
        uncounted = f"Nobody counted {triggers['label'].iloc[0]}, so no trigger can be read; book it in deliveries."
        return Check(name="triggers", passed=None, detail=uncounted)
    furthest = known.iloc[int(known["used"].abs().argmax())]
    if len(crossed):
        detail = f"{crossings(crossed)}: act as the plan's contingencies say."
    else:
        detail = f"No bound was crossed; {furthest['label']} is nearest, {percent(abs(furthest['used']), 0)} of the way to it."
    return Check(
        name="triggers", passed=crossed.empty, value=float(abs(furthest["used"])), threshold=1.0, detail=detail
    )


def crossings(crossed: pd.DataFrame) -> str:
    """Which triggers have sounded, and when."""
    moved = {"below": "fell below", "above": "rose above"}
    told = [
        f"{row['label']} {moved[row['side']]} its bound in week {row['first_week']:.0f}"
        for row in crossed.to_dict("records")
    ]
    return f"A trigger has sounded: {', '.join(told)}"


def spend_check(spend: pd.DataFrame, labels: dict[str, str], currency: str) -> Check:
    """Fails where a channel is more than a tenth of all planned money away from its plan so far."""
    away = spend["actual"] - spend["planned_so_far"]
    whole = float(spend["planned_so_far"].sum())
    worst = int(away.abs().argmax())
    share = float(abs(away.iloc[worst])) / whole if whole else 0.0
    name = str(spend["channel"].iloc[worst])
    found = f"{labels.get(name) or name} is furthest from its plan: {signed(float(away.iloc[worst]), currency)} so far"
    mend = "" if share <= SPEND_OFF else "; buy the rest as planned, or plan the weeks ahead again"
    return Check(
        name="spend_as_planned",
        passed=share <= SPEND_OFF,
        value=share,
        threshold=SPEND_OFF,
        detail=f"{found}, {percent(share)} of all that was planned{mend}.",
    )


def coverage_check(scores: Scores) -> Check:
    """Fails where fewer weeks lie inside their intervals than chance explains."""
    least = float(binom.ppf(CHANCE, scores.weeks, LEVEL)) / scores.weeks
    passed = scores.coverage >= least
    found = f"{percent(scores.coverage, 0)} of {scores.weeks} weeks came inside the {percent(LEVEL, 0)} interval that the plan foresaw"
    mend = "" if passed else f" (by chance at least {percent(least, 0)}); fit the media mix again with these weeks"
    return Check(
        name="forecast_intervals", passed=passed, value=scores.coverage, threshold=least, detail=f"{found}{mend}."
    )


def bias_check(found: Bias) -> Check:
    """Fails where forecasts were off to one side by more than chance."""
    if np.isnan(found.lower):
        return Check(
            name="forecast_bias",
            passed=None,
            value=found.estimate,
            detail="It takes 3 weeks to tell a bias of the forecast from chance.",
        )
    passed = found.lower <= 0 <= found.upper
    mend = (
        ""
        if passed
        else "; see what explains it below, and fit the media mix with these weeks before the next plan is made"
    )
    return Check(
        name="forecast_bias", passed=passed, value=found.estimate, threshold=0.0, detail=f"{bias_told(found)}{mend}."
    )


def bias_told(found: Bias) -> str:
    """To which side the planner errs, in words that end no sentence."""
    who = "The plan" if found.plans == 1 else f"Over {found.plans} plans ({found.weeks} weeks) the planner"
    side = "too much" if found.estimate > 0 else "too little"
    return (
        f"{who} foresaw {percent(abs(found.estimate))} {side} a week "
        f"(90% interval {percent(found.lower)} to {percent(found.upper)})"
    )


def promise_check(found: Optimism, currency: str) -> Check:
    """Fails where plans lose much of their promise on draws that did not choose them."""
    share = found.excess / abs(found.promised) if found.promised else 0.0
    passed = share <= PROMISE_OFF
    told = (
        f"Plans chosen on {found.draws:,} of the draws bring {money(found.held, currency)} on the others, "
        f"{percent(max(share, 0.0), 2)} less than they promise"
    )
    mend = "" if passed else "; save more draws in the media mix"
    return Check(name="plan_promise", passed=passed, value=share, threshold=PROMISE_OFF, detail=f"{told}{mend}.")
