"""What the apps load: the runs that were published, or in JupyterLab the newest finished ones."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from workbench.errors import RunError
from workbench.result import Result
from workbench.runs.record import RunRecord, read_record
from workbench.runs.staging import RUNS
from workbench.runs.store import finished_runs
from workbench.workspace import Workspace, open_workspace

PUBLISHED_VARIABLE = "WORKBENCH_PUBLISHED"


@dataclass(frozen=True, kw_only=True)
class PublishedPack:
    """A board pack that visitors may see.

    Attributes:
        pack_id: Its id.
        made_at: The date on its cover, UTC; None where its results don't say.
    """

    pack_id: str
    made_at: datetime | None = None

    @property
    def title(self) -> str:
        """What links call it."""
        return f"Board pack of {self.made_at:%-d %B %Y}" if self.made_at else "Board pack"


@dataclass(frozen=True, kw_only=True)
class Publication:
    """One act of publishing.

    Attributes:
        published_at: When, UTC.
        runs: Ids of the published runs by analysis, the newest first.
        pack: The board pack that rests on these runs alone, None where there is none.
    """

    published_at: datetime
    runs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    pack: PublishedPack | None = None

    @property
    def run_ids(self) -> frozenset[str]:
        """Every run whose app and report may be seen."""
        return frozenset(run_id for ids in self.runs.values() for run_id in ids)


@dataclass(frozen=True, kw_only=True)
class PublicationRecord:
    """The content of `reports/published.json`.

    Attributes:
        current: What visitors see.
        history: What they saw before, the newest first.
    """

    current: Publication
    history: tuple[Publication, ...] = ()


@dataclass(frozen=True)
class Published[R: Result]:
    """A saved result as an app shows it.

    Attributes:
        result: As saved.
        record: The run that saved it.
        workspace: Whose it is.
        published_at: When it was published, UTC; None where the newest run is shown unpublished, as in JupyterLab.
    """

    result: R
    record: RunRecord
    workspace: Workspace
    published_at: datetime | None


def published_result[R: Result](result_class: type[R], workspace: str | Path = "") -> Published[R]:
    """The newest published result of a class.

    Raises:
        RunError: If no such run was published, or one was and its folder is gone.
    """
    opened = open_workspace(workspace)
    records, published_at = published_runs(result_class.analysis, opened)
    return _loaded(result_class, records[0], opened, published_at)


def published_results[R: Result](result_class: type[R], workspace: str | Path = "") -> tuple[Published[R], ...]:
    """Every published result of a class, the newest first.

    Raises:
        RunError: If no such run was published, or one was and its folder is gone.
    """
    opened = open_workspace(workspace)
    records, published_at = published_runs(result_class.analysis, opened)
    return tuple(_loaded(result_class, record, opened, published_at) for record in records)


def published_runs(analysis: str, workspace: Workspace) -> tuple[tuple[RunRecord, ...], datetime | None]:
    """The published runs of an analysis, the newest first, and when they were published.

    Raises:
        RunError: If none was published, or one was and its folder is gone.
    """
    publication = published_here()
    if publication is None:
        finished = finished_runs(workspace.reports)
        records = tuple(run for run in finished if run.summary.analysis == analysis and not run.market)
    else:
        records = tuple(read_published(workspace, run_id) for run_id in publication.runs.get(analysis, ()))
    if not records:
        state = "finished" if publication is None else "published"
        raise RunError(f"there is no {state} {analysis} run; run `workbench run {analysis}`, then publish again")
    return records, publication.published_at if publication else None


def published_here() -> Publication | None:
    """What the server that started this process publishes; None in a process that no such server started."""
    named = os.environ.get(PUBLISHED_VARIABLE, "")
    return read_publications(Path(named)).current if named else None


def read_published(workspace: Workspace, run_id: str) -> RunRecord:
    """The record of a published run.

    Raises:
        RunError: If its folder is gone.
    """
    folder = workspace.reports / RUNS / run_id
    if not folder.is_dir():
        raise RunError(f"the published run {run_id} is gone from {folder.parent}; run `workbench publish --update`")
    return read_record(folder)


def read_publications(path: Path) -> PublicationRecord:
    """Read `published.json`.

    Raises:
        RunError: If it can't be read.
    """
    try:
        return RECORD.validate_json(path.read_bytes())
    except (OSError, ValueError, ValidationError) as error:
        detail = str(error).splitlines()[0]
        raise RunError(f"{path} can't be read ({detail}); move it away and publish again") from None


def _loaded[R: Result](
    result_class: type[R], record: RunRecord, workspace: Workspace, published_at: datetime | None
) -> Published[R]:
    return Published(result_class.load(record.result_folder), record, workspace, published_at)


RECORD = TypeAdapter(PublicationRecord)
