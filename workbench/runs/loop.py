"""The closed loop: what earlier runs learnt, as inputs of later ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.runs.parents import note_parent
from workbench.runs.store import collect_handoff, finished_runs

if TYPE_CHECKING:
    import pandas as pd

    from workbench.workspace import Workspace

LIFT_FILE = "lift_record.csv"
READOUT = "experiment_readout"


def lift_records(workspace: Workspace, market: str = "") -> pd.DataFrame:
    """All finished tests on channels: those of the company's own `lift` table, and those that readouts wrote.

    Where both know a test, the readout counts: it is the newer reading of the same data. Of several readouts of a test only the
    newest counts, also where it found the test invalid and so has no record.

    Args:
        workspace: Whose tests.
        market: The only market to look at, empty for all; a test that took place elsewhere too says nothing of it alone.

    Returns:
        A frame with the columns of the canonical `lift` table, empty where there are no tests.

    Raises:
        DataError: If a record breaks the schema of `lift`.
    """
    import pandas as pd

    from workbench.data.schemas import SCHEMAS
    from workbench.data.validate import require_valid_frame

    columns = list(SCHEMAS["lift"].columns)
    verdicts, replaced = _readouts(workspace.reports)
    collected = collect_handoff(workspace.reports, LIFT_FILE, key="experiment_id").reindex(columns=[*columns, "run_id"])
    counted = collected[~collected.run_id.isin(replaced)]
    read_out = counted[columns]
    known = workspace.frame("lift").reindex(columns=columns) if workspace.has("lift") else read_out.iloc[:0]
    invalid = [name for name, verdict in verdicts.items() if verdict == "invalid"]
    older = known[~known.experiment_id.isin([*read_out.experiment_id, *invalid])]
    counted, read_out, older = (_inside(frame, market) for frame in (counted, read_out, older))
    for run_id in counted.run_id.unique():
        note_parent(str(run_id))
    frames = [frame for frame in (read_out, older) if len(frame)]
    if not frames:
        return pd.DataFrame(columns=columns)
    records = pd.concat(frames, ignore_index=True)
    records = records.assign(weight=records.weight.fillna(1.0))
    require_valid_frame(records, "lift")
    return records


def _inside(records: pd.DataFrame, market: str) -> pd.DataFrame:
    return records[records.markets.astype(str).str.strip() == market] if market else records


def _readouts(reports: Path) -> tuple[dict[str, str], set[str]]:
    """The newest verdict on each experiment, and the runs whose readout a newer one has replaced."""
    from workbench.result import RESULT_FILE

    verdicts: dict[str, str] = {}
    replaced: set[str] = set()
    for record in finished_runs(reports):
        if record.summary.analysis == READOUT:
            found = json.loads((record.result_folder / RESULT_FILE).read_text(encoding="utf-8"))["fields"]
            name = str(found.get("experiment_id", record.run_id))
            if name in verdicts:
                replaced.add(record.run_id)
            verdicts.setdefault(name, str(found.get("verdict", "")))
    return verdicts, replaced
