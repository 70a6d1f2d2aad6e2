"""What the experiments app says of tests: cards, gates, effects, and learnings by what a visitor looks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from workbench.apps.amount import Amount
from workbench.apps.cards import Card
from workbench.apps.experiments_course import change_unit
from workbench.apps.experiments_saved import ReadTest, SavedReadout
from workbench.present.check_titles import check_title
from workbench.result import Check
from workbench.runs.learnings import filtered
from workbench.wording import DASH, count, percent

KINDS = {"users": "on users", "geo": "in markets", "creative": "of creatives"}
TEST_HEADINGS = ("Test", "Kind", "State", "Verdict", "Effect", "Profit", "Ends")
GATE_HEADINGS = ("Gate", "What was found")
ARM_HEADINGS = ("Arm", "Units", "Share", "Share meant")
USUAL_LEVEL = 0.9
LIGHTS = {True: "✓ passed:", False: "✗ failed:", None: "For information:"}


@dataclass(frozen=True)
class Search:
    """What a visitor looks for among learnings; empty for everything."""

    text: str = ""
    channel: str = ""
    audience: str = ""
    market: str = ""
    kind: str = ""
    verdict: str = ""


def overview_rows(tests: Iterable[ReadTest]) -> list[tuple[str, ...]]:
    """One row a test."""
    return [
        (
            test.name,
            KINDS[test.readout.kind],
            test.state,
            test.readout.verdict,
            _effect(test.record),
            profit_of(test).told,
            DASH if test.end is None else f"{test.end:%-d %b %Y}",
        )
        for test in tests
    ]


def verdict_cards(test: ReadTest) -> list[Card]:
    """Verdict, effect, profit, and what would change the verdict."""
    decision = test.readout.decisions.to_dict("records")[0]
    profit = profit_of(test)
    level = level_of(test)
    return [
        Card("Verdict", test.readout.verdict, f"{decision['reason']}"),
        Card(
            f"Effect on {_words(test.record.get('metric') or 'the metric')}",
            _relative(test.record).text,
            _between(_relative(test.record), level),
        ),
        Card("Profit", profit.text, _between(profit, level)),
        Card("State", test.state, test.readout.would_change),
    ]


def profit_of(test: ReadTest) -> Amount:
    """What the treatment that stands for the test brought less what it cost; NaN where that isn't known."""
    known = [test.record.get(name) for name in ("profit", "profit_lower", "profit_upper")]
    estimate, lower, upper = (float("nan") if value is None else float(value) for value in known)
    return Amount(estimate, lower, upper, test.readout.currency)


def gate_rows(test: ReadTest) -> list[tuple[str, ...]]:
    """Every gate, those that failed first."""
    order = sorted(test.readout.checks, key=lambda check: {False: 0, True: 1, None: 2}[check.passed])
    return [(f"{LIGHTS[check.passed]} {_title(check)}", check.detail) for check in order]


def gates_sentence(test: ReadTest) -> str:
    """All gates in one sentence."""
    failed = [_title(check).lower() for check in test.readout.failed_checks]
    passed = sum(check.passed is True for check in test.readout.checks)
    if not failed:
        return f"All {passed} gates passed."
    return f"{len(failed)} of {passed + len(failed)} gates failed: {', '.join(failed)}."


def arm_rows(test: ReadTest) -> list[tuple[str, ...]]:
    """Units of each arm beside what was meant."""
    arms = test.readout.arms.to_dict("records")
    total = sum(arm["units"] for arm in arms)
    return [
        (arm["variant"], count(arm["units"]), percent(arm["units"] / total), percent(arm["expected_share"]))
        for arm in arms
    ]


def effects(test: ReadTest) -> dict[str, Amount]:
    """What moved, each with its interval: relative by metric, relative by group of markets, or by part of a creative."""
    readout = test.readout
    if readout.kind == "geo":
        rows = readout.cells.to_dict("records")
        return {
            row["cell"].replace("_", " "): Amount(row["lift"], row["lift_lower"], row["lift_upper"], "%")
            for row in rows
        }
    if readout.kind == "creative":
        rows = readout.parts[readout.parts["term"] == "part"].to_dict("records")
        return {
            f"{_words(row['factor'])}: {_words(row['part'])}": Amount(
                row["effect"], row["effect_lower"], row["effect_upper"], change_unit(row["unit"])
            )
            for row in rows
        }
    several = readout.effects["variant"].nunique() > 1
    return {
        f"{_words(row['metric'])}, {row['variant']}" if several else _words(row["metric"]): Amount(
            row["relative"], row["relative_lower"], row["relative_upper"], "%"
        )
        for row in readout.effects.to_dict("records")
    }


def level_of(test: ReadTest) -> str:
    """Level of the test's intervals."""
    return percent(float(test.record.get("level") or USUAL_LEVEL), 0)


def found(records: Sequence[Mapping[str, Any]], search: Search) -> list[dict[str, Any]]:
    """The records that fit, in their order."""
    return filtered([dict(record) for record in records], **vars(search))


def learning_lines(record: Mapping[str, Any]) -> list[str]:
    """A title, what was found, and what holds because of it."""
    told = {
        "Assumption": f"{record.get('assumption')} ({record.get('standing') or 'open'})"
        if record.get("assumption")
        else "",
        "Asked": record.get("hypothesis"),
        "Reuse": record.get("reuse"),
        "Audience": record.get("audience"),
        "Channel": record.get("channel"),
        "Markets": str(record.get("markets") or "").replace(";", ", "),
    }
    when = date.fromisoformat(record.get("end") or record["recorded_at"][:10])
    title = f"{_words(record['experiment_id'])}: {record.get('verdict') or 'no verdict'} ({when:%-d %b %Y})"
    return [
        title,
        str(record.get("headline") or ""),
        " · ".join(f"{name}: {text}" for name, text in told.items() if text),
    ]


def choices(records: Iterable[Mapping[str, Any]], field: str, every: str) -> dict[str, str]:
    """What can be looked for in a field, by how it is called; several of a record are joined by `;`."""
    named = {name.strip() for record in records for name in str(record.get(field) or "").split(";") if name.strip()}
    return {every: ""} | {name: name for name in sorted(named, key=str.casefold)}


def _relative(record: Mapping[str, Any]) -> Amount:
    known = [record.get(name) for name in ("relative", "relative_lower", "relative_upper")]
    estimate, lower, upper = (float("nan") if value is None else float(value) for value in known)
    return Amount(estimate, lower, upper, "%")


def _effect(record: Mapping[str, Any]) -> str:
    metric = record.get("metric")
    return f"{_words(metric)} {_relative(record).told}" if metric else DASH


def _between(amount: Amount, level: str) -> str:
    return f"{level} interval {amount.between}" if amount.between != DASH else "not known in this test"


def _title(check: Check) -> str:
    return check_title(check.name, SavedReadout.analysis) or _words(check.name).capitalize()


def _words(name: str) -> str:
    return "KPI" if name == "kpi" else str(name).replace("_", " ")
