"""Which earlier runs a run read: noted by whatever reads them, kept with the run for its lineage."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

RUN_DIR_VARIABLE = "WORKBENCH_RUN_DIR"
_FILE = ".parents"
_of_this_process: set[str] = set()


def note_parent(run_id: str) -> None:
    """Note that the analysis in progress read a run: for its supervisor where there is one, else for this process's next `save_run`."""
    supervised = os.environ.get(RUN_DIR_VARIABLE)
    if not supervised:
        _of_this_process.add(run_id)
    elif Path(supervised).is_dir():
        with open(Path(supervised) / _FILE, "a", encoding="utf-8") as stream:
            stream.write(f"{run_id}\n")


def note_parents_in(staged: Path, run_ids: Iterable[str]) -> None:
    """Note in a staged run what it read where it was executed."""
    with open(staged / _FILE, "a", encoding="utf-8") as stream:
        stream.writelines(f"{run_id}\n" for run_id in run_ids)


def noted_parents() -> tuple[str, ...]:
    """What was noted in this process since it was last asked."""
    found = tuple(sorted(_of_this_process))
    _of_this_process.clear()
    return found


def taken_parents(staged: Path) -> tuple[str, ...]:
    """What the notebook of a staged run noted; the note itself is removed."""
    note = staged / _FILE
    try:
        lines = note.read_text(encoding="utf-8").splitlines()
    except OSError:
        return ()
    note.unlink()
    return tuple(sorted(set(lines) - {""}))
