"""The closed loop: what earlier runs learnt, as inputs of later ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.runs.store import collect_handoff

if TYPE_CHECKING:
    import pandas as pd

    from workbench.workspace import Workspace

LIFT_FILE = "lift_record.csv"


def lift_records(workspace: Workspace) -> pd.DataFrame:
    """All finished tests on channels: those of the company's own `lift` table, and those that readouts wrote.

    Where both know a test, the readout counts: it is the newer reading of the same data.

    Returns:
        A frame with the columns of the canonical `lift` table, empty where there are no tests.

    Raises:
        DataError: If a record breaks the schema of `lift`.
    """
    import pandas as pd

    from workbench.data.schemas import SCHEMAS
    from workbench.data.validate import require_valid_frame

    columns = list(SCHEMAS["lift"].columns)
    read_out = collect_handoff(workspace.reports, LIFT_FILE, key="experiment_id").reindex(columns=columns)
    known = workspace.frame("lift").reindex(columns=columns) if workspace.has("lift") else read_out.iloc[:0]
    older = known[~known.experiment_id.isin(read_out.experiment_id)]
    frames = [frame for frame in (read_out, older) if len(frame)]
    if not frames:
        return pd.DataFrame(columns=columns)
    records = pd.concat(frames, ignore_index=True)
    records = records.assign(weight=records.weight.fillna(1.0))
    require_valid_frame(records, "lift")
    return records
