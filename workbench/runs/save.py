"""Save what a notebook found: into its supervisor's run, or as a run of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import RunError
from workbench.runs.learnings import keep_learning, log_learnings
from workbench.runs.parents import RUN_DIR_VARIABLE, noted_parents
from workbench.runs.record import RunRecord, new_run_id, origin_of, summary_of
from workbench.runs.staging import discard, publish, stage, storage_errors

if TYPE_CHECKING:
    from workbench.experiments.registry.record import ExperimentRecord
    from workbench.result import Result
    from workbench.runs.handoff import Content
    from workbench.workspace import Workspace


def save_run(
    result: Result,
    *,
    handoff: Mapping[str, Content] | None = None,
    learning: ExperimentRecord | None = None,
    workspace: Workspace,
) -> Path:
    """Keep a result and the files for other systems.

    Under `workbench run` they join the run in progress, which becomes visible once the whole notebook has succeeded. In
    JupyterLab or under plain papermill they become a run folder of their own, without the notebook and its reports.

    Args:
        result: What was found.
        handoff: Rows or documents for other systems by file name, such as `lift_record.csv`.
        learning: What the registry of experiments is to remember.
        workspace: Whose reports folder keeps it.

    Returns:
        The run folder.

    Raises:
        RunError: If the reports folder can't be written.
    """

    def write(folder: Path) -> None:
        _write(result, handoff, learning, folder, workspace.reports)

    supervised = os.environ.get(RUN_DIR_VARIABLE)
    if supervised:
        write(Path(supervised))
        return Path(supervised)
    return _save_alone(result, write, workspace)


def _save_alone(result: Result, write: Callable[[Path], None], workspace: Workspace) -> Path:
    from workbench.runs.ledger import Ledger

    started_at = datetime.now(UTC)
    record = RunRecord(
        run_id=new_run_id(result.analysis, started_at),
        notebook=result.analysis,
        trigger="interactive",
        parameters=dict(result.provenance.parameters),
        started_at=started_at,
        workspace=workspace.config.workspace.name,
        origin=origin_of(None, workspace.root),
    )
    ledger = Ledger.of(workspace)
    staged = stage(workspace.reports, record.run_id)
    try:
        ledger.start(record)
        write(staged)
        found = replace(record.ended("finished"), summary=summary_of(staged / "result"), parents=noted_parents())
        ended = publish(staged, found)
    except BaseException as error:
        with suppress(RunError):
            ledger.end(record.ended("failed", reason=str(error)))
        raise
    finally:
        discard(staged)
    ledger.end(ended)
    log_learnings(workspace.reports)
    assert ended.path is not None
    return ended.path


def _write(
    result: Result,
    handoff: Mapping[str, Content] | None,
    learning: ExperimentRecord | None,
    folder: Path,
    reports: Path,
) -> None:
    from workbench.runs.handoff import write_handoff

    with storage_errors(reports):
        result.save(folder / "result")
        if handoff:
            write_handoff(handoff, folder / "handoff")
        if learning:
            keep_learning(learning, folder)
