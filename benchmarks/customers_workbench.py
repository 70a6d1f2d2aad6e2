"""Customers valued and segmented by the workbench, from the file to the hand-off; prints JSON."""

from __future__ import annotations

import json
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import pyarrow.compute as pc
from customer_orders import HORIZON_WEEKS
from measured import process_cost, stopped

import workbench.data.catalog  # noqa: F401  imports aren't timed, and a workspace puts this one off
from workbench.runs.handoff import write_handoff
from workbench.segments import segment_customers, segments_handoff, values_handoff
from workbench.workspace import Workspace, open_workspace

# What the peers do: one model, fitted on all days; and all that the workbench does unless told otherwise.
WORKS = {
    "same": f'horizon = {HORIZON_WEEKS}\nholdout = 0\nmodels = ["BG/NBD"]\nexplore = false',
    "whole": f"horizon = {HORIZON_WEEKS}",
}


def main(file: str, work: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        company = open_company(Path(folder), Path(file), WORKS[work])
        with stopped() as validating:
            orders = company.table("transactions")
        with stopped() as fingerprinting:
            provenance = company.provenance("transactions", seed=1)
        with stopped() as segmenting:
            found = segment_customers(
                orders, None, company.config.segmentation, provenance=provenance, currency=company.currency, seed=1
            )
        with stopped() as handing_on:
            files = {"segments.csv": segments_handoff(found), "customer_values.csv": values_handoff(found)}
            write_handoff(files, Path(folder) / "handoff")
    steps = {"validating": validating, "fingerprinting": fingerprinting}
    steps |= {"segmenting": segmenting, "handing on": handing_on}
    members = found.members
    told = {
        "steps": steps,
        "customers": len(members),
        "purchases": pc.sum(members["expected_purchases"]).as_py(),
        "version": version("marketing-workbench"),
    }
    print(json.dumps({**told, **process_cost()}))


def open_company(folder: Path, file: Path, segmentation: str) -> Workspace:
    """A workspace over the file, in which nobody's consent is needed."""
    (folder / "workbench.toml").write_text(
        f'[workspace]\nname = "Benchmark"\n\n[tables.transactions]\npath = "{file}"\n\n'
        f"[segmentation]\nrequire_consent = false\n{segmentation}\n"
    )
    return open_workspace(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
