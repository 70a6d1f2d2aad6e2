"""A finished run: its folder, its record and its row."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.runs.tiny import visible, write_notebook
from workbench.errors import RunError
from workbench.result import Result
from workbench.runs.execute import run_notebook
from workbench.runs.handoff import read_handoff
from workbench.runs.ledger import Ledger
from workbench.runs.notebooks import find_notebook
from workbench.runs.record import new_run_id, read_record

pytestmark = pytest.mark.slow


def test_the_folder_holds_everything_and_nothing_else_is_left(finished):
    workspace, record, _ = finished
    assert record.status == "finished"
    assert record.path == workspace.reports / "runs" / record.run_id
    assert visible(record.path) == {"notebook.ipynb", "result", "handoff", "report.pdf", "report.html", "run.json"}
    assert visible(workspace.reports / "runs") == {record.run_id}
    assert visible(workspace.reports / "failed") == set()
    assert visible(workspace.root / "notebooks") == {"seeds.ipynb"}


def test_the_newest_report_is_found_under_a_name_that_stays(finished):
    workspace, record, _ = finished
    assert visible(workspace.reports / "latest") == {"seeds.pdf", "seeds.html"}
    assert (workspace.reports / "latest" / "seeds.pdf").read_bytes() == (record.path / "report.pdf").read_bytes()


def test_the_record_tells_what_was_made_by_what(finished):
    workspace, record, _ = finished
    stored = json.loads((record.path / "run.json").read_text())
    source = (workspace.root / "notebooks" / "seeds.ipynb").read_bytes()
    assert stored["status"] == "finished"
    assert stored["parameters"] == {"seed": 3, "budget": 2.5, "label": "env:TOKEN"}
    assert stored["origin"]["notebook_sha256"] == hashlib.sha256(source).hexdigest()
    assert stored["summary"]["analysis"] == "result"
    assert stored["summary"]["headline"] == "The seed is 3."
    assert (stored["summary"]["checks_passed"], stored["summary"]["checks_failed"]) == (1, 1)
    started, ended = (datetime.fromisoformat(stored[key]) for key in ("started_at", "finished_at"))
    assert started.tzinfo is not None
    assert (ended - started).total_seconds() == pytest.approx(stored["seconds"], abs=0.01)
    assert read_record(record.path) == record


def test_every_file_is_listed_with_its_hash(finished):
    _, record, _ = finished
    files = {path.relative_to(record.path).as_posix(): path for path in record.path.rglob("*") if path.is_file()}
    del files["run.json"]
    hashes = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
    assert {artefact.path: artefact.sha256 for artefact in record.artefacts} == hashes


def test_the_notebook_was_executed_with_its_parameters(finished):
    _, record, _ = finished
    assert "sown 3" in (record.path / "notebook.ipynb").read_text()
    assert Result.load(record.path / "result").estimate("seed", "all").estimate == 3
    assert read_handoff(record.path / "handoff" / "lift_record.csv").lift.tolist() == [3.0]
    assert (record.path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_each_code_cell_was_announced_as_it_began(finished):
    _, _, events = finished
    cells = [event for event in events if event.kind == "cell"]
    assert [(cell.number, cell.total) for cell in cells] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert [cell.title for cell in cells] == ["Tiny", "Tiny", "Step 1", "Step 2"]


def test_the_ledger_has_one_row_that_agrees(finished):
    workspace, record, _ = finished
    (row,) = [row for row in Ledger(workspace.reports).runs() if row.run_id == record.run_id]
    assert (row.status, row.parameters, row.seconds, row.summary) == (
        "finished",
        record.parameters,
        record.seconds,
        record.summary,
    )
    assert row.path == record.path


def test_a_refused_parameter_leaves_no_trace(workspace):
    write_notebook(workspace.root / "notebooks", "tiny", "1")
    with pytest.raises(RunError, match="did you mean seed"):
        run_notebook(workspace, "tiny", ["sed=1"])
    assert not workspace.reports.exists()


def test_an_unknown_notebook_names_the_known(workspace):
    write_notebook(workspace.root / "notebooks", "tiny", "1")
    with pytest.raises(RunError, match="did you mean tiny"):
        run_notebook(workspace, "tinny")
    with pytest.raises(RunError, match="known notebooks: .*tiny"):
        run_notebook(workspace, "zzzzzz")


def test_a_notebook_is_found_by_path_then_workspace_then_repository(tmp_path: Path, monkeypatch, repository):
    root = tmp_path / "ws"
    own = write_notebook(root / "notebooks", "media_mix", "1")
    other = write_notebook(tmp_path, "media_mix", "2")
    monkeypatch.chdir(root)
    assert find_notebook("../media_mix.ipynb", root) == other
    assert find_notebook("media_mix", root) == own
    assert find_notebook("media_mix.ipynb", root) == own


def test_run_ids_sort_by_start_and_are_safe_names():
    early, late = datetime(2026, 11, 21, 23, 5, 1, tzinfo=UTC), datetime(2026, 11, 21, 23, 5, 2, tzinfo=UTC)
    assert new_run_id("zz", early) < new_run_id("aa", late)
    assert new_run_id("../a b", early).startswith("20261121T230501-a_b-")
    # As many as many machines may start in one second.
    assert len({new_run_id("x", early) for _ in range(1000)}) == 1000
