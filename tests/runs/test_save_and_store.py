"""What a notebook saves without a supervisor, and what later analyses find."""

import errno
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pandas as pd
import pytest

from tests.runs.tiny import SAVING, make_workspace, visible, write_notebook
from workbench.errors import RunError
from workbench.result import Estimate, Result, estimates_frame
from workbench.runs import collect_handoff, finished_runs, latest_result, latest_run, save_run
from workbench.runs.history import all_runs, find_run
from workbench.runs.ledger import Ledger


@dataclass(frozen=True, kw_only=True)
class Mix(Result):
    analysis: ClassVar[str] = "media_mix"


@dataclass(frozen=True, kw_only=True)
class Readout(Result):
    analysis: ClassVar[str] = "experiment_readout"


def found(kind: type[Result], value: float) -> Result:
    return kind(title="T", estimates=estimates_frame([Estimate(quantity="q", entity="e", estimate=value)]))


def lifts(**values: float) -> dict[str, pd.DataFrame]:
    return {"lift_record": pd.DataFrame({"experiment_id": list(values), "lift": list(values.values())})}


def test_a_person_s_result_becomes_a_run_of_its_own(workspace):
    folder = save_run(found(Mix, 2.0), handoff=lifts(a=1.0), workspace=workspace)
    assert visible(folder) == {"result", "handoff", "run.json"}
    assert json.loads((folder / "run.json").read_text())["trigger"] == "interactive"
    assert visible(workspace.reports / "runs") == {folder.name}
    assert "-media_mix-" in folder.name
    (row,) = Ledger(workspace.reports).runs()
    assert (row.run_id, row.status, row.trigger) == (folder.name, "finished", "interactive")


def test_the_newest_result_of_a_class_is_read(workspace):
    for value in (1.0, 2.0):
        save_run(found(Mix, value), workspace=workspace)
    save_run(found(Readout, 9.0), workspace=workspace)
    newest = latest_result(workspace, Mix)
    assert type(newest) is Mix
    assert newest.estimate("q", "e").estimate == 2.0
    assert [run.summary.analysis for run in finished_runs(workspace.reports)] == [
        "experiment_readout",
        "media_mix",
        "media_mix",
    ]


def test_no_finished_run_is_a_sentence_with_its_mend(workspace):
    with pytest.raises(RunError, match="no finished media_mix run in .*; run `workbench run media_mix` first"):
        latest_run(workspace.reports, "media_mix")


def test_each_key_comes_from_the_newest_run_that_has_it(workspace):
    save_run(found(Readout, 1.0), handoff=lifts(a=1.0, b=1.0), workspace=workspace)
    save_run(found(Readout, 2.0), handoff=lifts(b=2.0), workspace=workspace)
    save_run(found(Mix, 3.0), handoff=lifts(c=3.0), workspace=workspace)
    frame = collect_handoff(workspace.reports, "lift_record.csv", key="experiment_id")
    assert dict(zip(frame.experiment_id, frame.lift, strict=True)) == {"a": 1.0, "b": 2.0, "c": 3.0}
    assert frame.run_id.nunique() == 3
    assert len(collect_handoff(workspace.reports, "nothing.csv", key="experiment_id")) == 0
    with pytest.raises(RunError, match="has no column market"):
        collect_handoff(workspace.reports, "lift_record.csv", key="market")


def test_a_full_disk_while_saving_is_one_sentence_and_leaves_nothing(workspace, monkeypatch):
    def full(self, *args, **kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    with pytest.raises(RunError, match="the disk of .*reports is full .*; free some space and run again"):
        save_run(found(Mix, 1.0), handoff=lifts(a=1.0), workspace=workspace)
    assert visible(workspace.reports / "runs") == set()
    assert [row.status for row in Ledger(workspace.reports).runs()] == ["failed"]


def test_runs_are_found_by_beginning(workspace):
    folders = [save_run(found(Mix, value), workspace=workspace) for value in (1.0, 2.0)]
    assert find_run(workspace, folders[0].name).path == folders[0]
    assert find_run(workspace, "latest").path == folders[1]
    assert find_run(workspace, folders[0].name[:-1]).run_id == folders[0].name
    with pytest.raises(RunError, match="several runs begin with '20'"):
        find_run(workspace, "20")
    with pytest.raises(RunError, match="there is no run 'x'"):
        find_run(workspace, "x")


def test_run_folders_outlive_the_ledger(workspace):
    folder = save_run(found(Mix, 1.0), workspace=workspace)
    for path in workspace.reports.glob("ledger.db*"):
        path.unlink()
    assert [run.run_id for run in all_runs(workspace)] == [folder.name]


def test_an_unreadable_record_is_one_sentence(workspace):
    folder = save_run(found(Mix, 1.0), workspace=workspace)
    (folder / "run.json").write_text("{")
    with pytest.raises(RunError, match=r"run\.json can't be read .*; move that folder away"):
        finished_runs(workspace.reports)


@pytest.mark.slow
def test_plain_papermill_saves_a_run_too(tmp_path: Path):
    workspace = make_workspace(tmp_path)
    notebook = write_notebook(tmp_path, "seeds", SAVING)
    command = [sys.executable, "-m", "papermill", str(notebook), str(tmp_path / "out.ipynb"), "-p", "seed", "5"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("WORKBENCH_")}
    done = subprocess.run([*command, "--cwd", str(tmp_path)], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (run,) = finished_runs(workspace.reports)
    assert run.trigger == "interactive"
    assert run.summary.headline == "The seed is 5."
    assert Result.load(run.result_folder).estimate("seed", "all").estimate == 5
