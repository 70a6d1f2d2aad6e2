"""A run's folder that goes through a store comes back as it was, or not at all."""

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("fsspec")

from tests.runs.tiny import make_workspace, visible
from workbench.errors import RunError
from workbench.runs.fan_out.parcel import close, packed, unpack
from workbench.runs.fan_out.store import RunStore
from workbench.runs.ledger import Ledger
from workbench.runs.parents import note_parents_in, taken_parents
from workbench.runs.record import RunRecord, list_artefacts

RUN = "20260101T000000-tiny-0000"
RECORD = RunRecord(run_id=RUN, notebook="tiny", started_at=datetime(2026, 1, 1, tzinfo=UTC))
FILES = {"notebook.ipynb": b"{}", "report.pdf": b"%PDF", "result/result.json": b"[1]", "handoff/a {b}/c.csv": b"x\n1\n"}


def folder_of(root: Path, files: dict[str, bytes] = FILES) -> Path:
    root.mkdir()
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    note_parents_in(root, ["earlier"])
    close(root, RECORD.ended("finished"))
    return root


def contents(folder: Path) -> dict[str, bytes]:
    return {artefact.path: (folder / artefact.path).read_bytes() for artefact in list_artefacts(folder)}


@pytest.fixture(params=["file", "memory"])
def store(request, tmp_path):
    return RunStore(f"memory://{tmp_path.name}" if request.param == "memory" else str(tmp_path / "store"))


@pytest.fixture
def sent(tmp_path):
    return folder_of(tmp_path / "sent")


@pytest.fixture
def here(tmp_path):
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


def test_what_is_left_in_a_store_comes_back_and_is_then_removed(store, sent, here):
    store.put(RUN, sent)
    store.fetch(RUN, here)
    assert contents(here) == FILES
    assert visible(here) == {"notebook.ipynb", "report.pdf", "result", "handoff", ".parents"}
    assert taken_parents(here) == ("earlier",)
    store.remove(RUN)
    store.remove(RUN)
    with pytest.raises(RunError, match="can't be read"):
        store.fetch(RUN, here)


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(
        st.from_regex(r"[a-z0-9 {}%#+äß]{1,8}(/[a-z0-9]{1,5}){0,2}\.[a-z]{1,3}", fullmatch=True),
        st.binary(max_size=99),
        max_size=6,
    )
)
def test_any_folder_comes_back_as_it_was(tmp_path_factory, files):
    root = tmp_path_factory.mktemp("any")
    sent, here = folder_of(root / "sent", files), root / "here"
    here.mkdir()
    unpack(packed(sent), here)
    assert contents(here) == files
    again = root / "again"
    again.mkdir()
    store = RunStore(str(root / "store"))
    store.put(RUN, sent)
    store.fetch(RUN, again)
    assert contents(again) == files


def damaged(content: bytes) -> bytes:
    return content + b"!"


@pytest.mark.parametrize("name", ["report.pdf", "result/result.json"])
def test_a_file_that_changed_on_the_way_leaves_nothing(store, sent, here, name):
    parcel = packed(sent)
    with pytest.raises(RunError, match=f"{name} of the run came back from the cluster other than it was sent"):
        unpack(parcel | {name: damaged(parcel[name])}, here)
    assert visible(here) == set()
    store.put(RUN, sent)
    store._files.pipe_file(store._path(RUN, name), b"other")
    with pytest.raises(RunError, match=f"{name} of the run came back from .+ other than it was sent"):
        store.fetch(RUN, here)
    assert visible(here) == set()


def test_a_file_that_is_gone_leaves_nothing(store, sent, here):
    parcel = packed(sent)
    del parcel["report.pdf"]
    with pytest.raises(RunError, match=r"report\.pdf of the run is missing in the cluster"):
        unpack(parcel, here)
    store.put(RUN, sent)
    store._files.rm(store._path(RUN, "report.pdf"))
    with pytest.raises(RunError, match=r"report\.pdf of the run is missing in "):
        store.fetch(RUN, here)
    assert visible(here) == set()


def test_a_run_without_its_record_counts_for_nothing(store, sent, here):
    store.put(RUN, sent)
    store._files.rm(store._path(RUN, "run.json"))
    with pytest.raises(RunError, match="can't be read"):
        store.fetch(RUN, here)
    assert visible(here) == set()


@pytest.mark.parametrize("name", ["../outside.txt", "/etc/outside", "result/../../outside.txt"])
def test_no_file_lands_outside_of_the_folder(sent, here, name):
    parcel = packed(sent)
    record = json.loads(parcel["run.json"])
    record["artefacts"][0]["path"] = name
    parcel |= {"run.json": json.dumps(record).encode(), name: parcel["notebook.ipynb"]}
    with pytest.raises(RunError, match="outside of the run's folder"):
        unpack(parcel, here)
    assert visible(here) == set()
    assert not (here.parent / "outside.txt").exists()


def test_a_record_that_cannot_be_read_is_a_sentence(here):
    with pytest.raises(RunError, match=r"run\.json from the cluster can't be read"):
        unpack({"run.json": b"{"}, here)


def test_what_nobody_fetched_is_removed_when_its_run_has_ended(store, sent, here):
    running, lost, elsewhere = RUN, "20260101T000000-tiny-1111", "20260101T000000-tiny-2222"
    store.remove_ended(Ledger(here))
    ledger = Ledger(here)
    for run_id in (running, lost):
        ledger.start(replace(RECORD, run_id=run_id))
    ledger.end(replace(RECORD, run_id=lost).ended("lost"))
    for run_id in (running, lost, elsewhere):
        store.put(run_id, sent)
    store.remove_ended(ledger)
    for run_id, is_there in ((running, True), (lost, False), (elsewhere, True)):
        assert store._files.exists(store._path(run_id)) is is_there
    # They went as they came: the others can still be fetched.
    (here / "back").mkdir()
    store.fetch(running, here / "back")
    assert contents(here / "back") == FILES


def test_the_store_of_a_workspace(tmp_path, monkeypatch):
    assert RunStore.of(make_workspace(tmp_path / "none")) is None
    beside = RunStore.of(make_workspace(tmp_path / "beside", '[runs]\nstore = "shared"\n'))
    assert beside._path(RUN) == f"{tmp_path / 'beside' / 'shared'}/runs/{RUN}"
    monkeypatch.setenv("STORE", "memory://secret")
    by_name = RunStore.of(make_workspace(tmp_path / "named", '[runs]\nstore = "env:STORE"\n'))
    with pytest.raises(RunError, match="the store env:STORE can't be read") as caught:
        by_name.fetch(RUN, tmp_path)
    assert "secret" not in str(caught.value)


def test_a_store_that_cannot_be_had_is_a_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(
        RunError, match=r"the store s3://bucket/runs needs a package that isn't installed \(Install s3fs"
    ):
        RunStore("s3://bucket/runs")
    with pytest.raises(RunError, match="the store nothing://x can't be reached"):
        RunStore("nothing://x")
