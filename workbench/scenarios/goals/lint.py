"""Is a goal specific, measurable, assigned, achievable and time-bound? Each question is a check, each failure says its mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from datetime import date
from typing import Literal

import numpy as np

from workbench.config.goals import Goal
from workbench.errors import SpecError
from workbench.result import Check
from workbench.scenarios.goals.chance import Chance, summary
from workbench.scenarios.goals.inputs import GoalInputs
from workbench.scenarios.goals.kpis import in_words
from workbench.scenarios.goals.words import likely, spoken, stated, told_day
from workbench.scenarios.wording import enumerated
from workbench.wording import in_unit, percent

type Rule = Literal["specific", "measurable", "assigned", "achievable", "time_bound"]
RULES: tuple[Rule, ...] = ("specific", "measurable", "assigned", "achievable", "time_bound")
NOBODY = frozenset(
    {
        "",
        "-",
        "?",
        "all",
        "everybody",
        "everyone",
        "n/a",
        "na",
        "nobody",
        "none",
        "open",
        "tba",
        "tbd",
        "todo",
        "unknown",
    }
)
CERTAIN = 0.98
# So many standard errors from the line that is wanted, a probability of so many paths could lie on either side.
ERRORS = 2.0
OFF_BASELINE = 0.1


def lint(inputs: GoalInputs, outlooks: dict[str, Chance | str], on: date) -> tuple[Check, ...]:
    """Five checks a goal, named `goal_<rule> <goal>`.

    Args:
        inputs: The goals and what is known of them.
        outlooks: How likely each goal is to be reached, or why that can't be told; see `outlook_of`.
        on: First day ahead: goals are set for days from there on.
    """
    return tuple(check for name in inputs.goals for check in lint_goal(name, inputs, outlooks[name], on))


def lint_goal(name: str, inputs: GoalInputs, outlook: Chance | str, on: date) -> Iterator[Check]:
    yield _specific(name, inputs)
    yield _measurable(name, inputs)
    yield _assigned(name, inputs.goals[name])
    yield _achievable(name, inputs, outlook)
    yield _time_bound(name, inputs.goals[name], outlook, on)


def unit_of(goal: Goal, inputs: GoalInputs) -> str:
    return inputs.registry.kpis[goal.kpi].unit if goal.kpi in inputs.registry.kpis else ""


def before(name: str, inputs: GoalInputs) -> tuple[float, float, float]:
    """What a goal's KPI was in its days of comparison, with its interval; NaN where it can't be told."""
    try:
        outcome = inputs.registry.value(inputs.goals[name].kpi, inputs.measured.get(name, {}))
    except (SpecError, KeyError):
        return np.nan, np.nan, np.nan
    return summary(np.atleast_1d(outcome))


def _specific(name: str, inputs: GoalInputs) -> Check:
    goal = inputs.goals[name]
    if not goal.kpi:
        return _failed("specific", name, f"goals.{name} names no KPI, so nobody can say what should move; set kpi")
    try:
        inputs.registry.needs(goal.kpi)
    except SpecError as error:
        return _failed("specific", name, f"goals.{name} says nothing that can be computed: {error}")
    if goal.market and goal.market not in inputs.markets:
        close = difflib.get_close_matches(goal.market, inputs.markets, n=1)
        mend = f"did you mean {close[0]}?" if close else f"known are {', '.join(inputs.markets) or 'none'}"
        return _failed("specific", name, f"goals.{name}.market is {goal.market!r}, which no table holds; {mend}")
    where = f" in {inputs.market_labels.get(goal.market) or goal.market}" if goal.market else ""
    return _passed("specific", name, f"{inputs.registry.label(goal.kpi)}{where}.")


def _measurable(name: str, inputs: GoalInputs) -> Check:
    goal, unit = inputs.goals[name], unit_of(inputs.goals[name], inputs)
    if goal.target is None:
        return _failed("measurable", name, f"goals.{name} has no number to reach; set target")
    try:
        missing = [part for part in inputs.registry.needs(goal.kpi) if part not in inputs.measured.get(name, {})]
    except SpecError:
        return _failed("measurable", name, f"goals.{name} can't be measured before its KPI is known; set kpi first")
    if missing and (goal.start is None or goal.by is None):
        return _failed("measurable", name, f"goals.{name} can't be measured before its days are known; set them first")
    if missing:
        told = f"goals.{name} needs {missing[0]}, of which nothing is known in {goal.market or 'its days of comparison'}; it comes from "
        told += inputs.registry.source(missing[0])
        # A run can still be made, a table that isn't there is a mistake.
        only_runs = all(inputs.registry.of_a_run(part) for part in missing)
        return Check(name=_name("measurable", name), passed=None if only_runs else False, detail=f"{told}.")
    now, _, _ = before(name, inputs)
    if np.isnan(now):
        return _failed(
            "measurable",
            name,
            f"goals.{name} can't be measured: {inputs.registry.kpis[goal.kpi].formula} divides by zero today",
        )
    if goal.baseline is not None and abs(now - goal.baseline) > OFF_BASELINE * abs(goal.baseline):
        told = f"goals.{name}.baseline is {in_unit(goal.baseline, unit)}, and {in_unit(now, unit)} was measured; say of which days it is"
        return Check(name=_name("measurable", name), passed=None, value=now, threshold=goal.baseline, detail=f"{told}.")
    return _passed("measurable", name, f"Measured before: {in_unit(now, unit)}.", now)


def _assigned(name: str, goal: Goal) -> Check:
    if goal.owner.lower() in NOBODY:
        found = f"owner is {goal.owner!r}" if goal.owner else "no owner is named"
        return _failed("assigned", name, f"goals.{name}: {found}; name the one person or role that answers for it")
    return _passed("assigned", name, f"{goal.owner} answers for it.")


def _achievable(name: str, inputs: GoalInputs, outlook: Chance | str) -> Check:
    goal, unit = inputs.goals[name], unit_of(inputs.goals[name], inputs)
    if (sentence := _worse_than_before(name, inputs)) is not None:
        return _failed("achievable", name, sentence)
    if isinstance(outlook, str):
        told = f"How likely {spoken(name, goal.label)} is to be reached isn't known, since {outlook}."
        return Check(name=_name("achievable", name), passed=None, threshold=goal.probability, detail=told)
    if outlook.paths == 1:
        told = f"{spoken(name, goal.label)}: {in_unit(outlook.expected, unit)} came of {stated(goal.target, unit)}: {'reached' if outlook.probability else 'missed'}."
        return Check(
            name=_name("achievable", name),
            passed=None,
            value=outlook.probability,
            threshold=goal.probability,
            detail=told,
        )
    judged = f"{spoken(name, goal.label)} is {likely(outlook.probability)} to be reached under the model, {percent(goal.probability, 0)} wanted"
    expected = f"{in_unit(outlook.expected, unit)} is expected of {stated(goal.target, unit)}"
    passed: bool | None = outlook.probability >= goal.probability
    mend = f"; {expected}: change the plan, the target or its date"
    if abs(outlook.probability - goal.probability) <= ERRORS * outlook.error:
        passed, mend = (
            None,
            f"; {expected}: too close to its line to tell on which side it is, another fit may say otherwise",
        )
    elif passed and outlook.probability > CERTAIN:
        passed, mend = None, f"; {expected}: it asks for no effort, so a higher target would say more"
    return Check(
        name=_name("achievable", name),
        passed=passed,
        value=outlook.probability,
        threshold=goal.probability,
        detail=f"{judged}{'' if passed else mend}.{_with_revenue(name, inputs)}",
    )


def _with_revenue(name: str, inputs: GoalInputs) -> str:
    """What no model foresees and is taken to come with revenue, in a sentence; empty where all is foreseen."""
    named = [in_words(quantity) for quantity in inputs.rates.get(name, {})]
    if not named:
        return ""
    told = enumerated(named)
    return f" {told[0].upper()}{told[1:]} {'come' if len(named) > 1 or told.endswith('s') else 'comes'} with revenue as in as many days before."


def _worse_than_before(name: str, inputs: GoalInputs) -> str | None:
    goal = inputs.goals[name]
    if goal.target is None or goal.baseline is None or goal.kpi not in inputs.registry.kpis:
        return None
    kpi = inputs.registry.kpis[goal.kpi]
    improves = goal.target >= goal.baseline if kpi.higher_is_better else goal.target <= goal.baseline
    if improves:
        return None
    side = "below" if kpi.higher_is_better else "above"
    better = "higher" if kpi.higher_is_better else "lower"
    return (
        f"goals.{name}.target is {in_unit(goal.target, kpi.unit)}, {side} its baseline of {in_unit(goal.baseline, kpi.unit)}, while "
        f"{better} is better; correct one of them, or kpis.{goal.kpi}.higher_is_better"
    )


def _time_bound(name: str, goal: Goal, outlook: Chance | str, on: date) -> Check:
    if goal.by is None or goal.start is None:
        lacking = " and ".join(key for key in ("start", "by") if getattr(goal, key) is None)
        return _failed("time_bound", name, f"goals.{name} doesn't say from when to when; set {lacking} to a day")
    if goal.by < on:
        ended = "" if isinstance(outlook, str) else f"; it was {'reached' if outlook.probability else 'missed'}"
        return _failed(
            "time_bound",
            name,
            f"goals.{name}.by is {told_day(goal.by)}, in the past of {told_day(on)}, the first day ahead{ended}: set new days or take it out",
        )
    return _passed("time_bound", name, f"From {told_day(goal.start)} to {told_day(goal.by)}.")


def _name(rule: Rule, goal: str) -> str:
    return f"goal_{rule} {goal}"


def _passed(rule: Rule, goal: str, detail: str, value: float = np.nan) -> Check:
    return Check(name=_name(rule, goal), passed=True, value=value, detail=detail)


def _failed(rule: Rule, goal: str, sentence: str) -> Check:
    return Check(
        name=_name(rule, goal),
        passed=False,
        detail=f"{sentence.removesuffix('.')}{'' if sentence.endswith('?') else '.'}",
    )
