"""Notebooks run as a scheduler runs them, on workspaces of the tests' own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.present.svg_text import unreadable_charts
from tests.present.untranslated import names_of, untranslated
from workbench.runs import RunRecord
from workbench.runs.execute import run_notebook
from workbench.workspace import Workspace, open_workspace


@pytest.fixture(scope="session")
def finished() -> Callable[..., RunRecord]:
    """Run a notebook in a workspace; a run that doesn't finish fails the test with its reason, as does a chart that can't be read,
    or a text without a translation."""

    def run(workspace: Workspace, notebook: str, **parameters: object) -> RunRecord:
        assignments = [f"{name}={value}" for name, value in parameters.items()]
        record = run_notebook(workspace, notebook, assignments, timeout=900)
        assert record.status == "finished", record.reason
        assert record.path is not None
        assert unreadable_charts(record.path / "notebook.ipynb") == []
        assert untranslated(record.path / "notebook.ipynb", names_of(workspace)) == []
        return record

    return run


@pytest.fixture
def real_workspace(repository: Path, shared_data: Path, tmp_path: Path) -> Callable[[str], Workspace]:
    """A published data set, known to the package by its `workbench.toml` alone."""

    def build(name: str) -> Workspace:
        text = (repository / "tests" / "real" / name / "workbench.toml").read_text()
        (tmp_path / "workbench.toml").write_text(text.replace("../../../../shared/data", str(shared_data)))
        return open_workspace(tmp_path)

    return build
