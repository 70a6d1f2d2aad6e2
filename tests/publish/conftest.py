"""A published workspace, and a server of it behind a password."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
import pytest

from tests.publish.served import PASSWORD, Served, serving
from workbench.present.pack.record import RECORD_FILE, PackRecord, UsedRun, written
from workbench.publish.password import set_password
from workbench.publish.publication import publish_newest
from workbench.runs.record import RunRecord, Summary, new_run_id, write_record
from workbench.runs.staging import PACKS, RUNS
from workbench.workspace import Workspace, open_workspace


@pytest.fixture(scope="session")
def notebooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An app that starts at once: what is tested here is who reaches it."""
    folder = tmp_path_factory.mktemp("notebooks")
    cells = ["source_of_the_app = 1", "import ipywidgets\nipywidgets.IntSlider(description='Budget')"]
    heading = nbformat.v4.new_markdown_cell("# Scenario planner\n\nMove the budget.")
    notebook = nbformat.v4.new_notebook(cells=[heading, *(nbformat.v4.new_code_cell(cell) for cell in cells)])
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(notebook, folder / "scenario_planner.ipynb")
    return folder


@pytest.fixture(scope="session")
def published_workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Two runs, of which the newer one is published, each with a pack, and files that nobody may see."""
    root = tmp_path_factory.mktemp("published")
    (root / "workbench.toml").write_text('[workspace]\nname = "Small company"\n', encoding="utf-8")
    (root / "secret.csv").write_text("customer,revenue\nada,12\n", encoding="utf-8")
    workspace = open_workspace(root)
    for age in (2, 1):
        finished_pack(workspace, finished_run(workspace, "scenario_planning", days_ago=age), days_ago=age)
    publish_newest(workspace)
    set_password(workspace, PASSWORD)
    return workspace


@pytest.fixture(scope="session")
def served(
    published_workspace: Workspace, notebooks: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """The server, with three places."""
    log = tmp_path_factory.mktemp("server") / "log"
    with serving(published_workspace, notebooks, log, "--max-sessions", "3") as site:
        yield site


def finished_run(workspace: Workspace, analysis: str, *, days_ago: float = 0, **parameters: str) -> str:
    """A run with its record, reports and a chart, but no result."""
    started = datetime(2026, 1, 31, 12, tzinfo=UTC) - timedelta(days=days_ago)
    run_id = new_run_id(analysis, started)
    folder = workspace.reports / RUNS / run_id
    folder.mkdir(parents=True)
    (folder / "report.pdf").write_bytes(b"%PDF-1.7 report of " + run_id.encode())
    (folder / "report.html").write_text(f"<p>report of {run_id}</p>", encoding="utf-8")
    (folder / "chart.png").write_bytes(b"\x89PNG secret chart")
    summary = Summary(analysis=analysis, title=analysis)
    record = RunRecord(
        run_id=run_id, notebook=analysis, started_at=started, parameters=dict(parameters), summary=summary
    ).ended("finished")
    write_record(record, folder)
    return run_id


def finished_pack(workspace: Workspace, *run_ids: str, days_ago: float = 0) -> str:
    """A board pack that draws on these runs."""
    made = datetime(2026, 1, 31, 12, tzinfo=UTC) - timedelta(days=days_ago)
    pack_id = f"{made:%Y%m%dT%H%M%S}-board-0123abcd"
    runs = tuple(UsedRun(analysis="any", run_id=run_id, digest="") for run_id in run_ids)
    folder = workspace.reports / PACKS / pack_id
    folder.mkdir(parents=True)
    (folder / "pack.pdf").write_bytes(b"%PDF-1.7 pack " + pack_id.encode())
    (folder / "pack.html").write_text(f"<p>pack {pack_id}", encoding="utf-8")
    record = PackRecord(pack_id=pack_id, made_at=made, written_at=made, runs=runs, checks={}, files={})
    (folder / RECORD_FILE).write_bytes(written(record))
    return pack_id


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of this machine for itself, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate with; install the system package openssl")
    folder = tmp_path_factory.mktemp("certificate")
    chain, key = folder / "chain.pem", folder / "key.pem"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    where = ["-keyout", str(key), "-out", str(chain), "-days", "2", "-subj", "/CN=127.0.0.1"]
    subprocess.run([*command, *where], check=True, capture_output=True)
    return chain, key
