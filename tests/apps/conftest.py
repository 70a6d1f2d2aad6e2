"""A workspace with a saved plan, for apps to load, and the app served from it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.scenarios.small_company import small_media_mix
from workbench.config.planning import Planning
from workbench.result import Provenance
from workbench.runs.save import RUN_DIR_VARIABLE, save_run
from workbench.scenarios import PlanRequest, ScenarioResult, plan_budget
from workbench.workspace import Workspace, open_workspace


@pytest.fixture(scope="session")
def saved_plan() -> ScenarioResult:
    return plan_budget(
        small_media_mix(draws=200), Planning(), PlanRequest(risk=0.2), horizon_weeks=6, provenance=Provenance(), seed=1
    )


@pytest.fixture(scope="session")
def planned_workspace(tmp_path_factory: pytest.TempPathFactory, saved_plan: ScenarioResult) -> Workspace:
    root = tmp_path_factory.mktemp("workspace")
    (root / "workbench.toml").write_text('[workspace]\nname = "Small company"\n', encoding="utf-8")
    workspace = open_workspace(root)
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv(RUN_DIR_VARIABLE, raising=False)
        save_run(saved_plan, workspace=workspace)
    return workspace


@pytest.fixture(scope="session")
def served(planned_workspace: Workspace) -> Iterator[int]:
    """Port of a running scenario planner."""
    port = free_port()
    code = (
        f"from workbench.cli.app import app; "
        f"app(['apps', 'scenario_planner', '--port', '{port}', '--workspace', {str(planned_workspace.root)!r}])"
    )
    server = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_for(port, server)
        yield port
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port: int, server: subprocess.Popen) -> None:
    for _ in range(600):
        if server.poll() is not None:
            raise AssertionError(f"the server ended with {server.returncode} before it answered")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the server never answered")
