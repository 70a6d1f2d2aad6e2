"""The tables of a performance review."""

from __future__ import annotations

import pandas as pd

from workbench.present.display import Display, prose, table
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


def goals_table(result: PerformanceResult) -> Display:
    """How likely each goal is to be reached, as it looks now."""
    if result.goals.empty:
        return prose(
            "No goals are set: name them under [goals] in `workbench.toml`, and each review says how likely they are."
        )
    rows = [
        {
            "goal": row["label"],
            "owner": row["owner"],
            "target": in_unit(row["target"], row["unit"]),
            "so_far": in_unit(row["so_far"], row["unit"]),
            "expected": in_unit(row["expected"], row["unit"]),
            "interval": interval(row["lower"], row["upper"], row["unit"]) if pd.notna(row["lower"]) else DASH,
            "probability": percent(row["probability"], 0) if pd.notna(row["probability"]) else DASH,
            "verdict": row["verdict"],
        }
        for row in result.goals.to_dict("records")
    ]
    return table(
        pd.DataFrame(rows), caption="Goals: probability of reaching each, with the weeks that came (90% intervals)."
    )


def triggers_table(result: PerformanceResult) -> Display:
    """Where each watched quantity stands between its bounds."""
    return table(
        result.triggers[
            ["watch", "planned", "actual", "lower", "upper", "used", "state", "first_week", "side", "will_cross"]
        ],
        caption="Triggers, sums since the plan began. Used: share of the way from the plan to the nearer bound; will cross: "
        "probability that a later week is outside.",
        formats={
            **dict.fromkeys(["planned", "actual", "lower", "upper"], result.currency),
            "used": "%",
            "first_week": "int",
            "will_cross": "%",
        },
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
    """How good the forecasts of this plan and of earlier ones were."""
    return table(
        result.record,
        caption="Forecasts of plans against what came. Off by: mean distance a week (continuous ranked probability score), beside that of "
        "last year's weeks; inside: weeks in their 90% interval; bias: above 0 the plan foresaw too much.",
        formats={
            **dict.fromkeys(["crps", "crps_last_year"], result.currency),
            **dict.fromkeys(["coverage", "bias", "bias_lower", "bias_upper"], "%"),
        },
    )
