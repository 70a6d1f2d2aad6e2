"""Money made and at risk: what media, plans, contacts and tests bring, and what may be lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from workbench.present.blocks import Block, Column, Heading, Note, Prose, Table
from workbench.present.display import figure
from workbench.present.figures.board_pack import returns_beside_cost
from workbench.present.pack.amounts import counted, day, found, interval_cell, run_in_short, scaled, told
from workbench.present.pack.failures import called, own_failures
from workbench.present.pack.headline import AT_RISK, profit_of, spoken
from workbench.present.pack.material import Material, how_to_get
from workbench.present.pack.media import caused_by_media, return_of_media, share_of_media, spent_on_media
from workbench.result import Estimate
from workbench.scenarios.contingency.states import EXPECTED
from workbench.wording import DASH, money, percent

TITLE = "Money made and at risk"
WORST = 0.1
IN_DOUBT = {
    "segmentation": "what customers are worth",
    "media_mix": "what channels return",
    "scenario_planning": "how much better the plan is",
    "performance_review": "that the plan ends where it was to",
    "next_best_action": "what the contacts bring",
    "propensity": "how likely customers are to act",
    "experiment_readout": "what the test found",
    "experiment_design": "that the test can find what it looks for",
    "learning_review": "what tests teach together",
}


@dataclass(frozen=True)
class Sum:
    """A sum of money.

    Attributes:
        what: What brings it, or puts it at risk.
        amount: How much, with its interval where there is one.
        over: The time or the customers that it is for.
        run_id: Where it comes from.
    """

    what: str
    amount: Estimate
    over: str
    run_id: str


def money_section(material: Material) -> Iterator[Block]:
    """Tables of both with a chart of what was made, and why risks are risks."""
    yield Heading(level=2, text=TITLE)
    made, risks = list(money_made(material)), list(money_at_risk(material))
    for analysis in ("media_mix", "scenario_planning", "segmentation", "next_best_action"):
        if analysis in material.missing:
            yield Note(text=how_to_get(material, analysis))
    if made:
        yield Heading(level=3, text="Made, or to be made")
        yield _table(made, "What was made, or will be if it is carried out; each number names its run.")
        yield from _after_media(material)
        yield from _returns(material)
    yield Heading(level=3, text="At risk")
    if risks:
        yield _table(risks, "What may be lost or is not certain.")
    yield Prose(markdown="\n".join(f"- {sentence}" for sentence in risks_of_checks(material)))


def money_made(material: Material) -> Iterator[Sum]:
    """Revenue that media caused, its profit, the plan's gain, contacts, and tests that shipped."""
    if (used := material.media_mix) and (caused := caused_by_media(used.result)):
        window = used.result.provenance.window
        over = f"{day(window[0])} to {day(window[1])}" if window else "all weeks"
        yield Sum("Revenue that media caused", caused, over, used.run_id)
        if (plan := material.plan) and (profit := profit_of_media(material)):
            share = percent(plan.result.margin, 0)
            yield Sum(f"Profit of media: {share} margin, after media", profit, over, used.run_id)
    if used_plan := material.plan:
        over = f"{used_plan.result.horizon_weeks} weeks from {day(used_plan.result.first_week)}"
        if gain := found(used_plan.result, "gain", "plan"):
            yield Sum("Plan: revenue more than the current mix", gain, over, used_plan.run_id)
    if (contacts := material.contacts) and (profit_of_plan := found(contacts.result, "incremental_profit", "the plan")):
        over = f"{contacts.result.facts.horizon_days} days after contact"
        yield Sum("Planned contacts: profit after costs", profit_of_plan, over, contacts.run_id)
    for record in material.learnings:
        if record.get("verdict") == "ship" and record.get("profit") is not None:
            yield Sum(
                f"Test {spoken(str(record['experiment_id']))}: profit", profit_of(record), "its users", record["run_id"]
            )


def money_at_risk(material: Material) -> Iterator[Sum]:
    """Customers who stopped, the worst tenth of the plan, its profit after media, and the shortfall foreseen now."""
    if (used := material.customers) and (stake := found(used.result, "value_at_risk", AT_RISK)):
        over = f"{used.result.horizon} {used.result.time_unit}s"
        yield Sum("Valuable customers who probably stopped: at most", stake, over, used.run_id)
    if plan := material.plan:
        over = f"{plan.result.horizon_weeks} weeks from {day(plan.result.first_week)}"
        if profit := profit_of_plan(material):
            share = percent(plan.result.margin, 0)
            yield Sum(f"Plan: profit after media at a margin of {share}", profit, over, plan.run_id)
        if worst := worst_tenth(material):
            yield Sum("Plan in its worst tenth: profit after media", worst, over, plan.run_id)
    if (review := material.review) and (shortfall := shortfall_of(material)):
        until = day((review.result.course["week"].iloc[-1] + pd.Timedelta(days=6)).date())
        yield Sum("Revenue expected, less what the plan foresaw", shortfall, f"until {until}", review.run_id)


