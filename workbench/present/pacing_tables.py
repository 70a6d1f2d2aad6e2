"""The tables of a performance review."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from workbench.present.display import Display, table
from workbench.scenarios.goals.words import chance_text
from workbench.scenarios.pacing.result import PerformanceResult
from workbench.wording import DASH, in_unit, interval, percent


def spend_table(result: PerformanceResult) -> Display:
    """Plan, committed and actual spend by channel."""
    frame = result.spend.assign(channel=[result.label(str(name)) for name in result.spend["channel"]])
    return table(
        frame.rename(columns={"planned": "planned_in_all", "left": "planned_ahead", "committed": "booked_ahead"}),
        caption="Spend by channel. Price: what exposure cost, relative to what the plan assumed.",
        formats={
            **dict.fromkeys(
                ["planned_so_far", "actual", "planned_in_all", "booked_ahead", "planned_ahead"], result.currency
            ),
            "price": "%",
        },
    )


def lever_costs_table(result: PerformanceResult) -> Iterator[Display]:
    """What moving levers has cost; nothing where the plan moves none."""
    if len(result.levers):
        frame = result.levers.assign(lever=result.levers["lever"].map(result.label))
        yield table(
            frame.rename(columns={"planned": "planned_in_all", "units_so_far": "units_planned_so_far"}),
            caption="Levers: what moving them has cost, beyond where they were expected to be anyway.",
            formats=dict.fromkeys(["planned_so_far", "actual", "planned_in_all"], result.currency),
        )


def triggers_table(result: PerformanceResult) -> Display:
    """Where each watched quantity stands between its bounds."""
    rows = [
        {
            "Watched": row["label"],
            **{name.capitalize(): in_unit(row[name], row["unit"]) for name in ("planned", "actual", "lower", "upper")},
            "Way to the bound": percent(abs(row["used"]), 0) if pd.notna(row["used"]) else DASH,
            "Stands": row["state"],
            "Sounded in week": f"{row['first_week']:.0f} ({row['side']})" if row["side"] else DASH,
            "Chance ahead": chance_text(row["will_cross"]) if pd.notna(row["will_cross"]) else DASH,
        }
        for row in result.triggers.to_dict("records")
    ]
    return table(
        pd.DataFrame(rows),
        caption="Triggers, sums since the plan began, between the bounds that the plan was saved with. Chance ahead: probability that a "
        "later week is outside.",
    )


def course_table(result: PerformanceResult) -> Display:
    """Weeks of the plan."""
    columns = ["week", "planned", "actual", "expected", "lower", "upper"]
    return table(
        result.course[columns],
        caption="Revenue by week: as the plan foresaw it, as it came, and as it is foreseen now (90% interval).",
        formats=dict.fromkeys(columns[1:], result.currency),
    )


def record_table(result: PerformanceResult) -> Display:
    """How good the forecasts of this plan, of its earlier reviews and of earlier plans were."""
    rows = [
        {
            "Plan": "this one" if row["plan_run"] == result.plan_run else row["plan_run"],
            "Foreseen": f"after week {row['after_week']:.0f}" if row["after_week"] else "by the plan",
            "Weeks since": row["weeks"],
            "Off by": in_unit(row["crps"], result.currency),
            "Last year off by": in_unit(row["crps_last_year"], result.currency),
            "Inside": percent(row["coverage"], 0),
            "Bias": percent(row["bias"]),
            "90% interval": interval(row["bias_lower"], row["bias_upper"], "%"),
        }
        for row in result.record.to_dict("records")
    ]
    return table(
        pd.DataFrame(rows),
        caption="Forecasts against what came. Off by: mean distance a week (continuous ranked probability score), beside that of last year's "
        "weeks; inside: weeks in their 90% interval; bias: above 0 too much was foreseen.",
    )
