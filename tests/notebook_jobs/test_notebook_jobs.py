"""Notebook jobs of JupyterLab on a real server: what the front end sees, and what the ledger knows."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.notebook_jobs.lab import Lab, lab_server, until
from tests.runs.tiny import SAVING, make_workspace, write_notebook
from workbench.runs.execute import run_notebook
from workbench.runs.history import all_runs
from workbench.runs.ledger import Wanted
from workbench.workspace import Workspace

pytestmark = pytest.mark.slow


def test_without_the_extra_nothing_of_it_is_missed():
    code = "import sys; sys.modules['jupyter_scheduler'] = None; import workbench.cli, workbench.runs.execute"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = make_workspace(tmp_path_factory.mktemp("jobs") / "work space")
    notebooks = workspace.root / "notebooks"
    write_notebook(notebooks, "seeds", SAVING, "print('sown', seed, label)")
    write_notebook(notebooks, "broken", "raise ValueError('no seed grows')")
    write_notebook(notebooks, "endless", "import time\ntime.sleep(600)")
    return workspace


@pytest.fixture(scope="module")
def lab(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    pytest.importorskip("jupyter_scheduler", reason="install the extra lab-jobs to test notebook jobs of JupyterLab")
    with lab_server(workspace.root / "notebooks", tmp_path_factory.mktemp("private")) as lab:
        yield lab


def test_a_job_is_a_run_and_its_files_can_be_fetched(lab: Lab, workspace: Workspace):
    job_id = lab.create("seeds", "weekly seeds", seed="7", label="NO")
    job = lab.ended(job_id)
    assert (job["status"], job["status_message"]) == ("COMPLETED", None)
    [run] = all_runs(workspace, Wanted(trigger="notebook job weekly seeds"))
    assert (run.status, run.notebook, run.trigger) == ("finished", "seeds", f"notebook job weekly seeds {job_id}")
    assert run.parameters == {"seed": 7, "budget": 2.5, "label": "NO"}
    assert (run.summary.analysis, run.origin.notebook_path) == ("result", "notebooks/seeds.ipynb")
    files = lab.files(job_id)
    assert run.path is not None
    for kind, name in (("ipynb", "notebook.ipynb"), ("html", "report.html"), ("pdf", "report.pdf")):
        assert files[kind].read_bytes() == (run.path / name).read_bytes()
    assert "sown 7 NO" in files["ipynb"].read_text()


@pytest.mark.parametrize("parameters", [{"sead": "7"}, {"seed=1;import os": "2"}])
def test_a_wrong_parameter_fails_with_the_sentence_of_a_run(lab: Lab, workspace: Workspace, parameters: dict[str, str]):
    before = len(all_runs(workspace))
    job = lab.ended(lab.create("seeds", "wrong", **parameters))
    with pytest.raises(Exception, match="parameter") as expected:
        run_notebook(workspace, "seeds", [f"{name}={value}" for name, value in parameters.items()])
    assert (job["status"], job["status_message"]) == ("FAILED", str(expected.value))
    assert len(all_runs(workspace)) == before


def test_a_cell_that_fails_is_told_and_the_notebook_up_to_there_can_be_fetched(lab: Lab, workspace: Workspace):
    job_id = lab.create("broken", "broken")
    job = lab.ended(job_id)
    [run] = all_runs(workspace, Wanted(notebook="broken"))
    assert run.status == "failed"
    assert "no seed grows" in run.reason
    assert (job["status"], job["status_message"]) == ("FAILED", run.reason)
    files = lab.files(job_id)
    assert "no seed grows" in files["ipynb"].read_text()
    assert "pdf" not in files


def test_a_job_that_is_stopped_is_a_run_that_was_cancelled_and_leaves_no_process(lab: Lab, workspace: Workspace):
    job_id = lab.create("endless", "endless")
    until(lambda: all_runs(workspace, Wanted(notebook="endless", statuses=("running",))), bool)
    until(lambda: len(psutil.Process(lab.pid).children(recursive=True)), lambda count: count >= 3)
    lab.ask(f"scheduler/jobs/{job_id}", "PATCH", {"status": "STOPPED"})
    job = lab.ended(job_id)
    [run] = all_runs(workspace, Wanted(notebook="endless"))
    assert (job["status"], run.status) == ("STOPPED", "cancelled")
    assert job["status_message"] == run.reason
    assert run.reason.startswith("cancelled by somebody in JupyterLab during")
    until(lambda: commands_below(lab.pid), lambda commands: not any("ipykernel" in each for each in commands))


def test_a_notebook_that_has_changed_since_runs_as_it_was(lab: Lab, workspace: Workspace):
    """jupyter-scheduler copies a notebook when a job is made; one that isn't the workspace's is run from that copy."""
    elsewhere = write_notebook(workspace.root / "notebooks" / "drafts", "draft", "print('a draft', seed)")
    body = {
        "name": "draft",
        "input_uri": "drafts/draft.ipynb",
        "input_filename": "draft.ipynb",
        "runtime_environment_name": "workbench",
        "output_formats": ["ipynb"],
    }
    job_id = lab.ask("scheduler/jobs", "POST", body)["job_id"]
    assert lab.ended(job_id)["status"] == "COMPLETED"
    assert "a draft 1" in lab.files(job_id)["ipynb"].read_text()
    assert json.loads(elsewhere.read_text())["cells"][-1]["outputs"] == []


def test_the_dialog_offers_the_report(lab: Lab):
    [environment] = lab.ask("scheduler/runtime_environments")
    assert [each["name"] for each in environment["output_formats"]] == ["ipynb", "html", "pdf"]


def commands_below(pid: int) -> list[str]:
    found = []
    for process in psutil.Process(pid).children(recursive=True):
        try:
            found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found


def test_the_settings_of_jupyter_scheduler_are_installed_with_the_package(repository: Path):
    shipped = "jupyter_jupyter_scheduler_config.json"
    text = (repository / "pyproject.toml").read_text()
    assert f'"workbench/notebook_jobs/{shipped}" = "etc/jupyter/{shipped}"' in text
