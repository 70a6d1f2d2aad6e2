"""Charts of plans, their review, goals, triggers and capacity at any edge."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from tests.present.gallery.edges import Edge, stand_in
from workbench.present.figures import contingency, pacing, scenarios
from workbench.present.figures.capacity import every_room_and_demand, room_and_demand
from workbench.present.figures.goals import goals_ahead


def plan(edge: Edge) -> Any:
    names, scale = edge.entities, edge.scale
    now = np.abs(edge.amounts(edge.count, seed=6))
    planned = now * np.random.default_rng(7).uniform(0.5, 1.6, edge.count)
    table = pd.DataFrame(
        {
            "channel": names,
            "current_spend": now,
            "planned_spend": planned,
            "change": planned - now,
            "observed": 1.2 * np.maximum(now, planned),
            "current_revenue": 2 * now,
            "revenue": 2.1 * planned,
        }
    )
    budget = np.linspace(0.2, 2.0, 15) * float(now.sum())
    frontier = pd.DataFrame({"budget": budget, "revenue": 3 * np.sqrt(budget * now.sum())})
    weekly = pd.DataFrame(
        [
            {"channel": name, "week": week, "spend": planned[i] / edge.weeks, "beyond_observed": (i + w) % 7 == 0}
            for i, name in enumerate(names)
            for w, week in enumerate(edge.dates)
        ]
    )
    comparison = pd.DataFrame(
        {"plan": ["current", "plan"], "spend": [now.sum(), planned.sum()], "revenue": [3 * now.sum(), 3.2 * now.sum()]}
    )
    return stand_in(
        plan=edge.ranged(table, "revenue"),
        frontier=edge.ranged(frontier, "revenue").assign(current_mix_revenue=2.8 * np.sqrt(budget * now.sum())),
        comparison=comparison,
        curves=pd.concat([_curve(edge, name, float(table["observed"][i]), scale) for i, name in enumerate(names)]),
        plan_weekly=weekly,
        horizon_weeks=edge.weeks,
    )


def _curve(edge: Edge, name: str, observed: float, scale: float) -> pd.DataFrame:
    spend = np.linspace(0, 1.6 * observed, 20)
    return edge.ranged(
        pd.DataFrame({"channel": name, "spend": spend, "revenue": 4 * scale * spend / (spend + observed)}), "revenue"
    )


def review(edge: Edge) -> Any:
    weeks, seen = edge.weeks, max(1, edge.weeks // 3)
    planned = np.abs(edge.amounts(weeks, seed=8)) + edge.scale
    course = pd.DataFrame({"planned": planned, "expected": 1.04 * planned})
    course = edge.ranged(edge.ranged(course, "planned"), "expected", "")
    course["actual"] = np.where(np.arange(weeks) < seen, 0.97 * planned, np.nan)
    course["total_planned"], course["total_expected"] = planned.cumsum(), (1.02 * planned).cumsum()
    course = edge.ranged(course, "total_expected", "total")
    sizes = edge.amounts(edge.count, seed=11)
    sources = pd.DataFrame({"source": edge.entities, "estimate": sizes})
    spend = np.abs(edge.amounts(edge.count, seed=12))
    return stand_in(
        course=course,
        weeks_seen=seen,
        is_over=seen >= weeks,
        variance=edge.ranged(sources, "estimate", ""),
        spend=pd.DataFrame(
            {"channel": edge.entities, "planned_so_far": spend, "actual": 0.9 * edge.amounts(edge.count, seed=12)}
        ),
    )


def contingent(edge: Edge) -> Any:
    weeks = np.arange(1, edge.weeks + 1)
    names = edge.entities
    triggers = pd.concat(
        [
            pd.DataFrame(
                {
                    "watch": name,
                    "week": weeks,
                    "planned": edge.scale * weeks,
                    "lower": 0.8 * edge.scale * weeks,
                    "upper": 1.25 * edge.scale * weeks,
                }
            )
            for name in names
        ]
    )
    steps = np.arange(1, min(edge.count, 12) + 1)
    order = pd.DataFrame(
        {
            "step": steps,
            "channel": [names[i % len(names)] for i in range(len(steps))],
            "return": np.linspace(0.4, 3, len(steps)),
            "amount": edge.scale,
        }
    )
    revenue = np.abs(edge.amounts(edge.count + 1, seed=13)) + edge.scale
    states = pd.DataFrame(
        {
            "scenario": ["expected", *names],
            "kind": ["expected", *["over"] * edge.count],
            "revenue": revenue,
            "kept_revenue": 0.9 * revenue,
            "spend": edge.scale * np.linspace(1, 2, edge.count + 1),
            "gain": 0.1 * revenue,
        }
    )
    empty = order.iloc[:0]
    return stand_in(
        triggers=triggers,
        cut_order=order,
        reinvest_order=empty if edge.count == 1 else order[::-1].assign(step=steps),
        scenarios=edge.ranged(states, "revenue"),
    )


def goals(edge: Edge) -> pd.DataFrame:
    target = np.where(edge.amounts(edge.count) == 0, 1.0, edge.amounts(edge.count))
    frame = pd.DataFrame(
        {
            "label": edge.entities,
            "target": target,
            "expected": 0.9 * target,
            "before": 0.7 * target,
            "verdict": [("on course", "at risk", "reached", "missed")[i % 4] for i in range(edge.count)],
            "probability": 0.63,
            "higher_is_better": [i % 2 == 0 for i in range(edge.count)],
        }
    )
    return edge.ranged(frame, "expected", "")


def teams(edge: Edge) -> pd.DataFrame:
    weeks = edge.dates
    frames = [
        pd.DataFrame(
            {
                "team": name,
                "week": weeks,
                "unit": "calls",
                "step_name": "agent",
                "short": (np.arange(len(weeks)) % 5 == 0).astype(float),
                "arrive": edge.scale * np.linspace(1, 1.4, len(weeks)),
                "room": 1.2 * edge.scale,
                "step_worth": np.abs(edge.amounts(len(weeks), seed=14)),
                "step_cost": 0.0 if k % 2 else edge.scale,
                "steps_that_pay": np.arange(len(weeks)) % 3,
            }
        )
        for k, name in enumerate(edge.entities)
    ]
    table = pd.concat(frames, ignore_index=True)
    return edge.ranged(edge.ranged(table, "arrive"), "step_worth")


DRAWN = {
    scenarios.plan_against_current: lambda edge: scenarios.plan_against_current(plan(edge)),
    scenarios.budget_frontier: lambda edge: scenarios.budget_frontier(plan(edge)),
    scenarios.response_curves: lambda edge: scenarios.response_curves(plan(edge)),
    scenarios.plan_calendar: lambda edge: scenarios.plan_calendar(plan(edge)),
    pacing.revenue_against_plan: lambda edge: pacing.revenue_against_plan(review(edge)),
    pacing.why_it_differs: lambda edge: pacing.why_it_differs(review(edge)),
    pacing.spend_by_channel: lambda edge: pacing.spend_by_channel(review(edge)),
    contingency.trigger_bounds: lambda edge: contingency.trigger_bounds(
        contingent(replace(edge, weeks=max(2, edge.weeks)))
    ),
    contingency.order_of_moves: lambda edge: contingency.order_of_moves(contingent(edge), "EUR"),
    contingency.scenarios_side_by_side: lambda edge: contingency.scenarios_side_by_side(contingent(edge), "EUR"),
    goals_ahead: lambda edge: goals_ahead(goals(edge)),
    room_and_demand: lambda edge: every_room_and_demand(teams(edge.fewer(5)), "EUR"),
}
