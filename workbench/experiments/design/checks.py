"""What could make a plan fail, each as a named check."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd
from scipy import stats

from workbench.experiments.design.result import UserPlan
from workbench.result import Check
from workbench.wording import count, percent

# With several metrics replayed, a rate must lie clearly above the level before the estimator is blamed.
SURE = 0.99


def design_checks(
    plan: UserPlan, metrics: pd.DataFrame, replayed: pd.DataFrame, unmeasured: dict[str, str], unreachable: int
) -> tuple[Check, ...]:
    """Whether the goal can be reached and is worth reaching, then whether the numbers can be trusted."""
    return (
        _enough_units(plan),
        *_worth_finding(plan),
        *(_guardrail(row, plan) for row in metrics[metrics.role == "guardrail"].to_dict("records")),
        *(_replay(row) for row in replayed.to_dict("records")),
        *_unmeasured(unmeasured),
        *_unreachable(unreachable),
    )


def _enough_units(plan: UserPlan) -> Check:
    needed, available = plan.needed, plan.available
    if math.isnan(needed):
        told = (
            f"A change by {percent(plan.effect)} would push {_words(plan.metric)} beyond 100%; look for a smaller one."
        )
    elif plan.enough:
        told = f"The test takes {count(needed)} users, and {count(available)} come in time."
    elif plan.only_guardrail_lacks_units:
        told = (
            f"It takes {count(needed)} users to protect {_words(plan.decided_by)}, and {count(available)} come in time; allow it a wider "
            "margin, wait longer, or test where more users come."
        )
    else:
        told = (
            f"It takes {count(needed)} users to find {percent(plan.effect)}, and {count(available)} come in time; look for "
            f"{percent(plan.smallest)}, wait longer, or test where more users come."
        )
    return Check(name="enough_units", passed=plan.enough, value=available, threshold=needed, detail=told)


def _worth_finding(plan: UserPlan) -> Iterator[Check]:
    if math.isnan(plan.break_even):
        return
    pays = plan.effect >= plan.break_even
    told = (
        f"The treatment pays from a change by {percent(plan.break_even)} on; the test looks for {percent(plan.effect)}."
    )
    if not pays:
        told = (
            f"A change by {percent(plan.effect)} doesn't pay for the treatment, which takes {percent(plan.break_even)}; "
            "look for that, or find a cheaper treatment."
        )
    yield Check(name="worth_finding", passed=pays, value=plan.effect, threshold=plan.break_even, detail=told)


def _guardrail(row: dict[Any, Any], plan: UserPlan) -> Check:
    metric, margin, power = str(row["metric"]), float(row["target"]), float(row["power"])
    kept = power >= plan.power - 1e-6
    told = (
        f"If {_words(metric)} isn't harmed, the test shows with {percent(power, 0)} probability that it is less than "
        f"{percent(margin, 0)} worse"
    )
    smallest = float(row["smallest"])
    reach = (
        f"a margin of {percent(smallest, 0)} is within reach" if smallest == smallest else "no margin is within reach"
    )
    mend = "" if kept else f"; {reach}, or more users"
    return Check(name=f"guardrail {metric}", passed=kept, value=power, threshold=plan.power, detail=f"{told}{mend}.")


def _replay(row: dict[Any, Any]) -> Check:
    claims, splits, level = int(row["claims"]), int(row["splits"]), float(row["level"])
    surely = float(stats.binomtest(claims, splits).proportion_ci(SURE, method="exact").low)
    sound = surely <= level
    rate, lower, upper = (float(row[name]) for name in ("rate", "lower", "upper"))
    told = (
        f"Of {count(splits)} tests without any treatment, {percent(rate)} ({percent(lower)} to {percent(upper)}) claimed an effect "
        f"when read {row['reading']}, where at most {percent(level)} may"
    )
    mend = "" if sound else "; cut extreme values (winsorize), or give both arms more users"
    return Check(
        name=f"aa_replay {row['metric']}" + ("" if row["reading"] == "once" else " while it runs"),
        passed=sound,
        value=rate,
        threshold=level,
        detail=f"{told}{mend}.",
    )


def _unmeasured(unmeasured: dict[str, str]) -> Iterator[Check]:
    if unmeasured:
        told = "; ".join(f"{_words(name)}: {why}" for name, why in unmeasured.items())
        yield Check(
            name="unplanned_metrics",
            passed=None,
            value=len(unmeasured),
            detail=f"Nothing is said about some metrics ({told}).",
        )


def _unreachable(customers: int) -> Iterator[Check]:
    if customers:
        yield Check(
            name="left_out",
            passed=None,
            value=customers,
            detail=f"{count(customers)} customers agreed to no marketing and are left out.",
        )


def _words(name: str) -> str:
    return name.replace("_", " ")