def profit_of_media(material: Material) -> Estimate | None:
    """What media caused so far, at the plan's margin, less what they cost."""
    if material.media_mix is None or material.plan is None:
        return None
    caused = caused_by_media(material.media_mix.result)
    spent = spent_on_media(material.media_mix.result)
    return scaled(caused, material.plan.result.margin, spent) if caused else None


def profit_of_plan(material: Material) -> Estimate | None:
    """What the plan's media cause, at its margin, less what they cost."""
    if material.plan is None:
        return None
    result = material.plan.result
    revenue, spend = found(result, "revenue", "plan"), found(result, "spend", "plan")
    return scaled(revenue, result.margin, spend.estimate) if revenue and spend else None


def worst_tenth(material: Material) -> Estimate | None:
    """Mean profit after media in the tenth of the plan's saved draws that bring least."""
    if material.plan is None or material.plan.result.scenario_draws.empty:
        return None
    result = material.plan.result
    draws = result.scenario_draws
    revenue = draws["revenue"][draws["scenario"] == EXPECTED].nsmallest(
        max(1, int((draws["scenario"] == EXPECTED).sum() * WORST))
    )
    spend = found(result, "spend", "plan")
    if revenue.empty or spend is None:
        return None
    profit = float(revenue.mean()) * result.margin - spend.estimate
    return Estimate(quantity="worst_tenth", entity="plan", estimate=profit, unit=result.currency)


def shortfall_of(material: Material) -> Estimate | None:
    """Revenue expected at the plan's end, less what the plan foresaw: negative below plan."""
    if material.review is None:
        return None
    result = material.review.result
    expected, planned = found(result, "revenue", "expected"), found(result, "revenue", "planned")
    return scaled(expected, 1.0, planned.estimate) if expected and planned else None


def risks_of_checks(material: Material) -> Iterator[str]:
    """For each run with failed checks, what they put in doubt; the appendix tells them in full."""
    whole = True
    for used in material.runs():
        if failed := own_failures(material, used):
            whole = False
            doubted = IN_DOUBT.get(used.result.analysis, "its numbers")
            verb = "puts" if len(failed) == 1 else "put"
            names = "; ".join(f"{line.name}{f' ({line.brief})' if line.brief else ''}" for line in failed)
            yield f"**{called(used)}:** {counted(len(failed), 'failed check')} {verb} in doubt {doubted}: {_ended(names)}"
    if whole:
        yield "No check of any run failed."


def _after_media(material: Material) -> Iterator[Block]:
    """How much of revenue media are, and the one assumption behind their profit."""
    if (used := material.media_mix) and (share := share_of_media(used.result)):
        text = f"Media are {told(share)} of revenue, for {money(spent_on_media(used.result), material.currency)} spent."
        if material.plan:
            text += (
                f" Profit is revenue at the margin of {percent(material.plan.result.margin, 0)} that the plan was made with, "
                "less what media cost."
            )
        yield Prose(markdown=text)


def _returns(material: Material) -> Iterator[Block]:
    used = material.media_mix
    if used is None or (used.result.estimates["quantity"] == "roas").sum() == 0:
        return
    result = used.result
    rows: pd.DataFrame = result.estimates[result.estimates["quantity"] == "roas"]
    names = [str(name) for name in rows.sort_values("estimate", ascending=False)["entity"]]
    whole = return_of_media(result)
    returns = [(result.label(name), result.estimate("roas", name)) for name in names]
    chart = returns_beside_cost([*([("All media", whole)] if whole else []), *returns], material.currency)
    yield figure(chart, caption=f"Return of each channel (run {used.run_id}).").block


def _ended(text: str) -> str:
    return text if text.endswith((".", ".)")) else f"{text}."


def _table(sums: list[Sum], caption: str) -> Table:
    columns = (
        Column(name="What"),
        Column(name="Money", align="right"),
        Column(name="Interval", align="right"),
        Column(name="Over"),
        Column(name="Run"),
    )
    rows = tuple(
        (one.what, money(one.amount.estimate, one.amount.unit), _limits(one.amount), one.over, run_in_short(one.run_id))
        for one in sums
    )
    return Table(columns=columns, rows=rows, caption=caption, total_rows=len(rows))


def _limits(amount: Estimate) -> str:
    cell = interval_cell(amount)
    return cell if cell == DASH or pd.isna(amount.level) else f"{cell} ({percent(amount.level, 0)})"
