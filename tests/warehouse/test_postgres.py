"""From tables to the four reports on PostgreSQL with only the URL changed: the embedded engine's numbers, and no order leaves the server."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlglot
import xarray as xr
from sqlglot import exp

from tests.warehouse.conftest import Walked
from tests.warehouse.recording import Sent
from tests.warehouse.replay import PATH

pytestmark = pytest.mark.slow
EXACT = 1e-9
# What tells runs apart, not what they found; engines hash rows differently.
OF_THE_RUN = {
    "commit",
    "created_at",
    "inputs",
    "parameters",
    "recorded_at",
    "run_id",
    "data",
    "data_hashes",
    "hash",
    "scenario_hash",
}
STEPS = [f"{notebook} {parameters.get('experiment', '')}".strip() for notebook, parameters in PATH]
# As many customers as there are leave in what is handed on by name, and as many groups of them as there are cells.
AT_CUSTOMERS_GRAIN = {"segmentation"}
BIG = ("transactions", "touchpoints")


def found_in(folder: Path) -> dict[str, Any]:
    """What a run found and handed on, by the file's name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "run.json")
    return {str(path.relative_to(folder)): read(path) for path in files}


def read(path: Path) -> Any:
    match path.suffix:
        case ".parquet":
            return without_hashes(pd.read_parquet(path))
        case ".csv":
            return without_hashes(pd.read_csv(path))
        case ".nc":
            return xr.load_dataset(path)
        case _:
            return without_identity(json.loads(path.read_text(encoding="utf-8")))


def without_hashes(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns=list(OF_THE_RUN & set(frame.columns)))


def without_identity(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: without_identity(each) for key, each in content.items() if key not in OF_THE_RUN}
    if isinstance(content, list):
        return [without_identity(each) for each in content]
    return pytest.approx(content, rel=EXACT) if isinstance(content, float) else content


@pytest.mark.parametrize("step", range(len(PATH)), ids=STEPS)
def test_both_engines_find_the_same(walked: Walked, step: int) -> None:
    ours, theirs = found_in(walked.files[step]), found_in(walked.server[step])
    assert ours.keys() == theirs.keys()
    assert sum(isinstance(each, pd.DataFrame) for each in ours.values()) >= 5
    for name, expected in ours.items():
        if isinstance(expected, pd.DataFrame):
            pd.testing.assert_frame_equal(theirs[name], expected, rtol=EXACT, atol=1e-12, obj=name)
        elif isinstance(expected, xr.Dataset):
            xr.testing.assert_identical(theirs[name], expected)
        else:
            assert theirs[name] == expected, name


@pytest.mark.parametrize("step", range(len(PATH)), ids=STEPS)
def test_nothing_at_the_grain_of_orders_or_units_is_fetched(walked: Walked, step: int) -> None:
    sent, sizes = walked.sent[step], walked.sizes
    assert sizes["transactions"] > 3 * sizes["customers"]
    assert sizes["units"] > 2 * sizes["customers"]
    most = (
        sizes["customers"] if STEPS[step] in AT_CUSTOMERS_GRAIN else max(sizes[name] for name in ("media", "controls"))
    )
    largest = max([*sent.fetched, *sent.streamed])
    if STEPS[step] == "experiment_readout social_uplift":
        # A test in markets is read day by day and market by market, which is what it is made of.
        assert largest <= sizes["geo"]
    else:
        assert largest <= most
        assert largest < min(sizes[name] for name in ("transactions", "units"))


def test_what_leaves_by_customer_is_what_is_handed_on(walked: Walked) -> None:
    """Ids are asked for by two statements: all members as they are handed on, and erased customers who are to be left out of that."""
    for step, sent in zip(STEPS, walked.sent, strict=True):
        with_ids = [sql for sql in sent.statements if gives_ids(sql)]
        assert len(with_ids) <= 3 if step in AT_CUSTOMERS_GRAIN else not with_ids, with_ids


def gives_ids(sql: str) -> bool:
    """Whether the outermost SELECT names customers."""
    parsed = sqlglot.parse_one(sql, dialect="postgres") if sql.lstrip().upper().startswith(("SELECT", "WITH")) else None
    return isinstance(parsed, exp.Select) and bool({"customer_id", "unit_id", "order_id"} & set(parsed.named_selects))


def test_more_rows_take_no_more_statements(walked: Walked, of_fewer: list[Sent]) -> None:
    for step, many, few in zip(STEPS[:4], walked.sent[:4], of_fewer, strict=True):
        of_many, of_few = asked(many), asked(few)
        assert len(of_many) == len(of_few), (step, [sql for sql in of_many if sql not in of_few])
        assert len(of_many) < 250, step


def asked(sent: Sent) -> list[str]:
    """Statements but for those that drop temporary tables, which are sent whenever Python notices that nobody holds them."""
    return [sql for sql in sent.statements if not sql.lstrip().upper().startswith("DROP")]


def test_a_reader_that_may_not_write_tables_would_do(walked: Walked) -> None:
    """Whatever is kept on the server is temporary: no statement makes, fills or drops another table."""
    for sent in walked.sent:
        for sql in sent.statements:
            made = re.match(r"\s*(CREATE|INSERT|UPDATE|DELETE|ALTER|TRUNCATE)\b(.*)", sql, flags=re.DOTALL)
            if made:
                assert re.match(r"\s+(TEMP|TEMPORARY|OR REPLACE TEMPORARY)\b|\s+INTO \"(ibis|workbench)_", made[2]), sql
