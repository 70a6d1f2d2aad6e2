"""Plan a test on users from history: size, duration, cost, and whether it can be trusted."""

from __future__ import annotations

from collections.abc import Mapping

import ibis

from workbench.config import UserExperiment
from workbench.experiments.design.baselines import DEFAULT_METRICS, measure_history
from workbench.experiments.design.checks import design_checks
from workbench.experiments.design.findings import design_findings
from workbench.experiments.design.history import HistoryQuestion, history_of
from workbench.experiments.design.result import DesignResult
from workbench.experiments.design.schedule import planned_schedule
from workbench.experiments.design.sizing import Goal, Sizing, arms_of, comparison_level, make_plan
from workbench.experiments.design.tables import (
    costs_frame,
    curve_frame,
    design_estimates,
    metrics_frame,
    readings_frame,
    replay_frame,
)
from workbench.result import Provenance, estimates_frame
from workbench.wording import named

CONTROL = "control"
IN_MONEY = ("revenue", "order_value")


def design_users(
    tables: Mapping[str, ibis.Table],
    name: str,
    spec: UserExperiment,
    goal: Goal,
    question: HistoryQuestion,
    *,
    provenance: Provenance,
    currency: str,
    replays: int,
) -> DesignResult:
    """Plan a test on users.

    Args:
        tables: `units` of the test when it ran before, else `transactions` and, if there are any, `customers`.
        name: The declared test; empty for none.
        spec: What it measures, how it is read, what it costs.
        goal: What it is to find, in which time.
        question: Which customers' history stands for it.
        provenance: Where the tables came from.
        currency: ISO 4217 code.
        replays: Number of tests without treatment to replay, 0 for none.

    Raises:
        SpecError: If the history holds none of its metrics, or its control isn't there.
        DataError: If the history can't be measured truthfully.
    """
    history = history_of(tables, name, spec, question)
    measured = measure_history(history, spec)
    arms = arms_of(measured.spec, history.arms)
    sizing = Sizing(
        measured=measured,
        arrivals=history.arrivals,
        arms=arms,
        schedule=planned_schedule(measured.spec, comparison_level(measured.spec, arms)),
        goal=goal,
        outcome_weeks=history.outcome_weeks,
    )
    plan = make_plan(sizing)
    metrics = metrics_frame(sizing, plan, currency)
    replayed = replay_frame(history, sizing, plan, splits=replays, seed=question.seed)
    return DesignResult(
        title=f"Experiment design: {named(name)}" if name else "Experiment design",
        estimates=estimates_frame(design_estimates(metrics, replayed, plan, currency)),
        checks=design_checks(plan, metrics, replayed, measured.unmeasured, history.unreachable),
        findings=design_findings(plan, metrics, history, currency),
        provenance=provenance,
        kind="users",
        experiment_id=name,
        currency=currency,
        plan=plan,
        metrics=metrics,
        curve=curve_frame(sizing, plan),
        readings=readings_frame(sizing, plan),
        replay=replayed,
        costs=costs_frame(sizing, plan),
    )


def undeclared_test(*, value: float, cost_per_unit: float, currency: str) -> UserExperiment:
    """A test that nobody declared: what customers order, in two equal arms.

    Args:
        value: Profit per unit of revenue.
        cost_per_unit: What treating one customer costs.
        currency: ISO 4217 code.
    """
    metrics = [
        metric.model_copy(update={"unit": currency if metric.name in IN_MONEY else ""}) for metric in DEFAULT_METRICS
    ]
    revenue, *others = metrics
    return UserExperiment(
        control=CONTROL,
        metrics=(revenue.model_copy(update={"value": value}), *others),
        cost_per_unit=cost_per_unit,
    )
