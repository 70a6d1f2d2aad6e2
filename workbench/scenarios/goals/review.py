"""All goals at once: where they stand, how likely each is to be reached, and what is wrong with how they are set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from workbench.result import Check, Estimate, Result, estimates_frame
from workbench.scenarios.goals.chance import LEVEL, Chance
from workbench.scenarios.goals.inputs import GoalInputs
from workbench.scenarios.goals.lint import before, lint, unit_of
from workbench.scenarios.goals.outlook import outlook_of, so_far
from workbench.scenarios.goals.weekly_paths import WeeklyPaths
from workbench.scenarios.goals.words import likely, spoken, stated, told_day
from workbench.scenarios.wording import enumerated
from workbench.wording import DASH, in_unit, interval, percent

ON_COURSE, AT_RISK, REACHED, MISSED, UNKNOWN = "on course", "at risk", "reached", "missed", "not known"


@dataclass(frozen=True, kw_only=True)
class GoalReview:
    """Where goals stand.

    Attributes:
        goals: One row a goal: `goal` (its name), `label`, `kpi` (its label), `unit`, `market`, `owner`, `start`, `by`, `baseline` (as
            stated), `before` (measured over as many days before, with `before_lower`, `before_upper`), `so_far`, `target`, `expected`,
            `lower`, `upper` (at `LEVEL`), `probability`, `error` (of the probability, for the number of paths), `wanted`, `verdict`
            (`on course`, `at risk`, `reached`, `missed`, `not known`), `higher_is_better`.
        rules: One row a goal and rule: `goal`, `rule`, `passed`, `detail`.
        checks: One a goal, for page one.
        estimates: `goal_outcome` and `goal_probability` of each goal, as far as they are known.
        findings: One sentence a goal of which anything is foreseen, the likeliest to fail first.
    """

    goals: pd.DataFrame
    rules: pd.DataFrame
    checks: tuple[Check, ...]
    estimates: tuple[Estimate, ...]
    findings: tuple[str, ...]

    @property
    def probability(self) -> dict[str, float]:
        """By goal, NaN where it isn't known."""
        return dict(zip(self.goals["goal"], self.goals["probability"].astype(float), strict=True))

    @property
    def summary(self) -> str:
        """All goals in one sentence, those at risk first; empty where there is none."""
        parts = []
        for verdict in (AT_RISK, MISSED, ON_COURSE, REACHED, UNKNOWN):
            rows = self.goals[self.goals["verdict"] == verdict]
            told = verdict in (AT_RISK, ON_COURSE)
            names = [
                f"{label} ({likely(float(probability))})" if told else str(label)
                for label, probability in zip(rows["label"], rows["probability"], strict=True)
            ]
            parts += [f"{verdict} {enumerated(names)}"] if names else []
        return f"Goals: {'; '.join(parts)}." if parts else ""

    def added_to[R: Result](self, result: R) -> R:
        """A plan or a review with what there is to say of the goals at the end of its page one."""
        return replace(
            result,
            estimates=pd.concat([result.estimates, estimates_frame(self.estimates)], ignore_index=True),
            checks=(*result.checks, *self.checks),
            findings=(*result.findings, *self.findings),
        )


def review_goals(inputs: GoalInputs, ahead: WeeklyPaths | None = None, *, on: date | None = None) -> GoalReview:
    """Judge all goals.

    Args:
        inputs: The goals and what is known of them.
        ahead: What the plan and the model foresee: paths of `revenue` and `spend`, and of `media_revenue` and `conversions` where they
            can be told; None where there is no plan.
        on: First day ahead; unset for the first day that isn't known, or the plan's first one where that is earlier.
    """
    first_planned = inputs.first_open if ahead is None else ahead.weeks[0].date()
    on = on or min(first_planned, inputs.first_open)
    outlooks = {name: outlook_of(name, inputs, ahead, on) for name in inputs.goals}
    checks = lint(inputs, outlooks, on)
    goals = pd.DataFrame([_row(name, inputs, outlooks[name], on) for name in inputs.goals], columns=list(COLUMNS))
    goals = goals.astype(COLUMNS)
    return GoalReview(
        goals=goals,
        rules=_rules(checks),
        checks=tuple(_page_one(name, inputs, checks) for name in inputs.goals),
        estimates=tuple(row for name, outlook in outlooks.items() for row in _estimates(name, inputs, outlook)),
        findings=_findings(inputs, outlooks, on),
    )


COLUMNS = {
    "goal": "str",
    "label": "str",
    "kpi": "str",
    "unit": "str",
    "market": "str",
    "owner": "str",
    "start": "datetime64[us]",
    "by": "datetime64[us]",
    "baseline": "float64",
    "before": "float64",
    "before_lower": "float64",
    "before_upper": "float64",
    "so_far": "float64",
    "target": "float64",
    "expected": "float64",
    "lower": "float64",
    "upper": "float64",
    "probability": "float64",
    "error": "float64",
    "wanted": "float64",
    "verdict": "str",
    "higher_is_better": "bool",
}


