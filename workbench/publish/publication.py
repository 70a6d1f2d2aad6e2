"""Choose the runs that visitors see and record the choice: newer runs stay unseen until they are published too."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.apps.published import RECORD, Publication, PublicationRecord, read_publications
from workbench.errors import RunError
from workbench.publish.pack_choice import choose_pack
from workbench.runs.store import readable_runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from workbench.runs.record import RunRecord
    from workbench.workspace import Workspace

RECORD_FILE = "published.json"
ANALYSIS_OF_APP = {
    "scenario_planner": "scenario_planning",
    "media_mix": "media_mix",
    "segments": "segmentation",
    "experiments": "experiment_readout",
}
# Movement between segments is shown over time; of other analyses the newest run of each subject says it all.
MOST_OF_SUBJECT = {"segmentation": 12}
_SUBJECTS = ("experiment", "score")
_MOST_HISTORY = 200


def record_path(workspace: Workspace) -> Path:
    """Where the workspace keeps what is published."""
    return workspace.reports / RECORD_FILE


def publish_newest(workspace: Workspace, *, say: Callable[[str], None] | None = None) -> Publication:
    """Publish the newest finished run of every analysis: of experiments and scores, of each one.

    The newest board pack goes with them if it draws on no other runs.

    Args:
        say: Told one sentence at a time which board pack went along, or why none did.

    Raises:
        RunError: If there is no finished run at all, or the record can't be read or written.
    """
    records, _ = readable_runs(workspace.reports)
    chosen = chosen_runs(records)
    if not chosen:
        raise RunError(f"there is no finished run in {workspace.reports}; run an analysis first, then publish it")
    current = Publication(published_at=datetime.now(UTC).replace(microsecond=0), runs=chosen)
    choice = choose_pack(current.run_ids, workspace.reports)
    if say:
        for sentence in choice.told():
            say(sentence)
    current = replace(current, pack=choice.pack)
    path = record_path(workspace)
    earlier = read_publications(path) if path.is_file() else None
    if earlier and (earlier.current.runs, earlier.current.pack) == (current.runs, current.pack):
        return earlier.current
    history = (earlier.current, *earlier.history)[:_MOST_HISTORY] if earlier else ()
    _write(PublicationRecord(current=current, history=history), path)
    return current


def published(workspace: Workspace) -> Publication:
    """What was published last.

    Raises:
        RunError: If nothing was published yet.
    """
    path = record_path(workspace)
    if not path.is_file():
        raise RunError(f"nothing was published from {workspace.root} yet; run `workbench publish` or add `--update`")
    return read_publications(path).current


def published_run_ids(workspace: Workspace) -> frozenset[str]:
    """Ids of all runs that visitors see now, none where nothing was published.

    Raises:
        RunError: If the record can't be read.
    """
    path = record_path(workspace)
    return read_publications(path).current.run_ids if path.is_file() else frozenset()


def chosen_runs(records: Iterable[RunRecord]) -> dict[str, tuple[str, ...]]:
    """Ids of the runs to publish by analysis.

    Args:
        records: Finished runs, the newest first.
    """
    chosen: dict[str, list[str]] = {}
    seen: dict[tuple[str, str], int] = {}
    for record in (each for each in records if not each.market):
        analysis = record.summary.analysis
        subject = (analysis, _subject(record))
        seen[subject] = seen.get(subject, 0) + 1
        if analysis and seen[subject] <= MOST_OF_SUBJECT.get(analysis, 1):
            chosen.setdefault(analysis, []).append(record.run_id)
    return {analysis: tuple(ids) for analysis, ids in sorted(chosen.items())}


def apps_of(publication: Publication) -> tuple[str, ...]:
    """The apps that have something to show."""
    return tuple(app for app, analysis in ANALYSIS_OF_APP.items() if publication.runs.get(analysis))


def _subject(record: RunRecord) -> str:
    return " ".join(str(record.parameters.get(name, "")) for name in _SUBJECTS)


def _write(record: PublicationRecord, path: Path) -> None:
    """Whole or not at all: the server and the apps read this file at any time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, staged = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(RECORD.dump_json(record, indent=1))
        stream.flush()
        os.fsync(stream.fileno())
    os.chmod(staged, 0o644)
    os.replace(staged, path)
