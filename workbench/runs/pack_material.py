"""What a board pack is made from: of each analysis the newest finished run, of tests and scores of each one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from workbench.errors import WorkbenchError
from workbench.present.pack import Material, Used
from workbench.present.pack.saved import (
    SavedContacts,
    SavedCustomers,
    SavedDesign,
    SavedMediaMix,
    SavedPlan,
    SavedReadout,
    SavedReview,
    SavedScore,
)
from workbench.runs.learnings import learnings, newest_versions
from workbench.runs.store import readable_runs
from workbench.scenarios.pacing.result import PerformanceResult

if TYPE_CHECKING:
    from workbench.result import Result
    from workbench.runs.record import RunRecord
    from workbench.workspace import Workspace


# A pack that told of more would not be short.
MOST_TESTS = 8


class _Newest:
    """Loads the newest runs, and remembers why some can't be."""

    def __init__(self, records: Iterable[RunRecord]) -> None:
        self.records = [record for record in records if not record.market]
        self.unreadable: dict[str, str] = {}

    def one[R: Result](self, result_class: type[R]) -> Used[R] | None:
        return next(iter(self.each(result_class)), None)

    def each[R: Result](self, result_class: type[R], subject: str = "", most: int = 1) -> tuple[Used[R], ...]:
        """The newest run for each value of a parameter, in the order of these; the newest of all without one."""
        newest: dict[str, RunRecord] = {}
        for record in self.records:
            if record.summary.analysis == result_class.analysis:
                newest.setdefault(str(record.parameters.get(subject, "")), record)
        loaded = [self._loaded(result_class, record) for _, record in sorted(list(newest.items())[:most])]
        return tuple(used for used in loaded if used)

    def _loaded[R: Result](self, result_class: type[R], record: RunRecord) -> Used[R] | None:
        try:
            result = result_class.load(record.result_folder)
        except (WorkbenchError, OSError, ValueError) as error:
            why = str(error).replace(f"{record.result_folder}", "its result")
            self.unreadable[result_class.analysis] = f"the newest run {record.run_id} can't be read ({why})"
            return None
        return Used(record.run_id, result, result_digest(record))


def pack_material(workspace: Workspace) -> Material:
    """Gather it; runs that can't be read are told of and left out.

    Raises:
        RunError: If the registry of tests is damaged.
    """
    newest = _Newest(readable_runs(workspace.reports)[0])
    parts = {
        "customers": newest.one(SavedCustomers),
        "media_mix": newest.one(SavedMediaMix),
        "plan": newest.one(SavedPlan),
        "review": newest.one(PerformanceResult),
        "contacts": newest.one(SavedContacts),
        "scores": newest.each(SavedScore, "score", most=MOST_TESTS),
        "readouts": newest.each(SavedReadout, "experiment", most=MOST_TESTS),
        "designs": newest.each(SavedDesign, "experiment", most=MOST_TESTS),
        "learning_review": newest.one(SavedReview),
    }
    return Material(
        company=workspace.config.workspace.name,
        currency=workspace.config.workspace.currency,
        learnings=tuple(newest_versions(learnings(workspace.reports))),
        unreadable=newest.unreadable,
        **parts,  # type: ignore[arg-type]
    )


def result_digest(record: RunRecord) -> str:
    """Hash over the files of a run's result, as its record holds them."""
    files = sorted(f"{file.path} {file.sha256}" for file in record.artefacts if file.path.startswith("result/"))
    return hashlib.sha256("\n".join(files).encode()).hexdigest()
