"""The whole readout of one test by the workbench, from the file to the verdict; prints JSON."""

from __future__ import annotations

import json
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from experiment_units import CONTROL, EXPERIMENT, METRICS, before
from measured import process_cost, stopped

from workbench.experiments import read_out
from workbench.workspace import Workspace, open_workspace


def main(file: str, segments: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        company = open_company(Path(folder), Path(file), segments)
        # Its modules load here, as the peer's have above.
        spec = company.catalog.config.experiments[EXPERIMENT]
        with stopped() as validating:
            rows = company.experiment_table(EXPERIMENT)
        with stopped() as fingerprinting:
            provenance = company.experiment_provenance(EXPERIMENT)
        with stopped() as reading:
            result = read_out(rows, EXPERIMENT, spec, provenance=provenance, currency=company.currency)
    effects = result.effects.set_index("metric")
    found = {
        "steps": {"validating": validating, "fingerprinting": fingerprinting, "reading": reading},
        "verdict": result.verdict,
        "checks": len(result.checks),
        "segment_effects": len(result.segments),
        "effects": {name: tuple(effects.loc[name, ["absolute", "absolute_lower"]]) for name in METRICS},
        "version": version("marketing-workbench"),
    }
    print(json.dumps({**found, **process_cost()}))


def open_company(folder: Path, file: Path, segments: list[str]) -> Workspace:
    """A workspace over the file, whose test has ended: five metrics with CUPED."""
    metrics = "\n".join(
        f'[[experiments.{EXPERIMENT}.metrics]]\nname = "{name}"\ncovariate = "{before(name)}"\nrole = "{role}"'
        for name, role in zip(METRICS, ("primary", *["secondary"] * 3, "guardrail"), strict=True)
    )
    (folder / "workbench.toml").write_text(
        f'[workspace]\nname = "Benchmark"\n\n[tables.units]\npath = "{file}"\n\n'
        f'[experiments.{EXPERIMENT}]\ncontrol = "{CONTROL}"\nsegments = {json.dumps(segments)}\n\n{metrics}\n'
    )
    return open_workspace(folder)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
