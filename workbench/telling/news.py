"""What happened, before anybody is told: a run that ended, or a time of a schedule that came to nothing."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.config import Happening
from workbench.errors import WorkbenchError
from workbench.runs.record import RunRecord, Status
from workbench.telling.masking import of_a_failure, without_identifiers

if TYPE_CHECKING:
    from workbench.result import Check

DRIFT = "drift_of_"
TRIGGERS = "triggers"
REPORT = "report.pdf"
_ENDED = {"timed_out": "timed out", "cancelled": "was cancelled", "killed": "was killed", "lost": "was lost"}


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing that happened.

    Attributes:
        happening: Of which kind.
        brief: For the subject of a message.
        sentence: What was found; speaks of no person.
    """

    happening: Happening
    brief: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class News:
    """All that there is to tell of one run, or of one time of a schedule.

    Attributes:
        subject: What it is about, so that it is told once: the run's id, or the schedule's name and time.
        notebook: The notebook's name.
        items: What happened.
        run_id: Empty where there is no run.
        occasion: The schedule and its time, empty for other runs.
        report: The PDF, None where there is none.
        finding: The first finding of a finished run, empty where it has none.
    """

    subject: str
    notebook: str
    items: tuple[Item, ...]
    run_id: str = ""
    occasion: str = ""
    report: Path | None = None
    finding: str = ""


def news_of_run(record: RunRecord, occasion: str = "") -> News:
    """What a run that has ended has to tell."""
    finished = record.status == "finished"
    report = record.path / REPORT if finished and record.path else None
    return News(
        subject=record.run_id,
        notebook=record.notebook,
        items=_found(record) if finished else (_failure(ending_of(record.status), record.reason),),
        run_id=record.run_id,
        occasion=occasion,
        report=report if report and report.is_file() else None,
        finding=without_identifiers(record.summary.headline) if finished else "",
    )


def news_of_time(notebook: str, occasion: str, *, ended: str, reason: str, run_id: str = "", further: int = 0) -> News:
    """What a time of a schedule has to tell that didn't come to a finished run.

    Args:
        notebook: The notebook's name.
        occasion: The schedule and the time.
        ended: How, such as `failed` or `was skipped`.
        reason: Why.
        run_id: Its last run, empty where there was none.
        further: Earlier times that ended alike for the same reason.
    """
    more = f" (so did {further} earlier times)" if further else ""
    failure = _failure(ended, f"{reason}{more}")
    return News(subject=run_id or occasion, notebook=notebook, items=(failure,), run_id=run_id, occasion=occasion)


def ending_of(status: Status) -> str:
    """How a run ended that didn't finish, in words."""
    return _ENDED.get(status, "failed")


def _failure(ended: str, reason: str) -> Item:
    return Item(happening="failure", brief=ended, sentence=of_a_failure(reason) or f"It {ended}, and nobody knows why.")


def _found(record: RunRecord) -> tuple[Item, ...]:
    return (
        *_failed_checks(record),
        Item(happening="success", brief="finished", sentence=f"{record.notebook} finished."),
    )


def _failed_checks(record: RunRecord) -> tuple[Item, ...]:
    failed = record.summary.checks_failed
    if not failed:
        return ()
    # What pandas reads is needed by few runs.
    from workbench.result import Result

    with suppress(WorkbenchError, OSError, ValueError, KeyError):
        checks = Result.load(record.result_folder).failed_checks
        return tuple(_item(check, record.summary.analysis) for check in checks)
    sentence = f"{failed} of its checks failed; its result can't be read any more."
    return (Item(happening="failed_check", brief="checks failed", sentence=sentence),)


def _item(check: Check, analysis: str) -> Item:
    from workbench.present.check_titles import check_title

    detail = without_identifiers(check.detail)
    if check.name == TRIGGERS:
        return Item(happening="trigger", brief="a trigger has sounded", sentence=detail)
    title = check.title or check_title(check.name, analysis) or check.name.replace("_", " ").capitalize()
    sentence = f"{title}: {detail}" if detail else title
    if check.name.startswith(DRIFT):
        return Item(happening="drift", brief="drift", sentence=sentence)
    return Item(happening="failed_check", brief="checks failed", sentence=sentence)
