"""A batch and its runs, as a summary takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.result import Result


@dataclass(frozen=True, kw_only=True)
class Member:
    """One run of a batch.

    Attributes:
        name: What tells it from the others, such as its market.
        run_id: Its id.
        status: How it ended.
        reason: Why it didn't finish.
        seconds: How long it took.
        result: What it found, None where it didn't finish or saved nothing.
    """

    name: str
    run_id: str
    status: str
    reason: str
    seconds: float
    result: Result | None


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A fan-out that has ended.

    Attributes:
        batch_id: Its id.
        notebook: What ran.
        analysis: Of its runs' results, which names their checks.
        by: What its runs differ in, such as `market`.
        members: Its runs.
        labels: How reports call what results tell of, such as channels, by its name; other names stay.
    """

    batch_id: str
    notebook: str
    analysis: str
    by: str
    members: tuple[Member, ...]
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def results(self) -> dict[str, Result]:
        """What the finished runs found, by what they are called."""
        return {member.name: member.result for member in self.members if member.result}


def members_named(parameters: Sequence[Mapping[str, Any]]) -> tuple[str, list[str]]:
    """What runs differ in, and what each is called by it.

    Args:
        parameters: Of each run.

    Returns:
        The parameters' names joined, and a name each: the value alone where the runs differ in one parameter.
    """
    names = [name for name in parameters[0] if len({repr(each.get(name)) for each in parameters}) > 1]
    if len(names) == 1:
        return names[0], [_text(each[names[0]]) for each in parameters]
    return " and ".join(names) or "run", [
        " ".join(f"{name} {_text(each[name])}" for name in names) or f"run {place}"
        for place, each in enumerate(parameters, start=1)
    ]


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
