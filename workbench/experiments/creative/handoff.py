"""The next period's shares, as the systems that show creatives read them."""

from __future__ import annotations

import pandas as pd

from workbench.experiments.result import ExperimentResult

ALLOCATION_FILE = "creative_allocation.csv"


def allocation_file(result: ExperimentResult) -> dict[str, pd.DataFrame]:
    """`creative_allocation.csv` of a test of creatives; no file for other tests, no rows from one that is invalid."""
    return {ALLOCATION_FILE: result.allocation.copy()} if result.kind == "creative" else {}
