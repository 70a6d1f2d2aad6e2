"""What differs between two runs: what they were made by, what they read, and what they found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from workbench.errors import RunError
from workbench.runs.history import find_run

if TYPE_CHECKING:
    import pandas as pd

    from workbench.runs.record import RunRecord
    from workbench.workspace import Workspace

_KEYS = ["quantity", "entity"]
_HASHES = {
    "notebook_sha256": "notebook",
    "code_sha256": "code of the package",
    "lock_sha256": "locked libraries",
    "config_sha256": "configuration",
    "data_sha256": "mapped data",
    "commit": "commit",
    "package": "version",
    "python": "Python",
}


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that two runs have otherwise: `first` and `second` are None where a run lacks it."""

    name: str
    first: Any
    second: Any


@dataclass(frozen=True, kw_only=True)
class RunDifference:
    """Two runs beside each other.

    Attributes:
        first: The one.
        second: The other.
        origin: What they were made by.
        parameters: Their parameters.
        inputs: Fingerprints of the tables and results that they read.
        parents: The earlier runs that they read.
        checks: Checks that passed in one and not in the other.
        estimates: One row per `(quantity, entity)` of either: estimate, lower, upper of both, `change` (second − first), and `overlap`,
            the share of the shorter interval that lies inside the other one; NaN where an interval is missing.
    """

    first: RunRecord
    second: RunRecord
    origin: tuple[Difference, ...]
    parameters: tuple[Difference, ...]
    inputs: tuple[Difference, ...]
    parents: tuple[Difference, ...]
    checks: tuple[Difference, ...]
    estimates: pd.DataFrame


def run_difference(workspace: Workspace, first: str, second: str) -> RunDifference:
    """Compare two finished runs of one analysis.

    Args:
        workspace: Whose runs.
        first: As of `find_run`.
        second: As of `find_run`.

    Raises:
        RunError: If a run isn't there, has no result, or they are of different analyses.
    """
    one, other = find_run(workspace, first), find_run(workspace, second)
    _require_comparable(one, other)
    from workbench.result import Result

    results = [Result.load(record.result_folder) for record in (one, other)]
    checks = [{check.name: check.passed for check in result.checks} for result in results]
    return RunDifference(
        first=one,
        second=other,
        origin=tuple(_differences(_origin(one), _origin(other))),
        parameters=tuple(_differences(one.parameters, other.parameters)),
        inputs=tuple(_differences(one.summary.inputs, other.summary.inputs)),
        parents=tuple(_differences(dict.fromkeys(one.parents, True), dict.fromkeys(other.parents, True))),
        checks=tuple(_differences(*checks)),
        estimates=compared(results[0].estimates, results[1].estimates),
    )


def compared(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Two tables of estimates beside each other; see `RunDifference.estimates`."""
    columns = [*_KEYS, "estimate", "lower", "upper", "unit"]
    both = first[columns].merge(second[columns], on=_KEYS, how="outer", suffixes=("_first", "_second"), sort=False)
    unit = both["unit_first"].fillna(both["unit_second"])
    shared = _smaller(both.upper_first, both.upper_second) + _smaller(-both.lower_first, -both.lower_second)
    shorter = _smaller(both.upper_first - both.lower_first, both.upper_second - both.lower_second)
    overlap = (shared.clip(lower=0) / shorter.where(shorter > 0)).where(shared.notna())
    # Of a point, all or nothing lies inside the other interval.
    overlap = overlap.where(shorter.isna() | (shorter > 0), (shared >= 0).astype(float))
    change = both.estimate_second - both.estimate_first
    return both.drop(columns=["unit_first", "unit_second"]).assign(unit=unit, change=change, overlap=overlap)


def _smaller(first: pd.Series[float], second: pd.Series[float]) -> pd.Series[float]:
    """The smaller of each two; NaN where either is missing."""
    return first.where(first <= second, second).where(first.notna())


def _require_comparable(one: RunRecord, other: RunRecord) -> None:
    for record in (one, other):
        if record.status != "finished" or not record.summary.analysis:
            state = "saved no result" if record.status == "finished" else f"is {record.status.replace('_', ' ')}"
            raise RunError(f"run {record.run_id} {state}, so there is nothing to compare; name a finished run")
    if one.summary.analysis != other.summary.analysis:
        raise RunError(
            f"run {one.run_id} is a {one.summary.analysis} and {other.run_id} a {other.summary.analysis}; name two runs of one analysis"
        )


def _origin(record: RunRecord) -> dict[str, Any]:
    plain = asdict(record.origin)
    return {told: plain[name] for name, told in _HASHES.items() if plain[name]}


def _differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[Difference]:
    for name in dict.fromkeys((*first, *second)):
        if first.get(name) != second.get(name):
            yield Difference(name=name, first=first.get(name), second=second.get(name))
