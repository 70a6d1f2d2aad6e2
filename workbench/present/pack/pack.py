"""A board pack from results: the report, and what the next pack needs to know of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from workbench.present.document import Report
from workbench.present.pack.against_plan import against_plan_section
from workbench.present.pack.appendix import appendix_section, verdicts
from workbench.present.pack.changed import changed_section
from workbench.present.pack.cover import cover
from workbench.present.pack.decisions import decisions_of, decisions_section
from workbench.present.pack.headline import headlines
from workbench.present.pack.learned import learned_section
from workbench.present.pack.material import Material
from workbench.present.pack.money import money_section
from workbench.present.pack.record import AskedDecision, PackRecord, UsedRun

MOST_PAGES = 10


@dataclass(frozen=True)
class BoardPack:
    """A pack before it is written.

    Attributes:
        report: What PDF and HTML are written from.
        record: What the next pack compares with; without the hashes of files.
    """

    report: Report
    record: PackRecord


def board_pack(material: Material, last: PackRecord | None) -> BoardPack:
    """Make a pack.

    Args:
        material: The newest results.
        last: The pack to compare with, None for the first one.
    """
    now, checks, asked = headlines(material), verdicts(material), decisions_of(material, last)
    first = cover(material, asked, now, last)
    record = PackRecord(
        pack_id=pack_id(material, last),
        since=last.pack_id if last else "",
        made_at=material.made_at,
        runs=used_runs(material),
        learnings=tuple(str(record["run_id"]) for record in material.learnings),
        headlines=now,
        checks=checks,
        decisions=tuple(AskedDecision(key=decision.key, title=decision.title) for decision in asked),
        files={},
    )
    report = Report(
        title=first.title,
        workspace=first.workspace,
        period=first.period,
        run_id=record.pack_id,
        created_at=first.created_at,
        page_one=first,
        most_pages=MOST_PAGES,
        blocks=(
            *changed_section(material, now, checks, last),
            *money_section(material),
            *against_plan_section(material),
            *learned_section(material, last),
            *decisions_section(material, asked, last),
            *appendix_section(material),
        ),
    )
    return BoardPack(report=report, record=record)


def pack_id(material: Material, last: PackRecord | None) -> str:
    """The same runs and the same last pack make the same pack; ids sort by the newest result."""
    told = [f"{used.run_id} {used.digest}" for used in material.runs()]
    told += [str(record["run_id"]) for record in material.learnings]
    told.append(last.pack_id if last else "")
    digest = hashlib.sha256("\n".join(told).encode()).hexdigest()[:8]
    made = material.made_at
    return f"{made:%Y%m%dT%H%M%S}-board-{digest}" if made else f"board-{digest}"


def used_runs(material: Material) -> tuple[UsedRun, ...]:
    """The runs behind a pack, as its record keeps them."""
    return tuple(
        UsedRun(analysis=used.result.analysis, run_id=used.run_id, digest=used.digest) for used in material.runs()
    )
