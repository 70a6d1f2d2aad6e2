"""The last run of the same series, for an analysis to start from or to be compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from workbench.errors import RunError
from workbench.runs.parents import note_parent
from workbench.runs.store import readable_runs

if TYPE_CHECKING:
    from workbench.runs.record import RunRecord
    from workbench.workspace import Workspace

AUTO, NONE = "auto", "none"


@dataclass(frozen=True, kw_only=True)
class LastRun[T]:
    """What an earlier run left.

    Attributes:
        found: What was made of its folder, None where there is no such run.
        run: Its id, `none` where there is none.
        note: What a reader is told about the choice.
    """

    found: T | None = None
    run: str = NONE
    note: str


class Loadable(Protocol):
    """A kind of result."""

    @classmethod
    def load(cls, folder: Path) -> Self: ...


def last_run[T](
    workspace: Workspace,
    last: str,
    *,
    of_series: Callable[[RunRecord], bool],
    use: Callable[[Path], T],
    told: Callable[[str, T], str],
) -> LastRun[T]:
    """Find the run.

    Args:
        workspace: Whose runs are looked through.
        last: `auto` for the newest finished run of the series, `none` for no run, else a run's id, a unique beginning of it, or
            its folder.
        of_series: Whether a finished run is of the series.
        use: Makes of a run's folder what is wanted; raises RunError if it can't be used.
        told: The sentence about the run that was chosen, by its id.

    Returns:
        The run. Under `auto` one that can't be used is passed over and named, never an error.

    Raises:
        RunError: If the run that was named can't be used.
    """
    if last == NONE:
        return LastRun(note="This run was asked to look at no earlier one.")
    if last != AUTO:
        folder = _named(workspace, last)
        found = use(folder)
        note_parent(folder.name)
        return LastRun(found=found, run=folder.name, note=told(folder.name, found))
    records, unreadable = readable_runs(workspace.reports)
    passed_over = [str(error) for error in unreadable]
    for folder in (record.result_folder.parent for record in records if of_series(record)):
        try:
            found = use(folder)
        except RunError as error:
            passed_over.append(str(error))
        else:
            note_parent(folder.name)
            return LastRun(found=found, run=folder.name, note=_with_left_out(told(folder.name, found), passed_over))
    return LastRun(note=_with_left_out("There is no earlier run to compare with.", passed_over))


def load_result[R: Loadable](kind: type[R], folder: Path) -> R:
    """The result in a run's folder.

    Raises:
        RunError: If it can't be read.
    """
    try:
        return kind.load(folder / "result")
    except Exception as error:  # Each kind of damaged file makes its reader raise something of its own.
        said = str(error).replace(f"{folder / 'result'}/", "").replace(f"{folder}/", "")
        reason = " ".join(said.split()) or type(error).__name__
        raise RunError(f"run {folder.name} can't be read ({reason})") from error


def _named(workspace: Workspace, last: str) -> Path:
    named = workspace.root / last
    # The ledger's engine takes half a second to import, which every page of an app would wait for.
    from workbench.runs.history import find_run

    return named if named.is_dir() else find_run(workspace, last).result_folder.parent


def _with_left_out(note: str, passed_over: list[str]) -> str:
    return f"{note} Left out: {'; '.join(passed_over)}." if passed_over else note
