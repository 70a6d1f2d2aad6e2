"""Which old runs may go: none that is published, referenced by a board pack, or read by a run that stays."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from workbench.errors import RunError
from workbench.runs.board_pack import known_packs
from workbench.runs.history import open_history
from workbench.runs.ledger import Wanted
from workbench.runs.staging import FAILED, PREFIX, RUNS, clean_leftovers, storage_errors

if TYPE_CHECKING:
    from workbench.present.pack import PackRecord
    from workbench.runs.ledger import Ledger
    from workbench.runs.record import RunRecord
    from workbench.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Tidying:
    """What a policy removes.

    Attributes:
        removed: Runs that go, the oldest first.
        kept_old: Runs that are old enough and stay, because something refers to them.
        bytes: What the removed ones take on the disk.
    """

    removed: tuple[RunRecord, ...]
    kept_old: tuple[RunRecord, ...]
    bytes: int


def tidying(workspace: Workspace, referenced: Collection[str] = ()) -> Tidying:
    """What `[runs] keep_days` and `keep_runs` would remove now.

    Args:
        workspace: Whose policy and runs.
        referenced: Ids of published runs.

    Raises:
        RunError: If there is no policy, or a board pack can't be read: it may refer to any run.
    """
    policy = workspace.config.runs
    if policy.keep_days is None:
        raise RunError("[runs] keep_days isn't set, so every run stays; set after how many days runs may go")
    ledger, oldest = open_history(workspace), datetime.now(UTC) - timedelta(days=policy.keep_days)
    old = [record for record in ledger.runs(Wanted(before=oldest)) if record.status != "running"]
    newest = {run_id for name in {each.notebook for each in old} for run_id in _newest(ledger, name, policy.keep_runs)}
    candidates = {record.run_id for record in old} - newest
    packed = {run_id for pack in known_packs(workspace.reports) for run_id in _of_pack(pack)}
    kept = _referenced(candidates, packed | set(referenced), ledger.children(sorted(candidates)))
    removed = tuple(record for record in reversed(old) if record.run_id in candidates - kept)
    return Tidying(
        removed=removed,
        kept_old=tuple(record for record in reversed(old) if record.run_id in kept),
        bytes=sum(artefact.size_bytes for record in removed for artefact in record.artefacts),
    )


def tidy(workspace: Workspace, plan: Tidying) -> None:
    """Remove what was planned: each folder is out of sight at once, and only then its row; leftovers of killed runs go too.

    Raises:
        RunError: If a folder can't be removed; what was removed before stays so.
    """
    ledger = open_history(workspace)
    for record in plan.removed:
        with storage_errors(workspace.reports):
            for room in (RUNS, FAILED):
                folder = workspace.reports / room / record.run_id
                if folder.is_dir():
                    hidden = folder.with_name(f"{PREFIX}gone-{record.run_id}")
                    folder.rename(hidden)
                    shutil.rmtree(hidden)
        ledger.forget([record.run_id])
    clean_leftovers(workspace.reports)


def _newest(ledger: Ledger, notebook: str, most: int) -> set[str]:
    return {record.run_id for record in ledger.runs(Wanted(notebook=notebook, statuses=("finished",), most=most))}


def _of_pack(pack: PackRecord) -> set[str]:
    return {used.run_id for used in pack.runs} | set(pack.learnings)


def _referenced(candidates: set[str], named: set[str], read_by: list[tuple[str, str]]) -> set[str]:
    """Those of the candidates that are named, or that a run read which stays."""
    kept = candidates & named
    while True:
        more = {parent for child, parent in read_by if child not in candidates or child in kept} & candidates - kept
        if not more:
            return kept
        kept |= more
