"""The runs of a fan-out, as its summary reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.batches import Batch, Member, members_named
from workbench.config.labels import unmistakable
from workbench.data.labelled import labels_of
from workbench.errors import RunError
from workbench.result import Result
from workbench.runs.history import all_runs
from workbench.runs.ledger import Wanted
from workbench.runs.parents import note_parent

if TYPE_CHECKING:
    from workbench.runs.record import RunRecord
    from workbench.workspace import Workspace

LATEST = "latest"


def batch_of_runs(workspace: Workspace, batch: str = LATEST) -> Batch:
    """A fan-out with the last try of each of its runs, in the order of what they are called.

    Args:
        workspace: Whose runs.
        batch: Its id, or `latest`.

    Raises:
        RunError: If there is no such fan-out, or a result can't be read.
    """
    chosen = batch if batch != LATEST else _newest(workspace)
    tries = all_runs(workspace, Wanted(batch=chosen)) if chosen else []
    if not tries:
        raise RunError(f"there is no fan-out {batch!r}; run `workbench run NOTEBOOK --each market=…` first")
    last = {repr(sorted(record.parameters.items())): record for record in reversed(tries)}
    records = list(last.values())
    labels = labels_of(workspace.config)
    by, names = members_named([record.parameters for record in records])
    if by in labels:
        called = unmistakable(names, labels[by])
        names = [called[name] for name in names]
    members = [_member(name, record) for name, record in zip(names, records, strict=True)]
    ordered = tuple(sorted(members, key=lambda member: member.name))
    analysis = next((record.summary.analysis for record in records if record.summary.analysis), "")
    return Batch(
        batch_id=chosen,
        notebook=records[0].notebook,
        analysis=analysis,
        by=by,
        members=ordered,
        labels=labels["channel"],
    )


def _newest(workspace: Workspace) -> str:
    return next((record.batch for record in all_runs(workspace) if record.batch), "")


def _member(name: str, record: RunRecord) -> Member:
    result = None
    if record.status == "finished" and record.summary.analysis:
        result = Result.load(record.result_folder)
        note_parent(record.run_id)
    return Member(
        name=name,
        run_id=record.run_id,
        status=record.status,
        reason=record.reason,
        seconds=record.seconds,
        result=result,
    )
