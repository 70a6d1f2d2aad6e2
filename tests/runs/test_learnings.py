"""The registry remembers every finished readout once, whatever is killed, and whoever writes beside."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pandas as pd
import pytest

from tests.runs.programme import record
from workbench.errors import RunError
from workbench.experiments.registry.record import ExperimentRecord
from workbench.result import Estimate, Result, estimates_frame
from workbench.runs import finished_runs, lift_records, past_records, save_run
from workbench.runs.learnings import LEARNINGS_FILE, filtered, learnings, newest_versions
from workbench.workspace import Workspace

WRITER = """
import sys
from tests.runs.programme import record
from tests.runs.test_learnings import remember
from workbench.workspace import open_workspace
company = open_workspace(sys.argv[1])
for number in range(int(sys.argv[3])):
    remember(company, record(f"{sys.argv[2]}{number}"))
"""


@dataclass(frozen=True, kw_only=True)
class Readout(Result):
    analysis: ClassVar[str] = "experiment_readout"

    experiment_id: str = ""
    verdict: str = "ship"


def remember(workspace: Workspace, learning: ExperimentRecord, lift: pd.DataFrame | None = None) -> Path:
    result = Readout(
        title="T",
        estimates=estimates_frame([Estimate(quantity="q", entity="e", estimate=1.0)]),
        experiment_id=learning.experiment_id,
        verdict=learning.verdict,
    )
    handoff = None if lift is None else {"lift_record.csv": lift}
    return save_run(result, handoff=handoff, learning=learning, workspace=workspace)


def log_of(workspace: Workspace) -> Path:
    return workspace.reports / LEARNINGS_FILE


def logged(workspace: Workspace) -> list[str]:
    return [json.loads(line)["experiment_id"] for line in log_of(workspace).read_text().splitlines()]


def start_writer(workspace: Workspace, prefix: str, count: int, repository: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", WRITER, str(workspace.root), prefix, str(count)]
    return subprocess.Popen(command, cwd=repository, stderr=subprocess.PIPE)


def test_a_readout_is_remembered_as_it_was(workspace: Workspace) -> None:
    told = record("winter", relative=0.031, tags="email;winter")
    folder = remember(workspace, told)
    (row,) = past_records(workspace).to_dict("records")
    assert (row["run_id"], row["version"], row["newest"]) == (folder.name, 1, True)
    for name, value in vars(told).items():
        found = row[name].date() if isinstance(row[name], pd.Timestamp) else row[name]
        assert found == value or (found != found and value != value), name


def test_the_log_outlives_the_run_folders(workspace: Workspace) -> None:
    for name in ("a", "b"):
        shutil.rmtree(remember(workspace, record(name)))
    assert set(past_records(workspace).experiment_id) == {"a", "b"}


def test_a_run_that_is_not_finished_has_taught_nothing_yet(workspace: Workspace, monkeypatch) -> None:
    staged = workspace.reports / "runs" / ".staged-20240101T000000-experiment_readout-abcd"
    staged.mkdir(parents=True)
    monkeypatch.setenv("WORKBENCH_RUN_DIR", str(staged))
    assert remember(workspace, record("a")) == staged
    assert past_records(workspace).empty
    os.rename(staged, staged.with_name(staged.name.removeprefix(".staged-")))
    assert list(past_records(workspace).run_id) == ["20240101T000000-experiment_readout-abcd"]


def test_what_a_killed_writer_left_is_mended_by_the_next_one(workspace: Workspace) -> None:
    remember(workspace, record("a"))
    whole = log_of(workspace).read_bytes()
    remember(workspace, record("b"))
    torn = log_of(workspace).read_bytes()[: len(whole) + 40]
    log_of(workspace).write_bytes(torn)
    assert sorted(row["experiment_id"] for row in learnings(workspace.reports)) == ["a", "b"]
    remember(workspace, record("c"))
    assert log_of(workspace).read_bytes().startswith(whole)
    assert sorted(logged(workspace)) == ["a", "b", "c"]


@pytest.mark.slow
def test_killed_at_any_moment_the_registry_knows_exactly_the_finished_runs(
    workspace: Workspace, repository: Path
) -> None:
    for attempt in range(2):
        writer = start_writer(workspace, f"t{attempt}-", 10_000, repository)
        known = len(finished_runs(workspace.reports))
        while len(finished_runs(workspace.reports)) < known + 3 and writer.poll() is None:
            time.sleep(0.01)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        assert writer.returncode == -signal.SIGKILL, writer.stderr and writer.stderr.read()
        assert set(past_records(workspace).run_id) == {run.run_id for run in finished_runs(workspace.reports)}
    remember(workspace, record("last"))
    assert len(logged(workspace)) == len(set(logged(workspace))) == len(finished_runs(workspace.reports))


@pytest.mark.slow
def test_writers_side_by_side_lose_and_repeat_nothing(workspace: Workspace, repository: Path) -> None:
    writers = [start_writer(workspace, prefix, 8, repository) for prefix in "xy"]
    for writer in writers:
        assert writer.wait() == 0, writer.stderr and writer.stderr.read()
    assert sorted(logged(workspace)) == sorted(f"{prefix}{number}" for prefix in "xy" for number in range(8))


def test_a_damaged_line_is_named(workspace: Workspace) -> None:
    remember(workspace, record("a"))
    log = log_of(workspace)
    log.write_bytes(log.read_bytes() + b'{"run_id": 3}\n')
    with pytest.raises(
        RunError, match=r"line 2 of .*learnings\.jsonl is no record .*; restore that line, or take it out"
    ):
        past_records(workspace)
    log.write_text(json.dumps({"format": 9, "run_id": "r", "recorded_at": "x", "experiment_id": "a"}) + "\n")
    with pytest.raises(RunError, match="is of format 9, and this version reads up to 1; update the workbench"):
        past_records(workspace)


def test_records_are_found_by_tag_channel_verdict_and_words(workspace: Workspace) -> None:
    remember(workspace, record("old", channel="TV", verdict="keep running", tags="brand;summer"))
    remember(workspace, record("old", channel="TV", verdict="stop", tags="brand;summer"))
    remember(workspace, record("new", hypothesis="Shorter subject lines are opened", tags="email"))
    known = learnings(workspace.reports)
    newest = newest_versions(known)
    assert [(row["experiment_id"], row["verdict"]) for row in newest] == [("old", "stop"), ("new", "ship")]

    def found(**asked: str) -> list[str]:
        return [row["experiment_id"] for row in filtered(newest, **asked)]

    assert found() == ["old", "new"]
    assert found(tag="Summer") == ["old"]
    assert found(tag="summ") == []
    assert found(channel="tv", verdict="stop") == ["old"]
    assert found(verdict="keep running") == []
    assert found(text="LINES shorter") == ["new"]
    assert found(text="lines longer") == []
    assert list(past_records(workspace, channel="tv").version) == [2, 1]
    assert list(past_records(workspace, tag="email").experiment_id) == ["new"]


def lift(experiment: str, size: float, rows: int = 1) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "experiment_id": [experiment],
            "channel": ["tv"],
            "markets": ["DE"],
            "start": pd.to_datetime(["2024-01-01"]),
            "end": pd.to_datetime(["2024-02-01"]),
            "spend_change": [100.0],
            "lift": [size],
            "lift_se": [1.0],
            "weight": [1.0],
        }
    )
    return frame.iloc[:rows]


def test_a_newer_readout_without_a_lift_takes_the_older_one_away(workspace: Workspace) -> None:
    remember(workspace, record("a"), lift("a", 5.0))
    remember(workspace, record("b"), lift("b", 7.0))
    assert set(lift_records(workspace).lift) == {5.0, 7.0}
    remember(workspace, record("a", verdict="invalid"), lift("a", 5.0, rows=0))
    assert list(lift_records(workspace).experiment_id) == ["b"]
    remember(workspace, record("a"), lift("a", 6.0))
    assert set(lift_records(workspace).lift) == {6.0, 7.0}


def test_an_invalid_readout_takes_the_company_s_own_record_away_too(workspace: Workspace) -> None:
    pd.concat([lift("a", 5.0), lift("b", 7.0)]).to_csv(workspace.root / "lift.csv", index=False)
    with open(workspace.root / "workbench.toml", "a") as config:
        config.write('[tables.lift]\npath = "lift.csv"\n')
    from workbench.workspace import open_workspace

    company = open_workspace(workspace.root)
    assert set(lift_records(company).experiment_id) == {"a", "b"}
    remember(company, record("a", verdict="invalid"), lift("a", 5.0, rows=0))
    remember(company, record("b", verdict="inconclusive"), lift("b", 7.0, rows=0))
    assert list(lift_records(company).experiment_id) == ["b"]
