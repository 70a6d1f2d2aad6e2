"""What was learned: verdicts of tests since the last pack, each with what it changes in the next plan, and those of before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from workbench.mmm.saved_lifts import tells_lift_effects
from workbench.present.blocks import Block, Column, Heading, Note, Prose, Table
from workbench.present.pack.amounts import day, told
from workbench.present.pack.headline import profit_of, spoken
from workbench.present.pack.material import Material, how_to_get
from workbench.present.pack.record import PackRecord
from workbench.result import Estimate
from workbench.wording import DASH, interval, money, percent

TITLE = "What we learned"
MOST_TOLD = 5
MOST_LISTED = 15
NOTHING_YET = "it changes no plan until the test is settled"


def learned_section(material: Material, last: PackRecord | None) -> Iterator[Block]:
    """Tests read since the last pack in full, earlier ones as a table."""
    yield Heading(level=2, text=TITLE)
    if not material.learnings:
        yield Note(text=how_to_get(material, "experiment_readout"))
        return
    fresh = new_learnings(material, last)
    if not fresh:
        yield Prose(markdown="No test was read out since the last pack.")
    for record in fresh[:MOST_TOLD]:
        yield Heading(level=3, text=_heading(record))
        yield Prose(markdown="\n".join(f"- {sentence}" for sentence in sentences_of(material, record)))
    if fresh:
        yield verdict_table(fresh, "Tests read out since the last pack." if last else "All tests so far.")
    known = [record for record in material.learnings[::-1] if record not in fresh]
    if known:
        yield verdict_table(known, "Tests that earlier packs told of, by their newest readout.")
    yield from _programme(material)


def new_learnings(material: Material, last: PackRecord | None) -> list[Mapping[str, Any]]:
    """Newest readouts that the last pack didn't know, the newest first."""
    told_before = set(last.learnings) if last else set()
    return [record for record in material.learnings[::-1] if record["run_id"] not in told_before]


def sentences_of(material: Material, record: Mapping[str, Any]) -> Iterator[str]:
    """What one test found, what it makes of the assumption, and what follows from it."""
    yield str(record.get("headline") or "Its readout says nothing in words.")
    if record.get("assumption"):
        yield f"It was assumed: {_ended(str(record['assumption']))} This is {_standing(record)}."
    yield f"For the next plan: {changes_next(material, record)}."
    if change := would_change(material, record):
        yield f"What would change the verdict: {_ended(change[:1].lower() + change[1:])}"
    yield f"Run {record['run_id']}{_when(record)}."


def changes_next(material: Material, record: Mapping[str, Any]) -> str:
    """What the next plan does differently for this test."""
    channel = str(record.get("channel") or "")
    if record.get("verdict") == "invalid":
        return "nothing, as the test can't be trusted"
    if channel:
        return _of_media(material, channel, str(record["run_id"]))
    verdict = record.get("verdict")
    if verdict == "ship":
        reuse = str(record.get("reuse") or "").rstrip(".")
        again = f"; where else it may serve: {reuse[:1].lower()}{reuse[1:]}" if reuse else ""
        return f"{record.get('variant') or 'the treatment'} becomes the usual way, and its profit counts from then on{again}"
    if verdict == "stop":
        return f"{record.get('variant') or 'the treatment'} is left out"
    if verdict == "keep running":
        return "the test goes on, with more of what leads so far"
    return NOTHING_YET


def would_change(material: Material, record: Mapping[str, Any]) -> str:
    """What the readout says would change its verdict; empty where its run is gone."""
    runs = {used.run_id: used.result.would_change for used in material.readouts}
    return runs.get(str(record["run_id"]), "")


