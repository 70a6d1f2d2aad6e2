"""The sample company on disk: the same bytes each time, all or nothing."""

import hashlib
from pathlib import Path

import pandas as pd
import pytest

from workbench.data.synthetic import simulate_company, write, write_sample
from workbench.errors import DataError, SpecError

SMALL = {"customers": 3_000, "weeks": 104}


def fingerprints(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_same_seed_same_bytes_and_another_seed_another_company(tmp_path: Path):
    write_sample(tmp_path / "one", seed=7, **SMALL)
    write_sample(tmp_path / "two", seed=7, **SMALL)
    write_sample(tmp_path / "three", seed=8, **SMALL)
    one, two, three = (fingerprints(tmp_path / name) for name in ("one", "two", "three"))
    assert one == two
    assert one.keys() == three.keys()
    assert one["transactions.parquet"] != three["transactions.parquet"]


def test_files_hold_the_simulated_tables(tmp_path: Path):
    write_sample(tmp_path / "sample", seed=7, **SMALL)
    company = simulate_company(seed=7, **SMALL)
    for name in ("transactions", "customers", "media", "kpi", "controls", "units", "geo"):
        pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "sample" / f"{name}.parquet"), getattr(company, name))
    future = pd.read_parquet(tmp_path / "sample" / "truth" / "future_orders.parquet")
    assert future.orders.sum() == company.truth.customers.orders.sum()


def test_writing_again_replaces_the_whole_folder(tmp_path: Path):
    write_sample(tmp_path / "sample", seed=7, **SMALL)
    (tmp_path / "sample" / "truth" / "stale.json").write_text("{}")
    write_sample(tmp_path / "sample", seed=7, **SMALL)
    assert not (tmp_path / "sample" / "truth" / "stale.json").exists()
    assert [entry.name for entry in tmp_path.iterdir()] == ["sample"]


def test_a_failed_write_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_sample(tmp_path / "sample", seed=7, **SMALL)
    before = fingerprints(tmp_path / "sample")

    def full_disk(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(write, "_write_truth", full_disk)
    with pytest.raises(OSError, match="no space left"):
        write_sample(tmp_path / "sample", seed=8, **SMALL)
    assert fingerprints(tmp_path / "sample") == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["sample"]


def test_a_folder_with_something_else_is_refused(tmp_path: Path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(DataError, match="holds thesis.tex, which is not part of the sample company"):
        write_sample(tmp_path, **SMALL)
    with pytest.raises(DataError, match="is a file"):
        write_sample(tmp_path / "thesis.tex", **SMALL)
    assert (tmp_path / "thesis.tex").read_text() == "precious"


@pytest.mark.parametrize("size", [{"customers": 20, "weeks": 104}, {"customers": 3_000, "weeks": 20}])
def test_a_company_too_small_for_its_tests_is_refused(tmp_path: Path, size: dict[str, int]):
    with pytest.raises(SpecError, match="at least 500 customers and 104 weeks"):
        write_sample(tmp_path / "sample", **size)
    assert not (tmp_path / "sample").exists()


def test_leaving_out_something_unknown_is_refused():
    with pytest.raises(SpecError, match="no radio to leave out; choose from tv"):
        simulate_company(**SMALL, without=("radio",))
