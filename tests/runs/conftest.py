from pathlib import Path

import pytest

from tests.runs.tiny import SAVING, make_workspace, write_notebook
from workbench.runs.events import Event
from workbench.runs.execute import run_notebook
from workbench.runs.record import RunRecord
from workbench.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "work space {x}")


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, RunRecord, list[Event]]:
    """A run of a notebook that saves a result, and what it told on the way."""
    workspace = make_workspace(tmp_path_factory.mktemp("finished"))
    write_notebook(workspace.root / "notebooks", "seeds", SAVING, "print('sown', seed)")
    events: list[Event] = []
    record = run_notebook(workspace, "seeds", ["seed=3", "label=env:TOKEN"], watch=events.append)
    return workspace, record, events
