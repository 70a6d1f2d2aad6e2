"""Choose the runs that visitors see and record the choice: newer runs stay unseen until they are published too."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.apps.published import RECORD, Publication, PublicationRecord, PublishedPack, read_publications
from workbench.errors import RunError
from workbench.runs.staging import PACKS
from workbench.runs.store import readable_runs

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def publish_newest(workspace: Workspace) -> Publication:
    """Publish the newest finished run of every analysis: of experiments and scores, of each one.

    The newest board pack goes with them if it draws on no other runs.

    Raises:
        RunError: If there is no finished run at all, or a pack or the record can't be read or written.
    """
    records, _ = readable_runs(workspace.reports)
    chosen = chosen_runs(records)
    if not chosen:
        raise RunError(f"there is no finished run in {workspace.reports}; run an analysis first, then publish it")
    current = Publication(published_at=datetime.now(UTC).replace(microsecond=0), runs=chosen)
    current = replace(current, pack=_pack_of(current.run_ids, workspace.reports))
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


def chosen_runs(records: Iterable[RunRecord]) -> dict[str, tuple[str, ...]]:
    """Ids of the runs to publish by analysis.

    Args:
        records: Finished runs, the newest first.
    """
    chosen: dict[str, list[str]] = {}
    seen: dict[tuple[str, str], int] = {}
    for record in records:
        analysis = record.summary.analysis
        subject = (analysis, _subject(record))
        seen[subject] = seen.get(subject, 0) + 1
        if analysis and seen[subject] <= MOST_OF_SUBJECT.get(analysis, 1):
            chosen.setdefault(analysis, []).append(record.run_id)
    return {analysis: tuple(ids) for analysis, ids in sorted(chosen.items())}


def apps_of(publication: Publication) -> tuple[str, ...]:
    """The apps that have something to show."""
    return tuple(app for app, analysis in ANALYSIS_OF_APP.items() if publication.runs.get(analysis))


def _pack_of(run_ids: frozenset[str], reports: Path) -> PublishedPack | None:
    """The newest pack, unless it draws on a run that visitors may not see."""
    if not (reports / PACKS).is_dir():
        return None
    # Whatever writes packs takes seconds to import, and most workspaces have none.
    from workbench.runs.board_pack import known_packs

    pack = next(iter(known_packs(reports)), None)
    used = {run.run_id for run in pack.runs} if pack else set()
    if pack is None or not used or not used <= run_ids:
        return None
    return PublishedPack(pack_id=pack.pack_id, made_at=pack.made_at)


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