def verdict_table(records: list[Mapping[str, Any]], caption: str) -> Table:
    """Test, verdict, effect and profit of each."""
    names = ("Test", "Verdict", "Moved", "Effect", "Interval", "Profit", "Its interval", "Owner")
    right = {"Effect", "Interval", "Profit", "Its interval"}
    return Table(
        columns=tuple(Column(name=name, align="right" if name in right else "left") for name in names),
        rows=tuple(_verdict_row(record) for record in records[:MOST_LISTED]),
        caption=f"{caption} Effect: relative to those who were left as they were.",
        total_rows=len(records),
    )


def _verdict_row(record: Mapping[str, Any]) -> tuple[str, ...]:
    effect, profit = _effect(record), profit_of(record)
    metric = "revenue" if record.get("metric") == "kpi" else str(record.get("metric") or DASH)
    return (
        spoken(str(record["experiment_id"])),
        str(record.get("verdict") or DASH),
        metric,
        DASH if effect is None else _signed(effect.estimate),
        DASH if effect is None else interval(effect.lower, effect.upper, "%"),
        DASH if pd.isna(profit.estimate) else money(profit.estimate, profit.unit),
        interval(profit.lower, profit.upper, profit.unit),
        str(record.get("owner") or DASH),
    )


def _effect(record: Mapping[str, Any]) -> Estimate | None:
    numbers = [record.get(name) for name in ("relative", "relative_lower", "relative_upper", "level")]
    if any(value is None for value in numbers[:3]):
        return None
    estimate, lower, upper, level = (float("nan") if value is None else float(value) for value in numbers)
    return Estimate(
        quantity="relative", entity="test", estimate=estimate, lower=lower, upper=upper, unit="%", level=level
    )


def _signed(share: float) -> str:
    return f"{'+' if share > 0 else ''}{percent(share)}"


def _of_media(material: Material, channel: str, run_id: str) -> str:
    """A test of a channel is evidence of the next media mix."""
    used = material.media_mix
    label = used.result.label(channel) if used else channel
    # Ids begin with the moment of the run.
    if used is None or used.run_id < run_id:
        return f"its lift is evidence on {label} for the next media mix (`workbench run media_mix`), and with it for the plan"
    effects = used.result.lift_effects
    if not tells_lift_effects(effects.columns):
        return f"its lift is evidence on {label} in the media mix of run {used.run_id}, and with it in the plan"
    tested = effects[(effects["channel"] == channel) & (effects["tests"] != "")]
    rows = tested[tested["quantity"] == "roas"].set_index("said_by")
    if not {"sales history", "both"} <= set(rows.index):
        return f"nothing yet, as no test on {label} counted in the media mix of run {used.run_id}"
    alone, both = (_back(rows.loc[name], used.result.currency) for name in ("sales history", "both"))
    return f"tests moved what {label} returned per unit of spend from {alone} to {both} (run {used.run_id}), and plans use the latter"


def _back(row: Any, currency: str) -> str:
    return told(
        Estimate(
            quantity="roas",
            entity=str(row["channel"]),
            estimate=float(row["estimate"]),
            lower=float(row["lower"]),
            upper=float(row["upper"]),
            unit=currency,
            level=0.9,
        )
    )


def _programme(material: Material) -> Iterator[Block]:
    if used := material.learning_review:
        sentences = "\n".join(f"- {sentence}" for sentence in used.result.findings[:3])
        yield Prose(markdown=f"All tests together (run {used.run_id}):\n\n{sentences}")


def _heading(record: Mapping[str, Any]) -> str:
    name = spoken(str(record["experiment_id"]))
    return f"{name[:1].upper()}{name[1:]}: {record.get('verdict') or 'no verdict'}"


def _standing(record: Mapping[str, Any]) -> str:
    standing = str(record.get("standing") or "open")
    return {"supported": "supported by the test", "refuted": "refuted by the test"}.get(standing, "still open")


def _when(record: Mapping[str, Any]) -> str:
    days = [pd.Timestamp(record[name]).date() for name in ("start", "end") if record.get(name)]
    return f", tested {' to '.join(map(day, days))}" if days else ""


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."
