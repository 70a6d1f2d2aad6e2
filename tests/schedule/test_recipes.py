"""The recipes of docs/scheduler.md: a unit that systemd takes, a CronJob of the right form, commands that there are."""

import re
import shlex
import shutil
import subprocess
import sys

import pytest
import typer
import yaml

from workbench.cli.app import app


@pytest.fixture(scope="module")
def blocks(repository) -> dict[str, str]:
    page = (repository / "docs" / "scheduler.md").read_text()
    return dict(re.findall(r"```(ini|yaml)\n(.*?)```", page, flags=re.DOTALL))


def options_of(words: list[str]) -> None:
    """Raises where `workbench` doesn't take these words."""
    command = typer.main.get_command(app)
    context = command.make_context("workbench", list(words), resilient_parsing=False)
    name, chosen, rest = command.resolve_command(context, [*context._protected_args, *context.args])  # type: ignore[attr-defined]
    chosen.make_context(name, rest, parent=context)


def test_systemd_takes_the_unit(blocks, tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed here")
    unit = tmp_path / "workbench-schedule.service"
    # The path of the command and the user are the reader's own.
    text = re.sub(r"/srv/workbench/\S+/workbench", sys.executable, blocks["ini"])
    unit.write_text(text.replace("User=workbench", "User=root").replace("/srv/company", str(tmp_path)))
    said = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert "workbench-schedule.service" not in said.stderr, said.stderr
    broken = tmp_path / "workbench-broken.service"
    broken.write_text(unit.read_text().replace("Restart=always", "Restart=perhaps"))
    said = subprocess.run(["systemd-analyze", "verify", str(broken)], capture_output=True, text=True, check=False)
    assert "restart" in said.stderr


def test_the_commands_are_ones_that_there_are(blocks):
    start = re.search(r"^ExecStart=(.*)$", blocks["ini"], flags=re.MULTILINE)
    options_of(shlex.split(start[1])[1:])
    job = yaml.safe_load(blocks["yaml"])
    options_of(job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["command"][1:])
    with pytest.raises(Exception, match="No such option"):
        options_of(["schedule", "--twice"])


def test_the_cronjob_has_what_a_cluster_asks_for(blocks):
    job = yaml.safe_load(blocks["yaml"])
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "CronJob")
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["restartPolicy"] in ("Never", "OnFailure")
    mounted = {mount["name"] for container in pod["containers"] for mount in container["volumeMounts"]}
    assert mounted == {volume["name"] for volume in pod["volumes"]}