def _row(name: str, inputs: GoalInputs, outlook: Chance | str, on: date) -> dict[str, object]:
    goal, kpis = inputs.goals[name], inputs.registry.kpis
    now, now_lower, now_upper = before(name, inputs)
    known = isinstance(outlook, Chance)
    numbers = {
        key: getattr(outlook, key) if known else np.nan
        for key in ("expected", "lower", "upper", "probability", "error")
    }
    return {
        "goal": name,
        "label": spoken(name, goal.label),
        "kpi": inputs.registry.label(goal.kpi) if goal.kpi in kpis else goal.kpi,
        "unit": unit_of(goal, inputs),
        "market": inputs.market_labels.get(goal.market) or goal.market,
        "owner": goal.owner,
        "start": pd.NaT if goal.start is None else pd.Timestamp(goal.start),
        "by": pd.NaT if goal.by is None else pd.Timestamp(goal.by),
        "baseline": np.nan if goal.baseline is None else goal.baseline,
        "before": now,
        "before_lower": now_lower,
        "before_upper": now_upper,
        "so_far": so_far(name, inputs, on),
        "target": np.nan if goal.target is None else goal.target,
        **numbers,
        "wanted": goal.probability,
        "verdict": _verdict(outlook, goal.probability),
        "higher_is_better": kpis[goal.kpi].higher_is_better if goal.kpi in kpis else True,
    }


def _verdict(outlook: Chance | str, wanted: float) -> str:
    if isinstance(outlook, str):
        return UNKNOWN
    if outlook.paths == 1:
        return REACHED if outlook.probability else MISSED
    return ON_COURSE if outlook.probability >= wanted else AT_RISK


def _rules(checks: tuple[Check, ...]) -> pd.DataFrame:
    parts = [check.name.partition(" ") for check in checks]
    return pd.DataFrame(
        {
            "goal": pd.Series([goal for _, _, goal in parts], dtype="str"),
            "rule": pd.Series([rule.removeprefix("goal_") for rule, _, _ in parts], dtype="str"),
            "passed": pd.array([check.passed for check in checks], dtype="boolean"),
            "detail": pd.Series([check.detail for check in checks], dtype="str"),
        }
    )


def _page_one(name: str, inputs: GoalInputs, checks: tuple[Check, ...]) -> Check:
    """The five rules of a goal as one line: what fails, else what isn't known, else how likely it is."""
    own = {check.name.partition(" ")[0]: check for check in checks if check.name.partition(" ")[2] == name}
    achievable = own["goal_achievable"]
    failed = [check.detail for check in own.values() if check.passed is False]
    untold = [check.detail for check in own.values() if check.passed is None]
    goal = inputs.goals[name]
    return Check(
        name=f"goal {name}",
        title=f"Goal: {spoken(name, goal.label)}",
        passed=False if failed else None if untold else True,
        value=achievable.value,
        threshold=achievable.threshold,
        detail=" ".join(failed or untold or [f"{achievable.detail} {goal.owner} answers for it."]),
    )


def _estimates(name: str, inputs: GoalInputs, outlook: Chance | str) -> list[Estimate]:
    if isinstance(outlook, str) or np.isnan(outlook.expected):
        return []
    unit = unit_of(inputs.goals[name], inputs)
    level = np.nan if np.isnan(outlook.lower) else LEVEL
    outcome = Estimate(
        quantity="goal_outcome",
        entity=name,
        estimate=outlook.expected,
        lower=outlook.lower,
        upper=outlook.upper,
        unit=unit,
        level=level,
    )
    return [outcome, Estimate(quantity="goal_probability", entity=name, estimate=outlook.probability, unit="%")]


def _findings(inputs: GoalInputs, outlooks: dict[str, Chance | str], on: date) -> tuple[str, ...]:
    told = {name: found for name, found in outlooks.items() if isinstance(found, Chance) and found.paths > 1}
    return tuple(
        _finding(name, inputs, told[name], on) for name in sorted(told, key=lambda each: told[each].probability)
    )


def _finding(name: str, inputs: GoalInputs, outlook: Chance, on: date) -> str:
    goal, unit = inputs.goals[name], unit_of(inputs.goals[name], inputs)
    where = f" in {inputs.market_labels.get(goal.market) or goal.market}" if goal.market else ""
    verdict = (
        "" if outlook.probability >= goal.probability else f", below the {percent(goal.probability, 0)} that are wanted"
    )
    return (
        f"Goal {spoken(name, goal.label)}: {inputs.registry.label(goal.kpi).lower()}{where} of {stated(goal.target, unit)} by {told_day(goal.by) if goal.by else DASH} "
        f"is {likely(outlook.probability)}{verdict}; {in_unit(outlook.expected, unit)} "
        f"({percent(LEVEL, 0)} interval {interval(outlook.lower, outlook.upper, unit)}) is expected."
    )
