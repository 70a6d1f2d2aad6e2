"""The registry remembers every finished readout once, whatever is killed, and whoever writes beside."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, fields
from pathlib import Path
from typing import ClassVar, get_type_hints

import pandas as pd
import pytest

from tests.runs.programme import record
from workbench.errors import RunError
from workbench.experiments.registry.record import ExperimentRecord, Standing
from workbench.experiments.result import ExperimentResult, Verdict
from workbench.result import Estimate, Result, estimates_frame
from workbench.runs import finished_runs, lift_records, past_records, save_run
from workbench.runs.learning_record import CHOICES, DAYS, NUMBERS, TEXTS
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


def test_a_last_line_without_its_break_is_a_record_like_others(workspace: Workspace) -> None:
    """Editors leave the last line so; no run folder is left to mend it from."""
    for name in ("a", "b"):
        shutil.rmtree(remember(workspace, record(name)))
    log = log_of(workspace)
    log.write_bytes(log.read_bytes().rstrip(b"\n"))
    assert [row["experiment_id"] for row in learnings(workspace.reports)] == ["a", "b"]
    remember(workspace, record("c"))
    assert logged(workspace) == ["a", "b", "c"]


@pytest.mark.parametrize("kept", [100, 400])
def test_a_cut_line_that_no_run_folder_mends_is_kept_and_named(workspace: Workspace, kept: int) -> None:
    remember(workspace, record("a"))
    whole = log_of(workspace).read_bytes()
    shutil.rmtree(remember(workspace, record("b")))
    torn = log_of(workspace).read_bytes()[: len(whole) + kept]
    log_of(workspace).write_bytes(torn)
    with pytest.raises(RunError, match=r"line 2 of .*jsonl is cut off, and no run folder holds its record; restore"):
        past_records(workspace)
    remember(workspace, record("c"))
    assert log_of(workspace).read_bytes() == torn
    log_of(workspace).write_bytes(whole)
    assert [row["experiment_id"] for row in learnings(workspace.reports)] == ["a", "c"]


def test_a_later_version_s_line_is_refused_and_left_alone(workspace: Workspace) -> None:
    remember(workspace, record("a"))
    log = log_of(workspace)
    later = json.dumps({"format": 9, "run_id": "r", "recorded_at": "x", "experiment_id": "a", "new": [1]})
    log.write_text(log.read_text() + later + "\n")
    before = log.read_bytes()
    remember(workspace, record("b"))
    assert log.read_bytes() == before
    with pytest.raises(RunError, match="is of format 9, and this version reads up to 1; update the workbench"):
        past_records(workspace)


def edited(log: Path, **changed: object) -> None:
    """As if somebody had mended the last line by hand."""
    *others, last = log.read_text().splitlines()
    log.write_text("\n".join([*others, json.dumps(json.loads(last) | changed)]) + "\n")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"relative": "3%"}, "line 2 of .* has relative '3%', which is no number; mend that line, or take it out"),
        ({"tags": ["a", "b"]}, r"has tags \['a', 'b'\], which is no text"),
        ({"end": "30.11.2025"}, "has end '30.11.2025', which is no day such as 2025-11-30"),
        ({"recorded_at": "yesterday"}, "has recorded_at 'yesterday', which is no moment"),
        ({"verdict": "shipped"}, r"has verdict 'shipped', which is no verdict \(ship, stop, keep running"),
        ({"higher_is_better": "yes"}, "has higher_is_better 'yes', which is no true or false"),
        ({"format": "two"}, r"is no record of an experiment \(no format\)"),
        ({"experiment_id": None}, r"is no record of an experiment \(no experiment_id\)"),
    ],
)
def test_a_field_that_was_edited_to_nonsense_is_named(workspace: Workspace, changed, sentence) -> None:
    for name in ("a", "b"):
        remember(workspace, record(name))
    edited(log_of(workspace), **changed)
    with pytest.raises(RunError, match=sentence):
        past_records(workspace)


def test_a_line_that_was_mended_by_hand_counts_and_what_lacks_is_empty(workspace: Workspace) -> None:
    remember(workspace, record("a", owner="Ada", verdict="ship"))
    edited(log_of(workspace), owner="Bea", reuse=None)
    log_of(workspace).write_text("\n" + log_of(workspace).read_text())
    (row,) = past_records(workspace).to_dict("records")
    assert (row["owner"], row["reuse"]) == ("Bea", "")
    assert filtered(learnings(workspace.reports), owner="bea")


def test_a_log_that_can_not_be_read_is_named_and_readouts_still_finish(workspace: Workspace) -> None:
    log_of(workspace).mkdir(parents=True)
    folder = remember(workspace, record("a"))
    with pytest.raises(
        RunError, match=r"learnings\.jsonl can't be read \(Is a directory\); grant access to it, or move"
    ):
        past_records(workspace)
    log_of(workspace).rmdir()
    assert list(past_records(workspace).run_id) == [folder.name]


def test_a_line_that_was_copied_counts_once_and_one_that_differs_is_named(workspace: Workspace) -> None:
    remember(workspace, record("a"))
    log = log_of(workspace)
    log.write_bytes(2 * log.read_bytes())
    assert list(past_records(workspace).version) == [1]
    edited(log, owner="Bea")
    with pytest.raises(RunError, match="line 2 of .* tells the run .* otherwise than a line before it; take one out"):
        past_records(workspace)


def test_lines_are_held_to_the_fields_that_records_have() -> None:
    kinds = {"float": NUMBERS, "int": NUMBERS, "date | None": DAYS, "str": (*TEXTS, "kind")}
    kinds |= {"bool": ("higher_is_better",), "Verdict": ("verdict",), "Standing": ("standing",)}
    known = fields(ExperimentRecord)
    assert [field.name for field in known if field.name not in kinds[str(field.type)]] == []
    assert CHOICES["verdict"] == Verdict.__value__.__args__
    assert CHOICES["standing"] == Standing.__value__.__args__
    assert CHOICES["kind"] == get_type_hints(ExperimentResult)["kind"].__args__


def test_a_damaged_line_is_named(workspace: Workspace) -> None:
    remember(workspace, record("a"))
    log = log_of(workspace)
    log.write_bytes(log.read_bytes() + b'{"run_id": 3}\n')
    with pytest.raises(
        RunError, match=r"line 2 of .*learnings\.jsonl is no record .*; restore that line, or take it out"
    ):
        past_records(workspace)


def test_records_are_found_by_tag_channel_verdict_and_words(workspace: Workspace) -> None:
    remember(workspace, record("old", channel="TV", verdict="keep running", tags="brand;summer"))
    remember(workspace, record("old", channel="TV", verdict="stop", tags="brand;summer", markets="DE;AT", owner="CRM"))
    opened = "Shorter subject lines are opened"
    remember(workspace, record("new", hypothesis=opened, tags="email", audience="new customers", kind="users"))
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
    assert found(market="at", owner="crm") == ["old"]
    assert found(market="a") == found(owner="c") == []
    assert found(audience="New customers") == ["new"]
    assert found(audience="customers") == []
    assert found(kind="geo") == []
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
