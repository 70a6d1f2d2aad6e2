"""The last run of the same score: whether columns and probabilities are still spread as it saw them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import RunError
from workbench.runs.last_run import AUTO, LastRun, last_run, load_result

if TYPE_CHECKING:
    from workbench.propensity import PropensityResult
    from workbench.runs.record import RunRecord
    from workbench.workspace import Workspace


def last_score(workspace: Workspace, score: str, last: str = AUTO, *, as_of: str = "") -> LastRun[PropensityResult]:
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
    return last_run(
        workspace,
        last,
        of_series=lambda record: _is_of_series(record, score, as_of),
        use=lambda folder: _usable(folder, score),
        told=_told,
    )


def _is_of_series(record: RunRecord, score: str, as_of: str) -> bool:
    explores = bool(record.parameters.get("as_of", ""))
    if record.summary.analysis != "propensity" or explores != bool(as_of):
        return False
    # A run whose score can't be told is looked at, so that it is named among those that were passed over.
    return _score_of(record.result_folder) in (score, None)


def _score_of(folder: Path) -> str | None:
    from workbench.result import RESULT_FILE

    try:
        found = json.loads((folder / RESULT_FILE).read_text(encoding="utf-8"))
        return str(found["fields"]["card"]["score"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _usable(folder: Path, score: str) -> PropensityResult:
    from workbench.propensity import PropensityResult

    result = load_result(PropensityResult, folder)
    if result.card.score != score:
        raise RunError(f"run {folder.name} made the score {result.card.score}, not {score}")
    return result


def _told(run: str, result: PropensityResult) -> str:
    card = result.card
    return f"Compared with the run {run}, which scored {card.noun} as of {card.as_of:%-d %B %Y}."
