"""Who was in which segment in a finished run, as its hand-off says: read as Arrow, rows of customers never become a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import RunError

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

VALUES_FILE = "customer_values.csv"


def segment_members(run_folder: Path) -> pa.Table:
    """One row a customer: customer_id, segment, expected_value.

    Raises:
        RunError: If the run's hand-off is gone or can't be read.
    """
    import pyarrow as pa
    from pyarrow import csv

    columns = {"customer_id": pa.string(), "segment": pa.string(), "expected_value": pa.float64()}
    options = csv.ConvertOptions(column_types=columns, include_columns=list(columns))
    try:
        return csv.read_csv(run_folder / "handoff" / VALUES_FILE, convert_options=options)
    except (OSError, pa.ArrowException, KeyError) as error:
        said = " ".join(str(error).split())
        raise RunError(f"run {run_folder.name} has no readable {VALUES_FILE} ({said})") from error
