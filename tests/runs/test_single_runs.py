"""What is done with single runs: cancelled, tried again, recognised, compared, traced, tidied."""

import json
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.runs.test_run_status import alive
from tests.runs.tiny import PARAMETERS, SAVING, make_workspace, visible, write_notebook
from workbench.errors import RunError
from workbench.runs import parents as noted
from workbench.runs.again import assignments_of, retry_run
from workbench.runs.cancel import cancel_run
from workbench.runs.difference import compared, run_difference
from workbench.runs.execute import run_notebook
from workbench.runs.history import all_runs, find_run, open_history
from workbench.runs.ledger import Ledger
from workbench.runs.lineage import lineage_of
from workbench.runs.parameters import parse_assignments, read_parameters
from workbench.runs.record import RunRecord, write_record
from workbench.runs.retention import tidy, tidying
from workbench.runs.reuse import run_made_before
from workbench.workspace import Workspace

FORKING = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open(str(root / "pids"), "w").write(f"{os.getpid()} {child.pid}")
time.sleep(600)
"""
ROOT = 'import os\nfrom pathlib import Path\nroot = Path(os.environ["WORKBENCH_WORKSPACE"])'


def command(workspace: Workspace, *arguments: str) -> list[str]:
    return [
        sys.executable,
        "-c",
        "from workbench.cli import main; main()",
        *arguments,
        "--workspace",
        str(workspace.root),
    ]


def wait_for(condition, seconds: float = 60.0):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


def test_a_cancelled_run_leaves_no_process(workspace: Workspace):
    write_notebook(workspace.root / "notebooks", "endless", ROOT, FORKING)
    running = subprocess.Popen(command(workspace, "run", "endless"), stderr=subprocess.PIPE, text=True)
    pids = workspace.root / "pids"
    wait_for(lambda: pids.is_file() and len(pids.read_text().split()) == 2)
    cancelled = subprocess.run(command(workspace, "runs", "cancel", "2"), capture_output=True, text=True)
    assert cancelled.returncode == 0, cancelled.stderr
    assert running.wait(timeout=30) == 1
    (record,) = all_runs(workspace)
    assert record.status == "cancelled"
    assert record.reason.startswith("cancelled by ")
    assert "during cell 3 of 3" in record.reason
    assert not any(alive(int(pid)) for pid in pids.read_text().split())
    assert visible(workspace.reports / "runs") == set()
    with pytest.raises(RunError, match="is cancelled; only a running one can be cancelled"):
        cancel_run(workspace, record.run_id)


def test_a_retry_repeats_what_was_asked(workspace: Workspace):
    write_notebook(workspace.root / "notebooks", "picky", "assert (root := label) != 'a,b=c', 'not yet'")
    failed = run_notebook(workspace, "picky", ["label=a,b=c", "budget=0.5"])
    assert failed.status == "failed"
    write_notebook(workspace.root / "notebooks", "picky", "assert label == 'a,b=c' and budget == 0.5 and seed == 1")
    again = retry_run(workspace, failed)
    assert (again.status, again.parameters) == ("finished", failed.parameters)
    assert again.trigger == f"retry of {failed.run_id}"
    write_notebook(workspace.root / "notebooks", "picky", "1", parameters="seed: int = 1")
    with pytest.raises(RunError, match="no longer has the parameter budget"):
        retry_run(workspace, failed)


@given(
    number=st.integers(-(10**17), 10**17),
    share=st.floats(allow_nan=False, allow_infinity=False),
    label=st.text(st.characters(exclude_categories=["Cs"])),
)
def test_parameters_are_written_as_they_are_read(tmp_path_factory, number: int, share: float, label: str):
    notebook = write_notebook(tmp_path_factory.getbasetemp(), "echo", parameters=PARAMETERS)
    values = {"seed": number, "budget": share, "label": label}
    assert parse_assignments(assignments_of(values, notebook), read_parameters(notebook), where="echo") == values


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, list[RunRecord]]:
    """Two runs of one notebook with other seeds."""
    table = '[tables.kpi]\npath = "kpi.csv"\n'
    workspace = make_workspace(tmp_path_factory.mktemp("made"), table)
    (workspace.root / "kpi.csv").write_text("week,market,kpi\n2026-01-05,DE,1\n")
    write_notebook(workspace.root / "notebooks", "seeds", SAVING)
    return workspace, [run_notebook(workspace, "seeds", [f"seed={seed}"]) for seed in (3, 5)]


def test_the_same_run_is_recognised_and_no_other(made):
    workspace, (three, five) = made
    assert run_made_before(workspace, "seeds", ["seed=3"]).run_id == three.run_id
    assert run_made_before(workspace, "seeds", ["seed=5"]).run_id == five.run_id
    assert run_made_before(workspace, "seeds", ["seed=4"]) is None
    data = workspace.root / "kpi.csv"
    before = data.read_bytes()
    data.write_bytes(before.replace(b",1", b",2"))
    assert run_made_before(workspace, "seeds", ["seed=3"]) is None
    data.write_bytes(before)
    config = workspace.root / "workbench.toml"
    said = config.read_text()
    config.write_text(said + "# another\n")
    assert run_made_before(workspace, "seeds", ["seed=3"]) is None
    config.write_text(said)
    assert run_made_before(workspace, "seeds", ["seed=3"]).run_id == three.run_id


def test_what_was_learnt_since_makes_a_run_new(made):
    workspace, (three, _) = made
    now = datetime.now(UTC)
    other = replace(three, run_id="zz-other", notebook="other", started_at=now)
    ledger = open_history(workspace)
    ledger.adopt([replace(other, parents=(three.run_id,))])
    assert run_made_before(workspace, "seeds", ["seed=3"])
    ledger.forget(["zz-other"])
    ledger.adopt([other])
    assert run_made_before(workspace, "seeds", ["seed=3"]) is None
    ledger.forget(["zz-other"])


def test_reuse_on_the_command_line(made):
    workspace, (three, _) = made
    count = len(all_runs(workspace))
    told = subprocess.run(
        command(workspace, "run", "seeds", "-p", "seed=3", "--reuse", "--json"), capture_output=True, text=True
    )
    assert json.loads(told.stdout)["run_id"] == three.run_id
    assert len(all_runs(workspace)) == count


def test_two_runs_are_compared(made):
    workspace, (three, five) = made
    found = run_difference(workspace, three.run_id, five.run_id)
    assert [(each.name, each.first, each.second) for each in found.parameters] == [("seed", 3, 5)]
    assert found.origin == found.inputs == found.checks == ()
    (row,) = found.estimates.to_dict("records")
    assert (row["estimate_first"], row["estimate_second"], row["change"], row["overlap"]) == (3, 5, 2, 0)


numbers = st.floats(-5, 5).map(lambda value: round(value, 3))
intervals = st.tuples(numbers, numbers).map(sorted)


@given(intervals, intervals)
def test_the_overlap_is_the_share_of_the_shorter_interval_inside_the_other(first, second):
    def frame(ends):
        return pd.DataFrame(
            [{"quantity": "q", "entity": "e", "estimate": ends[0], "lower": ends[0], "upper": ends[1], "unit": ""}]
        )

    (overlap,) = compared(frame(first), frame(second)).overlap
    shorter, other = sorted((first, second), key=lambda ends: ends[1] - ends[0])
    points = [shorter[0] + (shorter[1] - shorter[0]) * (k + 0.5) / 400 for k in range(400)]
    assert overlap == pytest.approx(sum(other[0] <= point <= other[1] for point in points) / 400, abs=0.006)


def test_what_has_no_counterpart_has_no_overlap():
    row = {"quantity": "q", "estimate": 1.0, "lower": 0.0, "upper": 2.0, "unit": "EUR"}
    found = compared(pd.DataFrame([row | {"entity": "a"}]), pd.DataFrame([row | {"entity": "b"}]))
    assert sorted(found.entity) == ["a", "b"]
    assert found.overlap.isna().all()


def test_a_notebook_that_reads_a_run_is_its_child(made, tmp_path):
    workspace, (three, _) = made
    reading = f'{ROOT}\nfrom workbench.runs.parents import note_parent\nnote_parent("{three.run_id}")'
    write_notebook(workspace.root / "notebooks", "reader", reading)
    child = run_notebook(workspace, "reader")
    assert child.parents == (three.run_id,)
    assert {item.path for item in child.artefacts} == {"notebook.ipynb", "report.html", "report.pdf"}
    found = lineage_of(workspace, three.run_id)
    assert [(record.run_id, far) for record, far in found.descendants] == [(child.run_id, 1)]
    found = lineage_of(workspace, child.run_id)
    assert [(record.run_id, far) for record, far in found.ancestors] == [(three.run_id, 1)]


def test_notes_of_a_person_go_to_the_next_save_alone():
    noted.note_parent("b")
    noted.note_parent("a")
    assert noted.noted_parents() == ("a", "b")
    assert noted.noted_parents() == ()


def old_runs(workspace: Workspace, *records: RunRecord) -> None:
    for record in records:
        folder = workspace.reports / ("runs" if record.status == "finished" else "failed") / record.run_id
        folder.mkdir(parents=True)
        write_record(record, folder)


def aged(run_id: str, days: int, **changes) -> RunRecord:
    start = datetime.now(UTC) - timedelta(days=days)
    return replace(RunRecord(run_id=run_id, notebook="mix", started_at=start).ended("finished"), **changes)


def test_only_old_runs_that_nothing_refers_to_are_removed(tmp_path):
    workspace = make_workspace(tmp_path / "kept", "[runs]\nkeep_days = 30\nkeep_runs = 2\n")
    old_runs(
        workspace,
        aged("published", 90),
        aged("read-by-published", 95),
        aged("read", 80),
        aged("reader", 10, parents=("read",)),
        aged("read-by-a-goner", 81),
        aged("goner", 70, parents=("read-by-a-goner",)),
        aged("bad", 60, status="failed"),
        aged("newest", 2),
        aged("other-notebook", 99, notebook="plan"),
    )
    ledger = Ledger(workspace.reports)
    ledger.end(replace(find_run(workspace, "published"), parents=("read-by-published",)))
    plan = tidying(workspace, {"published"})
    assert [record.run_id for record in plan.removed] == ["read-by-a-goner", "goner", "bad"]
    assert {record.run_id for record in plan.kept_old} == {"published", "read-by-published", "read"}
    tidy(workspace, plan)
    stay = {"published", "read-by-published", "read", "reader", "newest", "other-notebook"}
    assert visible(workspace.reports / "runs") == stay
    assert {record.run_id for record in all_runs(workspace)} == stay
    assert tidying(workspace, {"published"}).removed == ()


def test_without_a_policy_every_run_stays(workspace: Workspace):
    with pytest.raises(RunError, match="keep_days isn't set, so every run stays"):
        tidying(workspace)
