"""A result comes back from disk as it was, whatever its numbers and words."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import DataError
from workbench.result import LATER, Check, Estimate, Provenance, Result, analysis_of, estimates_frame

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
numbers = st.floats(width=64)
plain = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False), texts
)


@st.composite
def estimates(draw: st.DrawFn) -> Estimate:
    lower, upper = sorted(draw(st.tuples(st.floats(allow_nan=False), st.floats(allow_nan=False))))
    bounds = draw(st.sampled_from([(lower, upper), (np.nan, np.nan)]))
    return Estimate(
        quantity=draw(texts),
        entity=draw(texts),
        estimate=draw(numbers),
        lower=bounds[0],
        upper=bounds[1],
        unit=draw(texts),
        level=draw(numbers),
    )


checks = st.builds(
    Check, name=texts, passed=st.sampled_from([True, False, None]), value=numbers, threshold=numbers, detail=texts
)
provenances = st.builds(
    Provenance,
    inputs=st.dictionaries(texts, texts, max_size=3),
    window=st.one_of(st.none(), st.tuples(st.dates(), st.dates())),
    parameters=st.dictionaries(texts, plain, max_size=4),
    seed=st.one_of(st.none(), st.integers(0, 2**32)),
    versions=st.dictionaries(texts, texts, max_size=2),
    created_at=st.one_of(st.none(), st.datetimes(timezones=st.just(UTC))),
)


@dataclass(frozen=True, kw_only=True)
class Domain(Result):
    analysis: ClassVar[str] = "domain"
    rows: pd.DataFrame
    draws: xr.Dataset
    cutoffs: dict[str, float]
    day: date
    pair: tuple[float, float]


@settings(max_examples=60, deadline=None)
@given(
    title=texts,
    rows=st.lists(estimates(), max_size=5, unique_by=lambda row: (row.quantity, row.entity)),
    checks=st.lists(checks, max_size=4).map(tuple),
    findings=st.lists(texts, max_size=3).map(tuple),
    provenance=provenances,
)
def test_a_result_comes_back_as_it_was(title, rows, checks, findings, provenance):
    result = Result(
        title=title, estimates=estimates_frame(rows), checks=checks, findings=findings, provenance=provenance
    )
    with TemporaryDirectory() as folder:
        result.save(Path(folder) / "result")
        loaded = Result.load(Path(folder) / "result")
    pd.testing.assert_frame_equal(loaded.estimates, result.estimates)
    assert repr(loaded.checks) == repr(result.checks)
    assert (loaded.title, loaded.findings, loaded.provenance) == (title, findings, provenance)


def domain_result() -> Domain:
    return Domain(
        title="A domain",
        estimates=estimates_frame([Estimate(quantity="roas", entity="tv", estimate=1.5, lower=1, upper=2, level=0.9)]),
        rows=pd.DataFrame({"week": pd.to_datetime(["2024-01-01"]), "spend": [1.5], "channel": ["tv"]}),
        draws=xr.Dataset(
            {"retention": (("draw", "channel"), np.linspace(0, 1, 6).reshape(3, 2))}, {"channel": ["a", "b"]}
        ),
        cutoffs={"high": np.inf, "low": np.nan},
        day=date(2024, 2, 29),
        pair=(0.1, np.nan),
        provenance=Provenance(created_at=datetime(2024, 1, 1, tzinfo=UTC)),
    )


def test_fields_of_a_domain_come_back_by_their_type(tmp_path):
    result = domain_result()
    result.save(tmp_path / "r")
    loaded = Domain.load(tmp_path / "r")
    pd.testing.assert_frame_equal(loaded.rows, result.rows)
    xr.testing.assert_identical(loaded.draws, result.draws)
    assert loaded.cutoffs["high"] == np.inf
    assert np.isnan(loaded.cutoffs["low"])
    assert loaded.day == result.day
    assert isinstance(loaded.pair, tuple)
    assert Result.load(tmp_path / "r").title == "A domain"
    assert analysis_of(tmp_path / "r") == "domain"


def test_only_open_formats_are_written(tmp_path):
    domain_result().save(tmp_path / "r")
    assert {path.suffix for path in (tmp_path / "r").iterdir()} == {".parquet", ".nc", ".json"}


def test_saving_again_replaces_the_whole_folder(tmp_path):
    domain_result().save(tmp_path / "r")
    (tmp_path / "r" / "left_over.txt").write_text("old")
    domain_result().save(tmp_path / "r")
    assert not (tmp_path / "r" / "left_over.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["r"]


def test_a_save_that_fails_leaves_the_old_result(tmp_path, monkeypatch):
    result = domain_result()
    result.save(tmp_path / "r")

    def full_disk(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(xr.Dataset, "to_netcdf", full_disk)
    with pytest.raises(OSError, match="No space"):
        result.save(tmp_path / "r")
    assert Domain.load(tmp_path / "r").day == result.day
    assert [path.name for path in tmp_path.iterdir()] == ["r"]


def test_a_folder_of_another_analysis_is_refused(tmp_path):
    Result(title="x", estimates=estimates_frame([])).save(tmp_path / "r")
    with pytest.raises(DataError, match="holds a result of result, not of domain"):
        Domain.load(tmp_path / "r")


def test_a_folder_without_a_result_is_refused(tmp_path):
    with pytest.raises(DataError, match="holds no saved result"):
        Result.load(tmp_path)


def test_an_estimate_is_found_by_quantity_and_entity():
    assert domain_result().estimate("roas", "tv").upper == 2
    with pytest.raises(KeyError, match="no estimate of roas for radio"):
        domain_result().estimate("roas", "radio")


def test_the_same_estimate_twice_is_refused():
    twice = [Estimate(quantity="roas", entity="tv", estimate=value) for value in (1.0, 2.0)]
    with pytest.raises(DataError, match="roas of tv twice"):
        estimates_frame(twice)


def test_an_interval_must_run_upwards():
    with pytest.raises(DataError, match="runs from 2.0 to 1.0"):
        estimates_frame([Estimate(quantity="roas", entity="tv", estimate=1.5, lower=2.0, upper=1.0)])


@pytest.mark.parametrize("passed", [np.bool_(False), np.array([3.0])[0] < 2])
def test_a_check_that_an_array_failed_is_among_the_failed(passed):
    failed = Check(name="stability", passed=passed)
    assert Result(title="", estimates=estimates_frame([]), checks=(failed,)).failed_checks == (failed,)
    assert Check(name="stability", passed=None).passed is None


@dataclass(frozen=True, kw_only=True)
class Grown(Result):
    """A result whose newest field earlier versions didn't save."""

    analysis: ClassVar[str] = "grown"

    old: pd.DataFrame
    new: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"a": []}), metadata=LATER)


def test_a_field_that_came_later_is_empty_in_earlier_results_and_others_are_missed(tmp_path: Path) -> None:
    one_row = pd.DataFrame({"a": [1.0]})
    Grown(title="t", estimates=estimates_frame([]), old=one_row, new=one_row).save(tmp_path / "r")
    assert len(Grown.load(tmp_path / "r").new) == 1
    (tmp_path / "r" / "new.parquet").unlink()
    assert Grown.load(tmp_path / "r").new.empty
    (tmp_path / "r" / "old.parquet").unlink()
    with pytest.raises(DataError, match="lacks the field old"):
        Grown.load(tmp_path / "r")
