"""Tiny workspaces and notebooks that are really executed."""

from __future__ import annotations

import json
from pathlib import Path

from workbench.workspace import Workspace, open_workspace

SAVING = """
import pandas as pd
from types import SimpleNamespace
from pathlib import Path
import os
from workbench.result import Check, Estimate, Provenance, Result, estimates_frame
from workbench.runs import save_run
root = Path(os.environ.get("WORKBENCH_WORKSPACE", os.getcwd()))
workspace = SimpleNamespace(
    root=root, reports=root / "reports", config=SimpleNamespace(workspace=SimpleNamespace(name="Tiny"), runs=SimpleNamespace(ledger=""))
)
result = Result(
    title="Seeds",
    estimates=estimates_frame([Estimate(quantity="seed", entity="all", estimate=seed, lower=seed - 1, upper=seed + 1)]),
    checks=(Check(name="good", passed=True), Check(name="bad", passed=False), Check(name="note", passed=None)),
    findings=(f"The seed is {seed}.", "Nothing else."),
    provenance=Provenance(parameters={"seed": seed}, seed=seed),
)
record = pd.DataFrame({"experiment_id": ["a"], "start": pd.to_datetime(["2024-01-01"]), "lift": [float(seed)]})
folder = save_run(result, handoff={"lift_record": record}, workspace=workspace)
"""
PARAMETERS = "seed: int = 1  # random seed\nbudget: float = 2.5  # in currency\nlabel: str = ''"


def write_notebook(folder: Path, name: str, *cells: str, parameters: str = PARAMETERS) -> Path:
    """A notebook of a title, a parameters cell and code cells, each under a heading `Step n`."""
    written = [_markdown("# Tiny"), _code(parameters, "parameters")]
    for number, cell in enumerate(cells, start=1):
        written += [_markdown(f"## Step {number}"), _code(cell)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": written, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    path = folder / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def make_workspace(root: Path, extra: str = "") -> Workspace:
    root.mkdir(parents=True, exist_ok=True)
    (root / "workbench.toml").write_text(f'[workspace]\nname = "Tiny"\n{extra}', encoding="utf-8")
    return open_workspace(root)


def visible(folder: Path) -> set[str]:
    """Names in a folder, hidden ones too, none if there is no folder."""
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def _markdown(text: str) -> dict[str, object]:
    return {"cell_type": "markdown", "id": f"m{abs(hash(text)) % 10**8}", "metadata": {}, "source": text}


def _code(text: str, *tags: str) -> dict[str, object]:
    metadata = {"tags": list(tags)} if tags else {}
    cell = {"cell_type": "code", "id": f"c{abs(hash(text)) % 10**8}", "metadata": metadata, "source": text}
    return cell | {"execution_count": None, "outputs": []}
