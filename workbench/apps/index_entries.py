"""What was published of each analysis, from which run, how old its data are, and what isn't published yet."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from workbench.apps.published import (
    PUBLISHED_VARIABLE,
    Publication,
    PublicationRecord,
    read_publications,
    read_published,
)
from workbench.errors import RunError
from workbench.present.check_titles import check_title
from workbench.result import Check, Result
from workbench.runs.record import RunRecord
from workbench.workspace import Workspace

UPDATE = "workbench publish --update"


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """What can be published.

    Attributes:
        name: Of its results.
        answers: The question that it answers.
        notebook: What `workbench run` calls it.
        app: Its live app, empty where there is none.
        ages: Whether newer data change what it says; a finished test stays what it was.
        subject: Parameter that says what a run is about, empty where there is but one thing.
    """

    name: str
    answers: str
    notebook: str
    app: str = ""
    ages: bool = True
    subject: str = ""

    def command(self, subject: object = "") -> str:
        """What makes a new run, about the same subject."""
        return f"workbench run {self.notebook}" + (f" -p {self.subject}={subject}" if self.subject and subject else "")


ANALYSES = (
    Analysis(
        name="scenario_planning",
        answers="What to spend, and where",
        notebook="scenario_planning",
        app="scenario_planner",
    ),
    Analysis(name="performance_review", answers="Whether the plan holds", notebook="performance_review"),
    Analysis(name="media_mix", answers="What media bring", notebook="media_mix", app="media_mix"),
    Analysis(
        name="experiment_readout",
        answers="What tests found",
        notebook="experiment_readout",
        app="experiments",
        ages=False,
    ),
    Analysis(name="learning_review", answers="What all tests teach", notebook="learning_review", ages=False),
    Analysis(name="experiment_design", answers="Which test to run next", notebook="experiment_design", ages=False),
    Analysis(name="segmentation", answers="Who the customers are", notebook="segmentation", app="segments"),
    Analysis(name="propensity", answers="Who will act", notebook="propensity", subject="score"),
    Analysis(name="next_best_action", answers="What to do for whom", notebook="next_best_action"),
)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One published run.

    Attributes:
        title: The report's.
        headline: Its first finding.
        run_id: Of the run.
        finished: When the run ended.
        window: First and last day of its data, None where there are none.
        checks: How many checks passed or failed.
        failed: Those that failed, with what to do.
        analysis: Of which analysis.
        reports: Which reports it has, of pdf and html.
        command: What makes it anew from newer data.
        earlier: How many earlier runs of the same were published with it.
    """

    title: str
    headline: str
    run_id: str
    finished: datetime
    window: tuple[date, date] | None
    checks: int
    failed: tuple[Check, ...]
    analysis: Analysis
    reports: tuple[str, ...]
    command: str
    earlier: int = 0


@dataclass(frozen=True, kw_only=True)
class Missing:
    """An analysis of which nothing is published, and the commands that change that."""

    analysis: Analysis
    commands: tuple[str, ...]


def publications(workspace: Workspace) -> PublicationRecord | None:
    """What the server that started this process publishes, else what the workspace published last; None for nothing."""
    path = Path(os.environ.get(PUBLISHED_VARIABLE) or workspace.reports / "published.json")
    return read_publications(path) if path.is_file() else None


def entries(publication: Publication, workspace: Workspace) -> tuple[list[Entry], list[str]]:
    """The published runs in the order of `ANALYSES`, and a sentence for each whose folder is gone."""
    found: list[Entry] = []
    gone: list[str] = []
    for analysis in ANALYSES:
        records = []
        for run_id in publication.runs.get(analysis.name, ()):
            try:
                records.append(read_published(workspace, run_id))
            except RunError as error:
                gone.append(str(error))
        # Explorations of a day in the past say nothing of today.
        records.sort(key=lambda record: bool(record.parameters.get("calibration_end")))
        found += [_entry(record, analysis) for record in records]
    return newest_of_title(found), gone


def newest_of_title(found: Sequence[Entry]) -> list[Entry]:
    """Of runs of the same title, the first; it tells how many there are besides."""
    alike: dict[tuple[str, str], list[Entry]] = {}
    for entry in found:
        alike.setdefault((entry.analysis.name, entry.title), []).append(entry)
    return [replace(same[0], earlier=len(same) - 1) for same in alike.values()]


def missing(publication: Publication, finished: Iterable[RunRecord], workspace: Workspace) -> list[Missing]:
    """Analyses without a published run; one that has run already only needs to be published."""
    ran = {record.summary.analysis for record in finished}
    first = {
        "experiment": next(iter(workspace.config.experiments), ""),
        "score": next(iter(workspace.config.scores), ""),
    }
    return [
        Missing(
            analysis=analysis,
            commands=(UPDATE,) if analysis.name in ran else (analysis.command(first.get(analysis.subject, "")), UPDATE),
        )
        for analysis in ANALYSES
        if not publication.runs.get(analysis.name)
    ]


def age_in_days(entry: Entry, at: datetime) -> int | None:
    """Days from the last day of the data to a moment."""
    return None if entry.window is None else max((at.astimezone(UTC).date() - entry.window[1]).days, 0)


def is_fresh(entry: Entry, now: datetime, fresh_days: int) -> bool | None:
    """Whether the last day of the data lies at most so many days back; None where age doesn't matter or isn't known."""
    age = age_in_days(entry, now)
    return None if age is None or not entry.analysis.ages else age <= fresh_days


def titled(check: Check, analysis: Analysis) -> str:
    """A check as page one calls it."""
    return check_title(check.name, analysis.name) or check.name.replace("_", " ").capitalize()


def _entry(record: RunRecord, analysis: Analysis) -> Entry:
    summary = record.summary
    files = {artefact.path for artefact in record.artefacts}
    return Entry(
        title=summary.title or analysis.answers,
        headline=summary.headline,
        run_id=record.run_id,
        finished=record.finished_at or record.started_at,
        window=summary.window,
        checks=summary.checks_passed + summary.checks_failed,
        failed=Result.load(record.result_folder).failed_checks if summary.checks_failed else (),
        analysis=analysis,
        command=analysis.command(record.parameters.get(analysis.subject, "")),
        reports=tuple(kind for kind in ("pdf", "html") if f"report.{kind}" in files),
    )
