"""A planned test on users in sentences for someone who decides."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from workbench.experiments.design.history import History
from workbench.experiments.design.result import UserPlan
from workbench.wording import count, money, number, percent

SLOWEST = 520
WORTH_A_SENTENCE = 0.02


def design_findings(plan: UserPlan, metrics: pd.DataFrame, history: History, currency: str) -> tuple[str, ...]:
    """How many users and what they find, how long, at what cost, what half of the effect takes, and what helps."""
    return (
        _size(plan),
        _duration(plan, history),
        *_cost(plan, currency),
        _half(plan, currency),
        _looking(plan),
        *_covariates(plan, metrics),
    )


def _size(plan: UserPlan) -> str:
    metric, chance = _words(plan.metric), percent(plan.power, 0)
    if math.isnan(plan.needed):
        return f"No test finds a change of {metric} by {percent(plan.effect)}: it would exceed 100%."
    if plan.only_guardrail_lacks_units:
        return (
            f"Protecting {_words(plan.decided_by)} takes {_users(plan.needed)}, more than the {count(plan.available)} that come in time; with "
            f"all of them, the test finds a change of {metric} by {percent(plan.effect)}, even {percent(plan.smallest)}, with {chance} "
            f"probability, but may leave open whether {_words(plan.decided_by)} is kept."
        )
    if not plan.enough:
        return (
            f"Finding a change of {metric} by {percent(plan.effect)} takes {_users(plan.needed)}{_because(plan)}, more than the "
            f"{count(plan.available)} that come in time; with all of them, a change by {percent(plan.smallest)} is found with "
            f"{chance} probability."
        )
    found = percent(plan.effect)
    if plan.decided_by != plan.metric:
        found = f"{found}, even {percent(plan.smallest)},"
    return (
        f"Test {_users(plan.units)}, {count(_rounded(plan.treated))} of them treated{_because(plan)}: if the treatment changes "
        f"{metric} by {found} the test finds it with {chance} probability."
    )


def _because(plan: UserPlan) -> str:
    return "" if plan.decided_by == plan.metric else f", as many as it takes to protect {_words(plan.decided_by)}"


def _duration(plan: UserPlan, history: History) -> str:
    if plan.enrolment_weeks == 0:
        return f"It takes {_weeks(plan.weeks)}: all users are there on the first day, and outcomes count for {_weeks(plan.outcome_weeks)}."
    waits = (
        f", beside the {_users(history.arrivals.at_once)} that are there at once" if history.arrivals.at_once else ""
    )
    pace = (plan.units - history.arrivals.at_once) / plan.enrolment_weeks
    return (
        f"It takes {_weeks(plan.weeks)}: about {_users(pace)} come a week{waits}, so {_weeks(plan.enrolment_weeks)} pass until the last has "
        f"come, and outcomes count for {_weeks(plan.outcome_weeks)} after that."
    )


def _cost(plan: UserPlan, currency: str) -> Iterator[str]:
    spent = f"It costs {money(plan.cost, currency)} to treat them" if plan.cost > 0 else "Treating them costs nothing"
    if math.isnan(plan.gain):
        yield f"{spent}; no value in money is declared for {_words(plan.metric)}, so nothing can be said about what it may earn."
        return
    change = percent(plan.effect)
    earned = f"a change by {change} would earn {money(plan.gain, currency)} with the treated users within the test"
    pays = "" if math.isnan(plan.break_even) else f", and {percent(plan.break_even)} pays for the treatment"
    yield f"{spent}; {earned}{pays}. A treatment that harms by as much would lose that."


def _half(plan: UserPlan, currency: str) -> str:
    half = percent(plan.effect / 2)
    if not math.isfinite(plan.half_weeks):
        how_long = "more than ever come"
    elif plan.half_weeks > SLOWEST:
        how_long = "which takes over ten years at today's pace"
    else:
        cost = f" and {money(plan.half_cost, currency)}" if plan.half_cost > 0 else ""
        how_long = f"{_weeks(plan.half_weeks)}{cost}"
    return f"Finding half as large a change, {half}, would take {_users(plan.half_units)}, {how_long}."


def _looking(plan: UserPlan) -> str:
    if plan.inflation <= 1 + 1e-9:
        return "The test is to be read once, at its end; looking before and stopping would claim too much."
    return (
        f"The users include {percent(plan.inflation - 1)} more than a test that is read only once, so that it may be read as planned "
        f"and ended early: if the change is there, after {percent(plan.expected_share, 0)} of the users on average."
    )


def _covariates(plan: UserPlan, metrics: pd.DataFrame) -> Iterator[str]:
    saved = float(metrics[metrics.metric == plan.metric].variance_reduction.iloc[0])
    if saved > WORTH_A_SENTENCE:
        without = plan.needed / (1 - saved)
        told = f", {count(_rounded(without - plan.needed))} fewer" if plan.decided_by == plan.metric else ""
        yield f"What is known of users before the test saves {percent(saved, 0)} of them{told}."


def _users(units: float) -> str:
    return f"{count(_rounded(units))} users" if math.isfinite(units) else "more users than there are"


def _rounded(units: float) -> float:
    """To three digits, upwards: a plan that says less would find less.

    >>> _rounded(8503.2), _rounded(700.0000001), _rounded(41.3)
    (8510, 700, 42)
    """
    if not math.isfinite(units):
        return units
    step = 10 ** max(math.floor(math.log10(max(units, 1.0))) - 2, 0)
    return math.ceil(units / step * (1 - 1e-9)) * step


def _weeks(weeks: float) -> str:
    rounded = math.ceil(10 * weeks - 1e-9) / 10 if weeks < 10 else math.ceil(weeks - 1e-9)
    return f"{number(rounded)} week{'' if rounded == 1 else 's'}"


def _words(name: str) -> str:
    return name.replace("_", " ")
