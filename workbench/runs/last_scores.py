"""The last run of the same score: whether columns and probabilities are still spread as it saw them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import RunError
from workbench.runs.earlier import AUTO, FIRST, NONE, UNASKED, named_folder, newest_usable, unreadable, with_left_out

if TYPE_CHECKING:
    from workbench.propensity import PropensityResult
    from workbench.runs.record import RunRecord
    from workbench.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class LastScore:
    """What an earlier run left.

    Attributes:
        result: What it found, None where there is none.
        run: Its id, `none` where there is none.
        note: What a reader is told about the choice.
    """

    result: PropensityResult | None = None
    run: str = NONE
    note: str


def last_score(workspace: Workspace, score: str, last: str = AUTO, *, as_of: str = "") -> LastScore:
    """Find the run to compare a score with.

    Args:
        workspace: Whose runs are looked through.
        score: Name of the score.
        last: `auto` for the newest finished run of the same score, `none` for no run, else a run's id, a unique beginning of it, or
            its folder.
        as_of: Of the notebook's parameters. Runs as of a day of the past are explorations: they make a series of their own.

    Raises:
        RunError: If the run that was named can't be used.
    """
    if last == NONE:
        return LastScore(note=UNASKED)
    if last != AUTO:
        folder = named_folder(workspace, last)
        return _noted(folder, _read(folder, score), [])

    def belongs(record: RunRecord) -> bool:
        return (
            record.summary.analysis == "propensity"
            and bool(record.parameters.get("as_of", "")) == bool(as_of)
            and _named(record.result_folder.parent) in (score, "")
        )

    found, passed_over = newest_usable(workspace, belongs, lambda folder: (folder, _read(folder, score)))
    if found is None:
        return LastScore(note=with_left_out(FIRST, passed_over))
    return _noted(*found, passed_over)


def _noted(folder: Path, result: PropensityResult, passed_over: list[str]) -> LastScore:
    card = result.card
    note = f"Compared with the run {folder.name}, which scored {card.noun} as of {card.as_of:%-d %B %Y}."
    return LastScore(result=result, run=folder.name, note=with_left_out(note, passed_over))


def _named(folder: Path) -> str:
    """Which score a run made; empty where that can't be read."""
    from workbench.errors import WorkbenchError
    from workbench.propensity import PropensityResult

    try:
        return PropensityResult.load(folder / "result").card.score
    except (WorkbenchError, OSError, ValueError, KeyError, TypeError):
        return ""


def _read(folder: Path, score: str) -> PropensityResult:
    from workbench.propensity import PropensityResult

    try:
        result = PropensityResult.load(folder / "result")
    except Exception as error:  # Each kind of damaged file makes its reader raise something of its own.
        raise unreadable(folder, error) from error
    if result.card.score != score:
        raise RunError(f"run {folder.name} made the score {result.card.score}, not {score}")
    return result
