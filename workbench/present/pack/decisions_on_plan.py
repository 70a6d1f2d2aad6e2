"""Decisions that the plan and its review ask for: the budget, the shift between channels, triggers and goals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pandas as pd

from workbench.present.pack.against_plan import ends, sounded, triggers_near
from workbench.present.pack.amounts import day, found, listed, told
from workbench.present.pack.decision import Decision, doubt
from workbench.present.pack.material import Material, Used
from workbench.present.pack.money import profit_of_plan
from workbench.present.pack.saved import SavedPlan
from workbench.result import Estimate
from workbench.scenarios.goals.review import AT_RISK
from workbench.scenarios.goals.words import likely
from workbench.scenarios.pacing.nearness import CROSSED
from workbench.scenarios.pacing.result import PerformanceResult
from workbench.wording import in_unit, money, percent, signed

# Less than this share of the budget is no question for a board.
WORTH_ASKING = 0.02


def plan_decisions(material: Material) -> Iterator[Decision]:
    """None for a plan that may not be used."""
    if (plan := material.plan) and not plan.result.forced:
        yield from _overspend(material) if material.under_way else _budget(material, plan)
        yield from _shift(material, plan)
    if (review := material.review) and not review.result.forced and not review.result.is_over:
        yield from _triggers(material, review)
        yield from _goals(review)


def _budget(material: Material, plan: Used[SavedPlan]) -> Iterator[Decision]:
    result = plan.result
    spend, revenue, profit = found(result, "spend", "plan"), found(result, "revenue", "plan"), profit_of_plan(material)
    if spend is None or revenue is None or profit is None:
        return
    told_budget = money(spend.estimate, result.currency)
    yield Decision(
        key="plan/budget",
        title=f"Sign a budget of {told_budget} for {result.horizon_weeks} weeks from {day(result.first_week)}",
        why=(
            f"Media are expected to cause {told(revenue)} of revenue.",
            f"At a margin of {percent(result.margin, 0)} that leaves {told(profit)} after media. {doubt(profit)}",
        ),
        stake=profit,
        stake_is="profit after media",
        due=_before(result.first_week, material.data_until),
        otherwise=_as_before(result),
        run_id=plan.run_id,
    )


def _as_before(result: SavedPlan) -> str:
    rows = result.comparison[result.comparison["plan"] == "current"]
    if rows.empty:
        return "Spending goes on as it did."
    row = rows.iloc[0]
    current = Estimate(
        quantity="revenue",
        entity="current",
        estimate=row["revenue"],
        lower=row["revenue_lower"],
        upper=row["revenue_upper"],
        unit=result.currency,
        level=0.9,
    )
    return f"Spending goes on as it did: {money(row['spend'], result.currency)} that cause {told(current)} of revenue."


def _overspend(material: Material) -> Iterator[Decision]:
    """A budget under way is asked about where it is being left."""
    review = material.review
    if review is None or review.result.is_over:
        return
    result = review.result
    spent, ahead, planned = (float(result.spend[name].sum()) for name in ("actual", "left", "planned"))
    over = spent + ahead - planned
    if planned <= 0 or abs(over) < WORTH_ASKING * planned:
        return
    amount = money(abs(over), result.currency)
    more = over > 0
    rest = f"{money(ahead, result.currency)} planned for the weeks ahead"
    yield Decision(
        key="plan/spend",
        title=f"Release {amount} more than the plan's budget"
        if more
        else f"Give back {amount} that the plan will not spend",
        why=(
            f"{money(spent, result.currency)} was spent in {result.weeks_seen} weeks where "
            f"{money(float(result.spend['planned_so_far'].sum()), result.currency)} was planned; with the {rest} that makes "
            f"{money(spent + ahead, result.currency)} where {money(planned, result.currency)} was signed.",
            f"Furthest from the plan so far: {listed(_furthest(result))}.",
        ),
        stake=Estimate(quantity="spend", entity="beyond the plan", estimate=over, unit=result.currency),
        stake_is="spend beyond the plan",
        due=_before(_next_week(result), material.data_until),
        otherwise=f"The {rest} {'are cut' if more else 'grow'} by as much, until {ends(result)}.",
        run_id=review.run_id,
    )


def _furthest(result: PerformanceResult) -> list[str]:
    away = (result.spend["actual"] - result.spend["planned_so_far"]).set_axis(result.spend["channel"])
    largest = away[away.abs().sort_values(ascending=False).index[:3]]
    return [f"{result.label(str(channel))} {signed(value, result.currency)}" for channel, value in largest.items()]


def _shift(material: Material, plan: Used[SavedPlan]) -> Iterator[Decision]:
    result = plan.result
    gain = found(result, "gain", "plan")
    moves = result.plan.set_index("channel")["change"].astype(float)
    up, down = moves[moves > 0].sort_values(ascending=False), moves[moves < 0].sort_values()
    moved = float(up.sum())
    if gain is None or moved < WORTH_ASKING * max(result.budget, 1.0):
        return
    weeks = f"{result.horizon_weeks} weeks"
    why = [
        f"More on {_moves(result, up)}; less on {_moves(result, down)}."
        if len(down)
        else f"More on {_moves(result, up)}."
    ]
    if material.under_way and material.review and not material.review.result.is_over:
        left = result.horizon_weeks - material.review.result.weeks_seen
        why.append(
            f"The gain is that of all {weeks}, of which {left} are left; what was spent otherwise so far has missed its part."
        )
    why.append(doubt(gain))
    yield Decision(
        key="plan/shift",
        title=f"Move {money(moved, result.currency)} between channels, as the plan has it",
        why=tuple(why),
        stake=gain,
        stake_is=f"revenue more than the current mix, {weeks}",
        due=_due(material, result),
        otherwise=f"The same money in the current mix brings {money(gain.estimate, result.currency)} less revenue.",
        run_id=plan.run_id,
    )


def _moves(result: SavedPlan, moves: pd.Series) -> str:
    return listed(
        [f"{result.label(str(channel))} ({signed(float(by), result.currency)})" for channel, by in moves.items()]
    )


def _triggers(material: Material, review: Used[PerformanceResult]) -> Iterator[Decision]:
    crossed = triggers_near(review.result)
    crossed = crossed[crossed["state"] == CROSSED]
    if crossed.empty:
        return
    world = _prepared(material, below=bool((crossed["side"] == "below").any()))
    stake, why = world or (
        None,
        "None was prepared for this case that would bring more than keeping to this one: plan anew.",
    )
    yield Decision(
        key="plan/triggers",
        title="Change to the plan prepared for such a case, as a trigger has sounded",
        why=(f"{_capital(sounded(material, crossed))}.", why),
        stake=stake,
        stake_is="profit more than keeping the plan, if that case is here" if stake else "",
        due=_before(_next_week(review.result), material.data_until),
        otherwise="The plan goes on as it is.",
        run_id=review.run_id,
    )


def _prepared(material: Material, *, below: bool) -> tuple[Estimate, str] | None:
    """The prepared world whose plan gains most over keeping this one."""
    if material.plan is None or material.plan.result.scenarios.empty:
        return None
    result = material.plan.result
    rows = result.scenarios[result.scenarios["kind"].eq("under" if below else "over") & (result.scenarios["gain"] > 0)]
    if rows.empty:
        return None
    row = rows.sort_values("gain").iloc[-1]
    gain = Estimate(
        quantity="gain",
        entity=str(row["scenario"]),
        estimate=row["gain"],
        lower=row["gain_lower"],
        upper=row["gain_upper"],
        unit=result.currency,
        level=0.9,
    )
    name = str(row["scenario"]).replace("_", " ")
    spend = money(row["spend"], result.currency)
    return (
        gain,
        f"For the case “{name}” a plan of {spend} is ready: it would bring {told(gain)} more than keeping to this one.",
    )


def _goals(review: Used[PerformanceResult]) -> Iterator[Decision]:
    goals = review.result.goals
    for row in goals[goals["verdict"] == AT_RISK].to_dict("records"):
        unit = str(row["unit"])
        short = Estimate(
            quantity="goal",
            entity=str(row["goal"]),
            estimate=row["expected"] - row["target"],
            lower=row["lower"] - row["target"],
            upper=row["upper"] - row["target"],
            unit=unit,
            level=0.9,
        )
        in_money = unit == review.result.currency
        yield Decision(
            key=f"goal/{row['goal']}",
            title=f"Bear the risk of goal {row['label']}",
            why=(
                f"{in_unit(row['target'], unit)} is {likely(row['probability'])}, below the {percent(row['wanted'], 0)} that are wanted; "
                f"{in_unit(row['expected'], unit)} is expected.",
            ),
            stake=short if in_money else None,
            stake_is="expected less the target" if in_money else "",
            due="" if pd.isna(row["by"]) else f"in time for {day(pd.Timestamp(row['by']).date())}",
            otherwise="It takes more money, a lower target or a later day.",
            owner=str(row["owner"]),
            run_id=review.run_id,
        )


def _due(material: Material, result: SavedPlan) -> str:
    if material.under_way and material.review and not material.review.result.is_over:
        return _before(_next_week(material.review.result), material.data_until)
    return _before(result.first_week, material.data_until)


def _next_week(result: PerformanceResult) -> date:
    return pd.Timestamp(result.course["week"].iloc[result.weeks_seen]).date()


def _before(first: date, known: date | None) -> str:
    """The day before a week, told as overdue where data of it are there already."""
    due = first - timedelta(days=1)
    return f"was due on {day(due)}" if known and known > due else day(due)


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
