"""Summarise a batch: its main estimates side by side, checks that failed, and runs that didn't finish."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from workbench.batches.findings import batch_findings
from workbench.batches.members import Batch, Member
from workbench.config.labels import unmistakable
from workbench.errors import SpecError
from workbench.result import Check, Estimate, Provenance, Result, estimates_frame
from workbench.wording import named

# Results list first what money depends on; so many of their quantities are compared.
MOST_QUANTITIES = 3
MOST_ENTITIES = 12


@dataclass(frozen=True, kw_only=True)
class BatchSummary(Result):
    """Runs of one notebook beside each other.

    Attributes:
        batch: The fan-out's id.
        notebook: What ran.
        compares: The analysis whose results are compared.
        by: What the runs differ in, such as `market`.
        members: One row a run: name, run_id, status, reason, seconds, checks_passed, checks_failed, headline.
        compared: One row per (quantity, entity, name): estimate, lower, upper, unit, level.
        failed: One row a failed check of a run: name, check, detail.
    """

    analysis: ClassVar[str] = "batch_summary"

    batch: str
    notebook: str
    compares: str
    by: str
    members: pd.DataFrame
    compared: pd.DataFrame
    failed: pd.DataFrame


def summarise_batch(batch: Batch, provenance: Provenance) -> BatchSummary:
    """Put the runs of a batch side by side.

    Raises:
        SpecError: If no run finished with a result.
    """
    members, notebook = batch.members, batch.notebook
    if not batch.results:
        raise SpecError(f"no run of the fan-out {batch.batch_id} finished with a result; run {notebook} again")
    compared = _called(_compared(members), batch.labels)
    failed = pd.DataFrame(
        [
            {"name": member.name, "check": check.name, "detail": check.detail}
            for member in members
            for check in (member.result.failed_checks if member.result else ())
        ],
        columns=["name", "check", "detail"],
    )
    return BatchSummary(
        title=f"{named(notebook)} by {batch.by}",
        estimates=estimates_frame(_estimates(compared)),
        checks=tuple(_checks(members)),
        findings=batch_findings(batch, compared, failed),
        provenance=provenance,
        batch=batch.batch_id,
        notebook=notebook,
        compares=batch.analysis,
        by=batch.by,
        members=_members(members),
        compared=compared,
        failed=failed,
    )


def _compared(members: Sequence[Member]) -> pd.DataFrame:
    """The main estimates of all runs: quantities with an interval, in the order in which results list them."""
    frames = [
        member.result.estimates.dropna(subset=["lower", "upper"]).assign(name=member.name)
        for member in members
        if member.result
    ]
    every = pd.concat(frames, ignore_index=True)
    runs = every.groupby("quantity", sort=False)["name"].nunique()
    main = [str(quantity) for quantity in runs[runs > len(frames) / 2].index][:MOST_QUANTITIES]
    chosen = every[every["quantity"].isin(main)]
    shared = chosen.groupby(["quantity", "entity"], sort=False).cumcount()
    entities = chosen[shared == 0].groupby("quantity", sort=False).head(MOST_ENTITIES)
    kept = chosen.merge(entities[["quantity", "entity"]], on=["quantity", "entity"])
    columns = ["quantity", "entity", "name", "estimate", "lower", "upper", "unit", "level"]
    return kept[columns].reset_index(drop=True)


def _called(compared: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    called = unmistakable(list(compared["entity"].unique()), labels)
    return compared.assign(entity=compared["entity"].map(called))


def _estimates(compared: pd.DataFrame) -> Iterator[Estimate]:
    for row in compared.to_dict("records"):
        yield Estimate(
            quantity=row["quantity"],
            entity=f"{row['name']}/{row['entity']}",
            estimate=row["estimate"],
            lower=row["lower"],
            upper=row["upper"],
            unit=row["unit"],
            level=row["level"],
        )


def _checks(members: Sequence[Member]) -> Iterator[Check]:
    ended = [member for member in members if member.status == "finished"]
    missing = ", ".join(member.name for member in members if member.status != "finished")
    told = f"All {len(members)} runs finished."
    if missing:
        told = f"{len(ended)} of {len(members)} runs finished; missing: {missing}. Retry them before comparing."
    yield Check(name="all_runs_finished", passed=not missing, value=len(ended), threshold=len(members), detail=told)
    weak = [member.name for member in members if member.result and member.result.failed_checks]
    told = "No run failed a check."
    if weak:
        told = (
            f"Runs with a failed check: {len(weak)} ({', '.join(weak)}). Read their own reports before acting on them."
        )
    yield Check(name="checks_of_all_runs", passed=not weak, value=len(weak), threshold=0, detail=told)


def _members(members: Sequence[Member]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "name": member.name,
                "run_id": member.run_id,
                "status": member.status.replace("_", " "),
                "reason": member.reason,
                "seconds": member.seconds,
                "checks_passed": sum(check.passed is True for check in member.result.checks) if member.result else 0,
                "checks_failed": len(member.result.failed_checks) if member.result else 0,
                "headline": member.result.findings[0] if member.result and member.result.findings else member.reason,
            }
            for member in members
        ]
    )
