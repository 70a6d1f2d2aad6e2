"""Plan against actual: where revenue stands, why, where it is heading, goals, and triggers near their bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from workbench.present.blocks import Block, Column, Heading, Note, Prose, Table
from workbench.present.display import figure
from workbench.present.figures.pacing import revenue_against_plan
from workbench.present.goal_tables import goals_table
from workbench.present.pack.amounts import day, found, listed, told
from workbench.present.pack.material import Material, how_to_get
from workbench.scenarios.goals.words import chance_text, likely
from workbench.scenarios.pacing.nearness import CROSSED, NEAR
from workbench.scenarios.pacing.result import PerformanceResult
from workbench.wording import interval, money, percent, signed

TITLE = "Plan against actual"


def against_plan_section(material: Material) -> Iterator[Block]:
    """What the newest review of a plan saw."""
    yield Heading(level=2, text=TITLE)
    if (used := material.review) is None:
        yield Note(text=how_to_get(material, "performance_review"))
        return
    result = used.result
    if material.plan and result.plan_run != material.plan.run_id:
        yield Note(
            text=f"This review is of the plan {result.plan_run}, not of the newest one, {material.plan.run_id}; "
            "`workbench run performance_review` reviews that."
        )
    yield Prose(markdown="\n".join(f"- {sentence}" for sentence in where_it_stands(result)))
    yield figure(
        revenue_against_plan(result), caption=f"Revenue and the plan of run {result.plan_run} (run {used.run_id})."
    ).block
    yield _variance_table(result, used.run_id)
    yield goals_table(result.goals).block
    if (near := triggers_near(result)).empty:
        yield Prose(markdown="No trigger has sounded, and none is near its bound.")
    else:
        yield _trigger_table(material, near, result.currency, used.run_id)


def where_it_stands(result: PerformanceResult) -> Iterator[str]:
    """Sentences: so far, at the end, and money spent."""
    seen = result.course.iloc[: result.weeks_seen]
    came, planned = float(seen["actual"].sum()), float(seen["planned"].sum())
    side = "above" if came >= planned else "below"
    yield (
        f"After {result.weeks_seen} of {result.horizon_weeks} weeks revenue is {money(came, result.currency)}, "
        f"{money(abs(came - planned), result.currency)} {side} the {money(planned, result.currency)} that the plan foresaw."
    )
    expected, foreseen = found(result, "revenue", "expected"), found(result, "revenue", "planned")
    if expected and foreseen and not result.is_over:
        chance = found(result, "probability_of_plan", "revenue")
        reached = f", which is {likely(chance.estimate)} to be reached" if chance else ""
        yield (
            f"By {ends(result)} {told(expected)} is expected where the plan foresaw "
            f"{money(foreseen.estimate, result.currency)}{reached}."
        )
    spent, meant = (float(result.spend[name].sum()) for name in ("actual", "planned_so_far"))
    left = float(result.spend["left"].sum())
    yield (
        f"{money(spent, result.currency)} was spent where {money(meant, result.currency)} was planned so far; "
        f"{money(left, result.currency)} is planned for the weeks ahead."
    )


def ends(result: PerformanceResult) -> str:
    """The last day of the plan's last week."""
    return day((pd.Timestamp(result.course["week"].iloc[-1]) + pd.Timedelta(days=6)).date())


def triggers_near(result: PerformanceResult) -> pd.DataFrame:
    """Triggers that have sounded, or are near it, the former first."""
    states = result.triggers["state"]
    return pd.concat([result.triggers[states == CROSSED], result.triggers[states == NEAR]])


def watched(material: Material, row: Mapping[Any, Any]) -> str:
    """What a trigger watches, in words."""
    if row.get("label"):
        return str(row["label"])
    name = str(row["watch"])
    if name == "revenue":
        return name
    labels = material.plan.result.market_labels if material.plan else {}
    return f"revenue in {labels.get(name) or name}"


def sounded(material: Material, rows: pd.DataFrame) -> str:
    """What has sounded, when and on which side, in a sentence."""
    return listed(
        [
            f"{watched(material, row)} went {row['side']} its bound in week {row['first_week']:.0f}"
            for row in rows[rows["state"] == CROSSED].to_dict("records")
        ]
    )


def _variance_table(result: PerformanceResult, run_id: str) -> Table:
    rows = [
        (
            str(row["source"]).capitalize(),
            signed(row["estimate"], result.currency),
            interval(row["lower"], row["upper"], result.currency),
        )
        for row in result.variance.to_dict("records")
    ]
    rows.append(("All together", signed(float(result.variance["estimate"].sum()), result.currency), "–"))
    names = (Column(name="Cause"), Column(name="Part", align="right"), Column(name="90% interval", align="right"))
    return Table(
        columns=names,
        rows=tuple(rows),
        caption=f"Why revenue so far differs from the plan; the parts add up to the difference (run {run_id}).",
        total_rows=len(rows),
    )


def _trigger_table(material: Material, near: pd.DataFrame, currency: str, run_id: str) -> Table:
    rows = tuple(
        (
            watched(material, row)[:1].upper() + watched(material, row)[1:],
            money(row["actual"], currency) if row["unit"] == currency else f"{row['actual']:,.0f}",
            interval(row["lower"], row["upper"], row["unit"]),
            "sounded" if row["state"] == CROSSED else "near",
            f"{row['first_week']:.0f} ({row['side']})" if row["side"] else "–",
            percent(abs(row["used"]), 0),
            chance_text(row["will_cross"]),
        )
        for row in near.to_dict("records")
    )
    names = ("Watched", "So far", "Bounds", "Stands", "First in week", "Way to the bound", "Chance ahead")
    right = {"So far", "Bounds", "Way to the bound", "Chance ahead"}
    return Table(
        columns=tuple(Column(name=name, align="right" if name in right else "left") for name in names),
        rows=rows,
        caption="Triggers that have sounded or are near, as sums since the plan began. Chance ahead: probability that a later week is "
        f"outside (run {run_id}).",
        total_rows=len(rows),
    )
