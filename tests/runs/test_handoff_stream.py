"""Streams and Arrow tables written exactly as pandas writes the same frame."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.runs.test_handoff import FRAME
from workbench.errors import RunError
from workbench.runs.handoff import read_handoff, write_handoff

DOUBLES = st.one_of(
    st.floats(allow_infinity=True, allow_nan=True),
    st.sampled_from([0.0, -0.0, 1.0, 1e-4, 9.9e-5, 1e10, 123456789012.0, 1e16, 1e22, 5e-324, 0.1 + 0.2, 9999999999.5]),
)
TEXTS = st.one_of(st.none(), st.text(max_size=8), st.sampled_from(["", " ", 'a"b', "a,b", "a\nb", "a\rb", "NA", "007"]))


def written(rows: object, folder: Path) -> tuple[bytes, dict[str, object]]:
    write_handoff({"rows": rows}, folder)  # type: ignore[dict-item]
    return (folder / "rows.csv").read_bytes(), json.loads((folder / "rows.schema.json").read_text())


def test_a_table_is_written_as_its_frame_is(tmp_path: Path) -> None:
    """Where pandas tells days from moments by their values, Arrow's types say it."""
    arrow = pa.table(
        {
            **{name: pa.Array.from_pandas(FRAME[name].astype(str)) for name in ("customer_id", "segment")},
            "orders": pa.array([1, 2, 3]),
            "value": pa.array([0.1, np.nan, 1e300]),
            "consent": pa.array([True, False, True]),
            "week": pa.array([date(2024, 1, 1), date(2024, 1, 8), None]),
            "scored_at": pa.Array.from_pandas(FRAME.scored_at),
            "rank": pa.array([1, None, 3]),
            "born": pa.array([date(1990, 2, 28), None, date(2000, 12, 31)]),
        }
    )
    assert written(arrow, tmp_path / "arrow") == written(FRAME, tmp_path / "frame")
    coded = arrow.set_column(1, "segment", arrow["segment"].dictionary_encode())
    assert written(coded, tmp_path / "coded") == written(FRAME, tmp_path / "frame")


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(TEXTS, DOUBLES), min_size=1, max_size=12))
def test_every_text_and_number_is_spelt_as_pandas_spells_it(
    rows: list[tuple[str | None, float]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("spelt")
    texts, doubles = zip(*rows, strict=True)
    frame = pd.DataFrame({'a "name", quoted': pd.array(texts, dtype="str"), "x": np.array(doubles)})
    arrow = pa.table({'a "name", quoted': pa.array(texts, pa.string()), "x": pa.array(doubles)})
    assert written(arrow, folder / "arrow") == written(frame, folder / "frame")
    for name in frame.columns:
        assert written(arrow.select([name]), folder / "arrow")[0] == written(frame[[name]], folder / "frame")[0]


def test_a_stream_is_read_in_turn_and_keeps_what_each_batch_missed(tmp_path: Path) -> None:
    alive: list[int] = []

    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(0, 50, 10):
            alive.append(start)
            values = [None if n == 37 else n / 4 for n in range(start, start + 10)]
            yield pa.record_batch({"id": [str(n) for n in range(start, start + 10)], "value": values})

    stream = batches()
    text, schema = written(stream, tmp_path)
    assert alive == [0, 10, 20, 30, 40]
    required = {field["name"]: field["constraints"]["required"] for field in schema["fields"]}  # type: ignore[attr-defined]
    assert required == {"id": True, "value": False}
    back = read_handoff(tmp_path / "rows.csv")
    assert back.value.isna().sum() == 1
    assert back.value.sum() == sum(n / 4 for n in range(50) if n != 37)
    assert text.count(b"\n") == 51


def test_a_stream_without_rows_keeps_its_columns(tmp_path: Path) -> None:
    schema = pa.schema({"customer_id": pa.string(), "value": pa.float64(), "day": pa.date32()})
    text, described = written(pa.RecordBatchReader.from_batches(schema, []), tmp_path)
    assert text == b"customer_id,value,day\n"
    assert [field["type"] for field in described["fields"]] == ["string", "number", "date"]  # type: ignore[attr-defined]
    assert len(read_handoff(tmp_path / "rows.csv")) == 0


def test_moments_keep_fractions_and_offsets(tmp_path: Path) -> None:
    moments = pd.Series(pd.to_datetime(["2024-01-01 10:00:00.250", "2024-06-01 23:30:00"], format="ISO8601"))
    zoned = moments.dt.tz_localize("Europe/Berlin")
    write_handoff(
        {"rows": pa.table({"at": pa.Array.from_pandas(moments), "zoned": pa.Array.from_pandas(zoned)})}, tmp_path
    )
    back = read_handoff(tmp_path / "rows.csv")
    assert back["at"].tolist() == moments.tolist()
    assert back.zoned.tolist() == zoned.dt.tz_convert("UTC").tolist()


def test_decimals_are_numbers(tmp_path: Path) -> None:
    text, _ = written(pa.table({"value": pa.array([Decimal("1.50"), None])}), tmp_path)
    assert text == b'value\n1.5\n""\n'


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (iter([]), "has no batch that names its columns"),
        (pa.table({"a": [[1], [2]]}), "can't hold a, a column of list"),
        (pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), "two columns of one name"),
        (iter([pa.record_batch({"a": [1]}), pa.record_batch({"b": [1]})]), "changes its columns on the way"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(rows: object, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=sentence):
        written(rows, tmp_path)
