"""Many real runs at once on this machine."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.present.untranslated import untranslated
from tests.runs.test_run_status import alive
from tests.runs.tiny import SAVING, make_workspace, visible, write_notebook
from tests.telling.mail import attachments_of, mail_server
from workbench.runs.events import Event
from workbench.runs.fan_out.batch import run_batch
from workbench.runs.history import all_runs, find_run
from workbench.runs.ledger import Wanted
from workbench.runs.process import fork_server
from workbench.workspace import Workspace

pytestmark = pytest.mark.slow

ROOT = 'import os, signal\nfrom pathlib import Path\nroot = Path(os.environ["WORKBENCH_WORKSPACE"])'
# The first try of seed 3 kills its kernel's parent, which is the run's process; the second one finds the mark.
ONCE = """
mark = root / "died"
if seed == 3 and not mark.exists():
    mark.touch()
    os.kill(os.getppid(), signal.SIGKILL)
    import time; time.sleep(60)
assert seed != 4, "seed 4 is not liked"
(root / f"seen {seed} {os.getppid()}").touch()
"""


def command(workspace: Workspace, *arguments: str) -> list[str]:
    return [
        sys.executable,
        "-c",
        "from workbench.cli import main; main()",
        *arguments,
        "--workspace",
        str(workspace.root),
    ]


def test_every_run_ends_once_and_dead_ones_are_tried_again(tmp_path: Path):
    workspace = make_workspace(tmp_path / "many {x}")
    write_notebook(workspace.root / "notebooks", "tiny", ROOT, ONCE)
    steps: list[tuple[int, Event]] = []
    grid = [[f"seed={seed}"] for seed in range(1, 7)]
    records = run_batch(
        workspace, "tiny", grid, batch="b", watches=lambda number: lambda event: steps.append((number, event))
    )
    assert [record.parameters["seed"] for record in records] == [1, 2, 3, 4, 5, 6]
    assert [record.status for record in records] == [
        "finished",
        "finished",
        "finished",
        "failed",
        "finished",
        "finished",
    ]
    assert "seed 4 is not liked" in records[3].reason
    rows = all_runs(workspace, Wanted(batch="b"))
    assert sorted(row.status for row in rows) == [
        "failed",
        "finished",
        "finished",
        "finished",
        "finished",
        "finished",
        "killed",
    ]
    (killed,) = [row for row in rows if row.status == "killed"]
    assert killed.parameters["seed"] == 3
    assert "killed by SIGKILL" in killed.reason
    assert visible(workspace.reports / "runs") == {record.run_id for record in records if record.status == "finished"}
    seen = sorted(path.name.split()[1] for path in workspace.root.glob("seen *"))
    assert seen == ["1", "2", "3", "5", "6"]
    # Each run had a process of its own.
    assert len({path.name.split()[2] for path in workspace.root.glob("seen *")}) == 5
    assert sum(event.kind == "done" for _, event in steps) == 6
    assert any("tried again" in event.title for number, event in steps if number == 2)


def test_an_interrupted_fan_out_leaves_no_process(tmp_path: Path):
    workspace = make_workspace(tmp_path)
    endless = f"{ROOT}\nimport time\n(root / f'pid {{os.getpid()}}').touch()\ntime.sleep(600)"
    write_notebook(workspace.root / "notebooks", "endless", endless)
    arguments = ("run", "endless", "--each", "seed=1,2,3,4", "--parallel", "2", "--json")
    running = subprocess.Popen(
        command(workspace, *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while len(list(workspace.root.glob("pid *"))) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    family = psutil.Process(running.pid).children(recursive=True)
    running.send_signal(signal.SIGINT)
    said, told = running.communicate(timeout=60)
    assert running.returncode == 1
    assert told.strip().splitlines()[-1].startswith("workbench: 2 of 4 runs didn't finish, 2 were never begun")
    assert [record["status"] for record in json.loads(said)] == ["cancelled", "cancelled"]
    assert not any(alive(process.pid) for process in family)
    assert visible(workspace.reports / "runs") == set()


def test_runs_go_on_without_their_server_and_the_next_ones_start_by_themselves(tmp_path: Path):
    workspace = make_workspace(tmp_path)
    kill = f"{ROOT}\nimport psutil\nif seed == 1:\n    psutil.Process(os.getppid()).parent().kill()"
    write_notebook(workspace.root / "notebooks", "fatal", kill)
    records = run_batch(workspace, "fatal", [["seed=1"], ["seed=2"]], batch="b", parallel=1, retries=0)
    assert [record.status for record in records] == ["finished"] * 2
    assert {row.status for row in all_runs(workspace)} == {"finished"}


def test_the_server_ends_when_it_is_left():
    with fork_server() as server:
        pid = server._process.pid
        assert alive(pid)
    assert not alive(pid)


def test_a_fan_out_ends_with_one_report_over_all_its_runs_of_which_people_are_told(tmp_path: Path, monkeypatch):
    channel = '[[notify]]\nname = "board"\nto = "env:BOARD"\non = ["success"]\nnotebooks = ["market_summary"]\n'
    workspace = make_workspace(tmp_path, channel)
    write_notebook(workspace.root / "notebooks", "seeds", SAVING)
    with mail_server() as mailbox:
        monkeypatch.setenv("BOARD", mailbox.url)
        fan_out = command(workspace, "run", "seeds", "--each", "seed=3,5,9")
        done = subprocess.run(fan_out, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert mailbox.subjects == ["[Tiny] market_summary: finished"]
    assert "Found: Seed of all differs: 9 (8 to 10) in 9, 3 (2 to 4) in 3" in mailbox.texts()[0]
    assert set(attachments_of(mailbox.mails[0])) == {"report.pdf"}
    summary, *runs = all_runs(workspace)
    assert summary.notebook == "market_summary"
    assert summary.status == "finished", summary.reason
    assert sorted(summary.parents) == sorted(record.run_id for record in runs)
    assert summary.summary.headline.startswith("Seed of all differs: 9 (8 to 10) in 9, 3 (2 to 4) in 3")
    assert {"report.pdf", "report.html"} <= {artefact.path for artefact in summary.artefacts}
    assert find_run(workspace, "latest").run_id == summary.run_id


def test_a_report_over_markets_calls_them_as_others_do_and_has_a_translation(tmp_path: Path):
    labels = '[markets.DE]\nlabel = "Germany"\n[channels.tv]\nlabel = "Television"\n'
    workspace = make_workspace(tmp_path, labels)
    of_market = SAVING.replace('quantity="seed", entity="all"', 'quantity="roas", entity="tv"').replace(
        "root = Path(", 'seed = len(market) * 5 if market != "FR" else 3\nroot = Path(', 1
    )
    write_notebook(workspace.root / "notebooks", "markets", of_market, parameters="market: str = ''  # one alone")
    done = subprocess.run(
        command(workspace, "run", "markets", "--each", "market=DE,FR"), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    summary = all_runs(workspace)[0]
    assert summary.summary.headline.startswith("ROAS of Television differs: 10 (9 to 11) in Germany, 3 (2 to 4) in FR")
    executed = summary.path / "notebook.ipynb"
    own = {
        "Tiny",
        "Markets",
        "markets",
        "Germany",
        "Television",
        "FR",
        "The seed is 10.",
        "The seed is 3.",
        "bad",
        "Bad",
    }
    assert untranslated(executed, own) == []
