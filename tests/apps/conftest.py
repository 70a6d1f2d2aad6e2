"""A workspace with a saved plan, for apps to load."""

import pytest

from tests.scenarios.small_company import small_media_mix
from workbench.config.analyses import Planning
from workbench.result import Provenance
from workbench.runs.save import RUN_DIR_VARIABLE, save_run
from workbench.scenarios import ScenarioResult, plan_budget
from workbench.workspace import Workspace, open_workspace


@pytest.fixture(scope="session")
def saved_plan() -> ScenarioResult:
    return plan_budget(small_media_mix(draws=200), Planning(), risk=0.2, provenance=Provenance(), seed=1)


@pytest.fixture(scope="session")
def planned_workspace(tmp_path_factory: pytest.TempPathFactory, saved_plan: ScenarioResult) -> Workspace:
    root = tmp_path_factory.mktemp("workspace")
    (root / "workbench.toml").write_text('[workspace]\nname = "Small company"\n', encoding="utf-8")
    workspace = open_workspace(root)
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv(RUN_DIR_VARIABLE, raising=False)
        save_run(saved_plan, workspace=workspace)
    return workspace
