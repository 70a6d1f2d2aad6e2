"""Every mistake that a user can make, as one small tree.

A message names the thing, the value found, the rule and the mend, in one sentence; the command line
prints that sentence and exits non-zero.
"""

from __future__ import annotations

from collections.abc import Iterable

MOST_NAMED = 20


class WorkbenchError(Exception):
    """Something that the user can put right; its text is the whole message."""


class ConfigError(WorkbenchError):
    """`workbench.toml` can't be read or contradicts itself."""


class DataError(WorkbenchError):
    """A table breaks the contract of its canonical schema."""


class SpecError(WorkbenchError):
    """An analysis was asked for something that it can't mean."""


def unknown_experiment(table: str, experiment_id: str, known: Iterable[object]) -> SpecError:
    """The table holds other experiments than the one asked for."""
    names = ", ".join([str(name) for name in known][:MOST_NAMED]) or "no rows at all"
    return SpecError(f"{table} holds no experiment {experiment_id!r}; it holds {names}: name one of them")


class FitError(WorkbenchError):
    """A model could not be fitted to valid data."""


class InfeasiblePlan(WorkbenchError):
    """No plan satisfies all the limits at once."""


class OutOfReach(InfeasiblePlan):
    """Plans satisfy the limits, but none that was found reaches what was asked."""


class RunError(WorkbenchError):
    """A notebook run could not start, finish or be stored."""
