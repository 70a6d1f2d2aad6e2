"""Recognise that a run was made before: same day, notebook, code, libraries, configuration, parameters and data, nothing learnt since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.runs.data_state import data_sha256
from workbench.runs.history import open_history
from workbench.runs.ledger import Ledger, Wanted
from workbench.runs.notebooks import find_notebook
from workbench.runs.parameters import parse_assignments, read_parameters, with_defaults
from workbench.runs.record import Origin, RunRecord, origin_of

if TYPE_CHECKING:
    from workbench.workspace import Workspace


def run_made_before(
    workspace: Workspace, name: str, assignments: Sequence[str], *, ask_engine: bool = False
) -> RunRecord | None:
    """The newest finished run that running a notebook now would only repeat, None where there is none.

    A run of today (UTC) counts if the hashes of its notebook, of this package, of the lock file, of the configuration and of all mapped
    data are what they are now, its parameters are the same, and every run of another notebook that finished since was made from it:
    what such a run learnt might be read now.

    Args:
        workspace: Whose runs and tables.
        name: As of `run_notebook`.
        assignments: As of `run_notebook`.
        ask_engine: As of `data_sha256`.

    Raises:
        RunError: As of `run_notebook`, before it starts.
    """
    notebook = find_notebook(name, workspace.root)
    parameters = read_parameters(notebook)
    asked = with_defaults(parse_assignments(assignments, parameters, where=notebook.stem), parameters)
    ledger, midnight = open_history(workspace), datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    done = ledger.runs(Wanted(notebook=notebook.stem, statuses=("finished",), since=midnight))
    alike = [record for record in done if record.parameters == asked and _folder_stands(record)]
    if not alike:
        return None
    data, made_by = data_sha256(workspace, ask_engine=ask_engine), _made_by(origin_of(notebook, workspace.root))
    same = (
        record for record in alike if data and record.origin.data_sha256 == data and _made_by(record.origin) == made_by
    )
    found = next(same, None)
    return found if found and _nothing_learnt_since(found, ledger) else None


def _made_by(origin: Origin) -> tuple[str, ...]:
    return (origin.notebook_sha256, origin.code_sha256, origin.lock_sha256, origin.config_sha256, origin.python)


def _folder_stands(record: RunRecord) -> bool:
    return record.path is not None and Path(record.path).is_dir()


def _nothing_learnt_since(record: RunRecord, ledger: Ledger) -> bool:
    later = ledger.runs(Wanted(statuses=("finished",), since=record.started_at))
    made_from_it = {record.run_id}
    for other in sorted(later, key=lambda run: run.started_at):
        if made_from_it & set(other.parents):
            made_from_it.add(other.run_id)
        elif other.notebook != record.notebook:
            return False
    return True
