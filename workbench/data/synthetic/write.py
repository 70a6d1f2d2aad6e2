"""Write the sample company as files, all or nothing."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.data.synthetic.business import CUSTOMERS, WEEKS
from workbench.data.synthetic.company import SEED, SampleCompany, Truth, simulate_company
from workbench.errors import DataError
from workbench.replaced_folder import replaced_folder

TRUTH_FOLDER = "truth"
_OURS = {TRUTH_FOLDER, *(f"{field.name}.parquet" for field in fields(SampleCompany) if field.name != "truth")}


def write_sample(folder: Path, *, seed: int = SEED, customers: int = CUSTOMERS, weeks: int = WEEKS) -> None:
    """Simulate the sample company and write its tables to `folder`, its truth to `folder/truth`.

    Writing again replaces the folder as a whole.

    Raises:
        DataError: If the folder holds anything else, or is a file.
        SpecError: If the company would be too small; see `simulate_company`.
    """
    folder = Path(folder)
    _require_ours(folder)
    company = simulate_company(seed=seed, customers=customers, weeks=weeks)
    with replaced_folder(folder) as staged:
        _write_tables(company, staged)
        _write_truth(company.truth, staged / TRUTH_FOLDER)


def _require_ours(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise DataError(f"{folder} is a file; the sample company needs a folder, so name another one")
    foreign = sorted(entry.name for entry in folder.iterdir() if entry.name not in _OURS)
    if foreign:
        raise DataError(
            f"{folder} holds {foreign[0]}, which is not part of the sample company; "
            "its folder is replaced as a whole, so name an empty or new one"
        )


def _write_tables(company: SampleCompany, folder: Path) -> None:
    for field in fields(company):
        table = getattr(company, field.name)
        if isinstance(table, pd.DataFrame):
            table.to_parquet(folder / f"{field.name}.parquet", index=False)


def _write_truth(truth: Truth, folder: Path) -> None:
    folder.mkdir()
    for name in ("contributions", "baseline", "roas", "uplift", "leads", "preferences", "later"):
        getattr(truth, name).to_parquet(folder / f"{name}.parquet", index=False)
    truth.customers[["customer_id", "orders", "revenue"]].to_parquet(folder / "future_orders.parquet", index=False)
    latent = truth.customers.drop(columns=["orders", "revenue"])
    latent.to_parquet(folder / "customers.parquet", index=False)
    _write_json(truth.parameters, folder / "parameters.json")
    _write_json(truth.lifts, folder / "lifts.json")


def _write_json(content: dict[str, Any], path: Path) -> None:
    path.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
