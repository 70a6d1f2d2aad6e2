"""What earlier runs found of customers, as inputs of the next best action: their values and their scores."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import ConfigError, RunError
from workbench.runs.history import find_run
from workbench.runs.last_run import NONE
from workbench.runs.parents import note_parent
from workbench.runs.store import readable_runs

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.runs.record import RunRecord
    from workbench.workspace import Workspace

LATEST = "latest"
VALUES, SCORES = "customer_values.csv", "scores.csv"


@dataclass(frozen=True, kw_only=True)
class HandedOn:
    """Rows that an earlier run left, without the customers who were erased since.

    Attributes:
        table: customer_id and the columns asked for; None where there is no such run.
        run: Its id, `none` where there is none.
        note: What a reader is told about it.
    """

    table: pa.Table | None = None
    run: str = NONE
    note: str


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Scores by name."""

    found: dict[str, HandedOn]

    @property
    def tables(self) -> dict[str, pa.Table | None]:
        """customer_id and probability by score, None for those that no run has made."""
        return {name: handed.table for name, handed in self.found.items()}

    @property
    def runs(self) -> str:
        """The runs that were read, for a result's parameters."""
        return ", ".join(dict.fromkeys(handed.run for handed in self.found.values())) or NONE


def latest_values(workspace: Workspace, run: str = LATEST) -> HandedOn:
    """Segment and expected value of each customer, from a segmentation.

    Args:
        workspace: Whose runs are looked through.
        run: `latest` for the newest finished run, `none` for none, else a run's id or a unique beginning of it.

    Raises:
        RunError: If the run that was named can't be used.
    """
    if run == NONE:
        return HandedOn(note="This run was asked to read no values.")
    columns = {"customer_id": "string", "segment": "string", "expected_value": "float64"}
    for record in _candidates(workspace, run, "segmentation", VALUES):
        if record.parameters.get("calibration_end") and run == LATEST:
            continue
        return _read(record, workspace, VALUES, columns, f"Values are those of the run {record.run_id}.")
    return HandedOn(
        note="No segmentation has run yet, so segments aren't known; run `workbench run segmentation` first."
    )


def latest_scores(workspace: Workspace, names: Iterable[str], run: str = LATEST) -> Scores:
    """Probabilities of the scores that are asked for, each from the newest run that made it.

    Args:
        workspace: Whose runs are looked through.
        names: Of scores of customers; empty names are passed over.
        run: `latest`, `none`, or a run's id or a unique beginning of it.

    Raises:
        ConfigError: If a score is in no run and couldn't be, since it isn't declared or is of leads.
        RunError: If the run that was named can't be used, or holds none of the scores.
    """
    wanted = [name for name in dict.fromkeys(names) if name]
    if run == NONE:
        return Scores(
            found={name: HandedOn(note=f"This run was asked not to read the score {name}.") for name in wanted}
        )
    made = [(record, _card(record)) for record in _candidates(workspace, run, "propensity", SCORES)] if wanted else []
    if run != LATEST and wanted and not any(card.get("score") in wanted for _, card in made):
        raise RunError(f"run {run} made none of the scores {', '.join(wanted)}; name another run, or `latest`")
    return Scores(found={name: _score(name, made, workspace) for name in wanted})


def _score(name: str, made: list[tuple[RunRecord, dict[str, Any]]], workspace: Workspace) -> HandedOn:
    for record, card in made:
        if card.get("score") == name and card.get("kind") != "lead" and not card.get("rehearsal"):
            columns = {"id": "string", "probability": "float64"}
            return _read(record, workspace, SCORES, columns, f"The score {name} is that of the run {record.run_id}.")
    _require_declared(name, workspace)
    return HandedOn(
        note=f"The score {name} has not been made for customers yet; run `workbench run propensity -p score={name}` first."
    )


def _require_declared(name: str, workspace: Workspace) -> None:
    """A score that is yet to be made can be made."""
    declared = workspace.config.scores
    of_customers = ", ".join(known for known, spec in declared.items() if spec.kind != "lead") or "none"
    if name not in declared or declared[name].kind == "lead":
        what = "scores leads, not customers" if name in declared else "isn't declared"
        raise ConfigError(
            f"next_best_action names the score {name!r}, which {what}; scores of customers are {of_customers}: correct the name or add "
            f"[scores.{name}] of kind conversion or churn"
        )


def _candidates(workspace: Workspace, run: str, analysis: str, file: str) -> list[RunRecord]:
    """Runs that may be read, the newest first; unless one is named, those without the file are passed over."""
    if run != LATEST:
        found = find_run(workspace, run)
        # The parameter of the other analysis may name a run that isn't of this one.
        return [found] if found.summary.analysis == analysis else []
    records, _ = readable_runs(workspace.reports)
    return [record for record in records if record.summary.analysis == analysis and (_handed(record) / file).is_file()]


def _handed(record: RunRecord) -> Path:
    return Path(record.result_folder.parent) / "handoff"


def _card(record: RunRecord) -> dict[str, Any]:
    from workbench.result import RESULT_FILE

    try:
        found = json.loads((record.result_folder / RESULT_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"run {record.run_id} has no readable result ({error}); run propensity again") from error
    return dict(found["fields"].get("card", {}))


def _read(record: RunRecord, workspace: Workspace, file: str, columns: dict[str, str], note: str) -> HandedOn:
    import pyarrow as pa
    from pyarrow import csv

    from workbench.customers.erasure import forget

    path = _handed(record) / file
    types = {name: pa.type_for_alias(kind) for name, kind in columns.items()}
    try:
        rows = csv.read_csv(path, convert_options=csv.ConvertOptions(column_types=types, include_columns=list(columns)))
    except (OSError, pa.ArrowException, KeyError) as error:
        raise RunError(
            f"run {record.run_id} has no readable {file} ({' '.join(str(error).split())}); run it again"
        ) from error
    note_parent(record.run_id)
    named = rows.rename_columns(["customer_id" if name == "id" else name for name in rows.column_names])
    return HandedOn(table=forget(named, workspace.optional_table("erasures")), run=record.run_id, note=note)
