"""Where a run comes from, and what was made from it: which report used which fit on which data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.runs.history import find_run, open_history
from workbench.runs.ledger import Ledger, Wanted

if TYPE_CHECKING:
    from workbench.runs.record import RunRecord
    from workbench.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """A run among those it read and those that read it.

    Attributes:
        run: The run.
        ancestors: What it read, what those read, and so on: record and distance, the nearest first.
        descendants: What was made from it, in the same way.
        forgotten: Ids of runs that were read and of which nothing is known any more.
    """

    run: RunRecord
    ancestors: tuple[tuple[RunRecord, int], ...]
    descendants: tuple[tuple[RunRecord, int], ...]
    forgotten: tuple[str, ...]

    @property
    def tables(self) -> dict[str, dict[str, str]]:
        """Fingerprint of every input by name, by the id of the run that read it: its own first."""
        runs = (self.run, *(record for record, _ in self.ancestors))
        return {record.run_id: record.summary.inputs for record in runs if record.summary.inputs}


def lineage_of(workspace: Workspace, name: str) -> Lineage:
    """The lineage of a run.

    Args:
        workspace: Whose runs.
        name: As of `find_run`.

    Raises:
        RunError: As of `find_run`.
    """
    run, ledger = find_run(workspace, name), open_history(workspace)
    above = dict(_walk(run.run_id, lambda run_id: _parents(ledger, run_id)))
    below = dict(_walk(run.run_id, lambda run_id: [child for child, _ in ledger.children([run_id])]))
    known = {run_id: record for run_id in {*above, *below} if (record := _known(ledger, run_id))}
    return Lineage(
        run=run,
        ancestors=tuple((known[run_id], far) for run_id, far in above.items() if run_id in known),
        descendants=tuple((known[run_id], far) for run_id, far in below.items() if run_id in known),
        forgotten=tuple(sorted(above.keys() - known.keys())),
    )


def _walk(start: str, following: Callable[[str], list[str]]) -> Iterator[tuple[str, int]]:
    """Every id that is reached, the nearest first, each once."""
    seen, nearest, far = {start}, [start], 0
    while nearest:
        far += 1
        nearest = [found for run_id in nearest for found in following(run_id)]
        nearest = [found for found in dict.fromkeys(nearest) if found not in seen]
        seen |= set(nearest)
        yield from ((found, far) for found in nearest)


def _parents(ledger: Ledger, run_id: str) -> list[str]:
    record = _known(ledger, run_id)
    return list(record.parents) if record else []


def _known(ledger: Ledger, run_id: str) -> RunRecord | None:
    found = ledger.runs(Wanted(begins=run_id, most=1))
    return found[0] if found and found[0].run_id == run_id else None
