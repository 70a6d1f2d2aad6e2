"""The recipes of docs/many-machines.md: scripts that run, commands that there are, a cluster of the right form."""

import ast
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.runs.tiny import make_workspace, write_notebook
from tests.schedule.test_recipes import options_of
from workbench.workspace import Workspace


@pytest.fixture(scope="module")
def page(repository) -> str:
    return (repository / "docs" / "many-machines.md").read_text()


@pytest.fixture(scope="module")
def blocks(page) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for language, text in re.findall(r"```(\w+)\n(.*?)```", page, flags=re.DOTALL):
        found.setdefault(language, []).append(text)
    return found


@pytest.fixture
def company(tmp_path, monkeypatch) -> Workspace:
    """A workspace whose media mix takes a moment, and dislikes Italy."""
    workspace = make_workspace(tmp_path)
    cell = "assert market != 'IT', 'not Italy'"
    write_notebook(tmp_path / "notebooks", "media_mix", cell, parameters="market: str = ''  # only this market")
    (tmp_path / "markets.txt").write_text("DE\nFR\nIT\n")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    return workspace


def test_the_commands_are_ones_that_there_are(page):
    commands = re.findall(r"\bworkbench (run [^\"`\n#>]+)", page)
    assert len(commands) >= 6
    for command in commands:
        options_of([word for word in shlex.split(command.replace("…", "market=DE")) if word not in ("&", "it")])


@pytest.mark.slow
def test_each_task_of_a_slurm_array_runs_its_market(blocks, company):
    script = next(text for text in blocks["bash"] if "SLURM_ARRAY_TASK_ID" in text)
    for number, market, code in ((2, "FR", 0), (3, "IT", 1)):
        done = subprocess.run(
            ["bash", "-c", script],
            env={**os.environ, "SLURM_ARRAY_TASK_ID": str(number)},
            check=False,
            capture_output=True,
        )
        assert done.returncode == code, done.stderr
        record = json.loads((company.root / f"media_mix-{market}.json").read_text())
        assert record["parameters"] == {"market": market}
        assert record["status"] == ("failed" if code else "finished")


@pytest.mark.slow
def test_an_orchestrator_gets_records_or_one_sentence(blocks, company):
    names: dict[str, object] = {}
    exec(next(text for text in blocks["python"] if "def workbench" in text), names)
    workbench = names["workbench"]
    assert callable(workbench)
    records = workbench("run", "media_mix", "--each", "market=DE,FR")
    assert [(record["parameters"]["market"], record["status"]) for record in records] == [
        ("DE", "finished"),
        ("FR", "finished"),
    ]
    with pytest.raises(
        RuntimeError, match=r"^workbench: 1 of 2 runs didn't finish: \S+ failed \(AssertionError in cell 3"
    ):
        workbench("run", "media_mix", "--each", "market=DE,IT")


def test_the_orchestrators_code_is_python(blocks):
    for text in blocks["python"]:
        ast.parse(text)


def test_the_cluster_mounts_what_it_declares(blocks):
    (text,) = blocks["yaml"]
    cluster = yaml.safe_load(text)
    assert (cluster["apiVersion"], cluster["kind"]) == ("kubernetes.dask.org/v1", "DaskCluster")
    worker = cluster["spec"]["worker"]["spec"]
    mounted = {mount["name"] for container in worker["containers"] for mount in container["volumeMounts"]}
    assert mounted == {volume["name"] for volume in worker["volumes"]}
    scheduler = cluster["spec"]["scheduler"]
    (port,) = scheduler["service"]["ports"]
    (container,) = scheduler["spec"]["containers"]
    assert port["targetPort"] in {each["name"] for each in container["ports"]}
