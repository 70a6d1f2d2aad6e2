import json
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.errors import RunError
from workbench.runs.handoff import read_handoff, write_handoff

FRAME = pd.DataFrame(
    {
        "customer_id": ["007", "NA", 'ünï,"q"\n'],
        "segment": pd.Categorical(["new", "loyal", "new"]),
        "orders": [1, 2, 3],
        "value": [0.1, np.nan, 1e300],
        "consent": [True, False, True],
        "week": pd.to_datetime(["2024-01-01", "2024-01-08", None]),
        "scored_at": pd.to_datetime(["2024-01-01 10:00", "2024-01-01 11:30", "2024-01-02 00:00"]),
        "rank": pd.array([1, None, 3], dtype="Int64"),
        "born": [date(1990, 2, 28), None, date(2000, 12, 31)],
    }
)


def test_a_hand_off_keeps_types_and_values(tmp_path: Path):
    before = FRAME.copy(deep=True)
    write_handoff({"scores.csv": FRAME}, tmp_path / "handoff")
    back = read_handoff(tmp_path / "handoff" / "scores.csv")
    expected = FRAME.astype({"segment": "str", "customer_id": "str", "born": "datetime64[us]"})
    pd.testing.assert_frame_equal(back, expected, check_dtype=False)
    assert list(back.customer_id) == ["007", "NA", 'ünï,"q"\n']
    assert back.dtypes["orders"] == "int64"
    assert back.dtypes["rank"] == "Int64"
    pd.testing.assert_frame_equal(FRAME, before)


def test_the_schema_names_each_column(tmp_path: Path):
    write_handoff({"scores": FRAME}, tmp_path)
    fields = json.loads((tmp_path / "scores.schema.json").read_text())["fields"]
    assert {field["name"]: field["type"] for field in fields} == {
        "customer_id": "string",
        "segment": "string",
        "orders": "integer",
        "value": "number",
        "consent": "boolean",
        "week": "date",
        "scored_at": "datetime",
        "rank": "integer",
        "born": "date",
    }
    assert [field["name"] for field in fields if not field["constraints"]["required"]] == [
        "value",
        "week",
        "rank",
        "born",
    ]


def test_an_empty_frame_keeps_its_types(tmp_path: Path):
    write_handoff({"scores": FRAME.iloc[:0]}, tmp_path)
    back = read_handoff(tmp_path / "scores.csv")
    assert len(back) == 0
    assert list(back.columns) == list(FRAME.columns)


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".csv", "a b"])
def test_a_name_that_is_a_path_is_refused(tmp_path: Path, name: str):
    with pytest.raises(RunError, match="can't name a hand-off file"):
        write_handoff({name: FRAME}, tmp_path)


def test_a_repeated_column_is_refused(tmp_path: Path):
    with pytest.raises(RunError, match="two columns of one name"):
        write_handoff({"scores": FRAME[["orders", "orders"]]}, tmp_path)
