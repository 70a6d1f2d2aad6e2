"""Decisions that tests ask for: what to do with each verdict, and which test to make next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from workbench.present.check_titles import check_title
from workbench.present.pack.amounts import found, listed
from workbench.present.pack.decision import Decision, doubt
from workbench.present.pack.headline import profit_of, spoken
from workbench.present.pack.learned import TITLE as LEARNED
from workbench.present.pack.learned import new_learnings, would_change
from workbench.present.pack.material import Material, Used
from workbench.present.pack.record import PackRecord
from workbench.present.pack.saved import SavedDesign, SavedMediaMix
from workbench.result import Estimate
from workbench.wording import money, percent

LEARNT = "learnt_from_data"
LITTLE = 0.5


def test_decisions(material: Material, last: PackRecord | None) -> Iterator[Decision]:
    """Of each test read out since the last pack, then the next ones to make."""
    for record in new_learnings(material, last):
        yield _on_verdict(material, record)
    known = {str(record["experiment_id"]) for record in material.learnings}
    planned = [design for design in material.designs if design.result.experiment_id not in known]
    for design in planned:
        yield _next_test(design)
    if not planned and material.media_mix:
        yield from _tests_of_channels(material, material.media_mix)


def _on_verdict(material: Material, record: Mapping[str, Any]) -> Decision:
    name, verdict = spoken(str(record["experiment_id"])), str(record.get("verdict") or "")
    variant = str(record.get("variant") or "the treatment")
    profit = profit_of(record)
    known = not pd.isna(profit.estimate)
    title, otherwise = _asked(name, verdict, variant, profit)
    change = would_change(material, record)
    why = [f"{doubt(profit)} What the test found stands under “{LEARNED}”."] if known else []
    if change and verdict in ("inconclusive", "keep running"):
        why.append(change.rstrip(".") + ".")
    if failed := str(record.get("failed_checks") or ""):
        names = [check_title(check, "experiment_readout") or spoken(check) for check in failed.split(";")]
        why.append(f"Failed checks of its readout: {'; '.join(names)}.")
    return Decision(
        key=f"test/{record['experiment_id']}",
        title=title,
        why=tuple(why),
        stake=profit if known else None,
        stake_is="profit in the test" if known else "",
        otherwise=otherwise,
        owner=str(record.get("owner") or ""),
        run_id=str(record["run_id"]),
    )


def _asked(name: str, verdict: str, variant: str, profit: Estimate) -> tuple[str, str]:
    """What to sign, and what happens otherwise."""
    earned = (
        ""
        if pd.isna(profit.estimate)
        else f" of {money(profit.estimate, profit.unit)} on as many customers as the test had"
    )
    match verdict:
        case "ship":
            return f"Ship {variant} (test {name})", f"The profit{earned} isn't made."
        case "stop":
            return f"Stop {variant} (test {name})", "It goes on at a loss or without effect."
        case "keep running":
            return f"Let test {name} run on", "It ends before it can be told what is best."
        case "invalid":
            return f"Repeat test {name}, whose reading is invalid", "What was to be learned stays unknown."
    return f"Go on with test {name}", "It is closed, and whether it pays stays unknown."


def _next_test(design: Used[SavedDesign]) -> Decision:
    result = design.result
    cost = _cost(result)
    return Decision(
        key=f"design/{result.experiment_id or result.title}",
        title=f"Approve the test {spoken(result.experiment_id) or result.title}",
        why=result.findings[:2],
        stake=None if pd.isna(cost) else Estimate(quantity="cost", entity="test", estimate=cost, unit=result.currency),
        stake_is="" if pd.isna(cost) else "what it costs",
        otherwise="What it is to tell stays unknown.",
        run_id=design.run_id,
    )


def _cost(result: SavedDesign) -> float:
    if result.plan is not None:
        return result.plan.cost
    return float(result.markets["budget"].iloc[0]) if len(result.markets) else float("nan")


def _tests_of_channels(material: Material, used: Used[SavedMediaMix]) -> Iterator[Decision]:
    """Where the data say little of channels, a test would: which one stands in the media mix's check."""
    result = used.result
    check = next((check for check in result.failed_checks if check.name == LEARNT), None)
    rows = result.estimates[result.estimates["quantity"] == LEARNT]
    vague = [str(name) for name in rows["entity"][rows["estimate"] < LITTLE]]
    if check is None or not vague:
        return
    stake, stake_is = _spent_unknowing(material, used, vague)
    _, _, tests = check.detail.partition("mostly what was assumed before: ")
    yield Decision(
        key="test/next",
        title=f"Make the next test on {listed([result.label(name) for name in vague])}",
        why=(
            f"The data removed less than {percent(LITTLE, 0)} of what is uncertain about their returns.",
            f"Tests that would: {tests}" if tests else check.detail,
        ),
        stake=stake,
        stake_is=stake_is,
        due="before the next plan",
        otherwise="The next plan rests on what was assumed of these channels.",
        run_id=used.run_id,
    )


def _spent_unknowing(material: Material, used: Used[SavedMediaMix], vague: list[str]) -> tuple[Estimate, str]:
    """What the plan spends on these channels, or without a plan what was spent so far."""
    if plan := material.plan:
        rows = plan.result.plan
        spent = float(rows["planned_spend"][rows["channel"].isin(vague)].sum())
        told = f"planned for them over {plan.result.horizon_weeks} weeks, hardly knowing what it brings"
    else:
        spent = sum(spend.estimate for name in vague if (spend := found(used.result, "spend", name)))
        told = "spent on them so far, hardly knowing what it brought"
    return Estimate(quantity="spend", entity="vague", estimate=spent, unit=used.result.currency), told
