"""Which runs a fan-out consists of."""

from itertools import product
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.runs.tiny import make_workspace, write_notebook
from workbench.errors import RunError
from workbench.runs.fan_out.grid import differing, grid_of
from workbench.workspace import Workspace

PARAMETERS = "market: str = ''\nseed: int = 1\nbudget: float = 1.0\nmarkets: list[str] = []"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    table = '[tables.kpi]\npath = "kpi.csv"\n'
    made = make_workspace(tmp_path_factory.mktemp("grid"), table)
    (made.root / "kpi.csv").write_text(
        "week,market,kpi\n2026-01-05,FR,1\n2026-01-05,DE,1\n2026-01-12,FR,1\n2026-01-12,DE,1\n"
    )
    pd.DataFrame({"market": ["DE", "NA", "DE"], "seed": [1, 2, 3]}).to_csv(made.root / "rows.csv", index=False)
    pd.DataFrame({"market": ["DE", "FR"], "budget": [0.5, 2.0]}).to_parquet(made.root / "rows.parquet")
    write_notebook(made.root / "notebooks", "mix", parameters=PARAMETERS)
    return made


values = st.lists(st.text("abcXYZ09-._", min_size=1), min_size=1, max_size=4, unique=True)


@given(values, st.lists(st.integers(0, 99), min_size=1, max_size=4, unique=True))
def test_lists_are_combined(workspace: Workspace, markets: list[str], seeds: list[int]):
    if markets == ["all"]:
        return
    each = [f"market={','.join(markets)}", f"seed={','.join(map(str, seeds))}"]
    found = grid_of(workspace, "mix", ["budget=3"], each)
    expected = [["budget=3", f"market={market}", f"seed={seed}"] for market, seed in product(markets, seeds)]
    assert found == expected


def test_rows_and_columns_of_files_are_runs(workspace: Workspace):
    assert grid_of(workspace, "mix", table="rows.csv") == [
        ["market=DE", "seed=1"],
        ["market=NA", "seed=2"],
        ["market=DE", "seed=3"],
    ]
    assert grid_of(workspace, "mix", table="rows.parquet") == [["market=DE", "budget=0.5"], ["market=FR", "budget=2.0"]]
    assert grid_of(workspace, "mix", each=["market=@rows.csv:market"]) == [["market=DE"], ["market=NA"]]
    assert len(grid_of(workspace, "mix", each=["seed=7,8"], table="rows.parquet")) == 4


def test_all_markets_are_those_of_the_tables(workspace: Workspace):
    assert grid_of(workspace, "mix", each=["market=all"]) == [["market=DE"], ["market=FR"]]
    assert grid_of(workspace, "mix", each=["markets=all"]) == [["markets=DE"], ["markets=FR"]]


def test_runs_are_called_by_what_tells_them_apart():
    assert differing([["a=1", "b=2"], ["a=1", "b=3"]]) == ["b=2", "b=3"]
    assert differing([["a=1"]]) == ["a=1"]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"each": ["market"]}, r"--each 'market' has no values; write --each market=a,b,c"),
        ({"each": ["market=DE,,FR"]}, "has an empty value"),
        ({"each": ["market=DE", "market=FR"]}, "--each names market twice"),
        ({"each": ["region=DE,FR"]}, r"run 1 of 2 \(region=DE\) can't start: mix has no parameter 'region'"),
        ({"each": ["seed=1,x"]}, r"run 2 of 2 \(seed=x\) can't start"),
        ({"each": ["seed=1,2"], "shared": ["seed=3"]}, "parameter seed is given twice"),
        ({"each": ["seed=4,04"]}, r"runs 1 and 2 of 2 are the same \(seed=04\); leave one out"),
        ({"each": ["market=@rows.csv"]}, "names no column; write @FILE:COLUMN"),
        ({"each": ["market=@rows.csv:region"]}, "has no column 'region'; it has market, seed"),
        ({"table": "nowhere.csv"}, "there is no file nowhere.csv"),
        ({"table": "kpi.csv"}, r"run 1 of 4 .* has no parameter 'week'"),
    ],
)
def test_a_grid_that_can_not_run_is_refused_before_anything_starts(workspace: Workspace, asked: dict, sentence: str):
    with pytest.raises(RunError, match=sentence):
        grid_of(workspace, "mix", **asked)
    assert not (workspace.root / "reports").exists()


def test_an_empty_table_is_refused(workspace: Workspace):
    Path(workspace.root / "empty.csv").write_text("market\n")
    with pytest.raises(RunError, match=r"empty\.csv has no rows; each row is a run"):
        grid_of(workspace, "mix", table="empty.csv")
