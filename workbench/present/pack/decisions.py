"""Decisions asked for: numbered, the most money first, each with what is at stake, until when, and what happens otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.present.blocks import Block, Column, Heading, Note, Prose, Table
from workbench.present.pack.amounts import counted, interval_cell, told
from workbench.present.pack.decision import Decision
from workbench.present.pack.decisions_on_customers import contact_decisions
from workbench.present.pack.decisions_on_plan import plan_decisions
from workbench.present.pack.decisions_on_tests import test_decisions
from workbench.present.pack.material import Material
from workbench.present.pack.record import PackRecord
from workbench.wording import DASH, in_unit

TITLE = "Decisions asked for"
MOST = 12
BOX = "☐ yes  ☐ no"


def decisions_of(material: Material, last: PackRecord | None) -> tuple[Decision, ...]:
    """All that the runs ask for, those of most money first."""
    asked = (*plan_decisions(material), *contact_decisions(material), *test_decisions(material, last))
    return tuple(sorted(asked, key=lambda decision: -decision.size))


def decisions_section(material: Material, asked: Sequence[Decision], last: PackRecord | None) -> Iterator[Block]:
    """A table to sign, then each decision with its reasons."""
    yield Heading(level=2, text=TITLE)
    stamps = [used for used in (material.plan, material.review) if used and used.result.stamp]
    if stamps:
        yield Note(text=f"Nothing is asked on the strength of run {stamps[0].run_id}: {stamps[0].result.stamp}.")
    if not asked:
        yield Prose(markdown="These runs ask for no decision.")
        return
    yield _table(asked[:MOST])
    for number, decision in enumerate(asked[:MOST], start=1):
        yield Heading(level=3, text=f"{number}. {decision.title}")
        yield Prose(markdown="\n".join(f"- {sentence}" for sentence in _told(decision, last)))
    if len(asked) > MOST:
        rest = "; ".join(decision.title for decision in asked[MOST:])
        yield Prose(markdown=f"{counted(len(asked) - MOST, 'more decision')} of less money: {rest}.")


def asked_before(decision: Decision, last: PackRecord | None) -> bool:
    """Whether the last pack asked for it already, on the strength of the same run."""
    keys = {asked.key for asked in last.decisions} if last else set()
    runs = {used.run_id for used in last.runs} if last else set()
    return decision.key in keys and decision.run_id in runs


def _told(decision: Decision, last: PackRecord | None) -> Iterator[str]:
    yield from decision.why
    stake = f"**At stake:** {told(decision.stake)}, {decision.stake_is}. " if decision.stake else ""
    yield f"{stake}**By:** {decision.due}." if decision.due else stake
    yield f"**If not:** {decision.otherwise}"
    owner = f"**Owner:** {decision.owner}. " if decision.owner else ""
    again = " The last pack asked for this already." if asked_before(decision, last) else ""
    yield f"{owner}**Run:** {decision.run_id}.{again}"


def _table(asked: Sequence[Decision]) -> Table:
    names = ("No.", "What to sign", "At stake", "Interval", "By", "Owner", "Signed")
    right = {"At stake", "Interval"}
    return Table(
        columns=tuple(Column(name=name, align="right" if name in right else "left") for name in names),
        rows=tuple(_row(number, decision) for number, decision in enumerate(asked, start=1)),
        caption="Decisions, those of most money first; what each money is stands below.",
        total_rows=len(asked),
    )


def _row(number: int, decision: Decision) -> tuple[str, ...]:
    stake = decision.stake
    return (
        str(number),
        decision.title,
        in_unit(stake.estimate, stake.unit) if stake else DASH,
        interval_cell(stake) if stake else DASH,
        decision.due or DASH,
        decision.owner or DASH,
        BOX,
    )
