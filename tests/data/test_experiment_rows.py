"""A readout sees its own experiment: its rows and columns are validated and fingerprinted, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.errors import DataError, SpecError
from workbench.experiments import read_out
from workbench.result import Provenance
from workbench.workspace import Workspace, open_workspace

CONFIG = """
[workspace]
name = "Tests"

[tables.units]
path = "units*.parquet"

[experiments.spring]
control = "none"
segments = ["city"]

[[experiments.spring.metrics]]
name = "spend"
covariates = ["spend_before", "visits_before"]

[experiments.absent]
control = "none"
metrics = [{name = "spend"}]
"""
UNITS = 60


def small_units() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    spring = pd.DataFrame(
        {
            "experiment_id": "spring",
            "unit_id": [f"u{i:03d}" for i in range(UNITS)],
            "variant": np.where(np.arange(UNITS) % 2 == 0, "none", "offer"),
            "assigned_at": pd.Timestamp("2025-03-01") + pd.to_timedelta(np.arange(UNITS) % 10, unit="D"),
            "city": np.where(np.arange(UNITS) % 3 == 0, "Wien", "Linz"),
            "spend": rng.gamma(2.0, 10.0, UNITS),
            "spend_before": rng.gamma(2.0, 10.0, UNITS),
            "visits_before": rng.poisson(3, UNITS),
            "unused": rng.normal(size=UNITS),
        }
    )
    autumn = spring.assign(experiment_id="autumn", assigned_at=pd.Timestamp("2025-09-01"))
    return pd.concat([spring, autumn], ignore_index=True)


USED = ("unit_id", "variant", "assigned_at", "city", "spend", "spend_before", "visits_before")

type Company = Callable[..., Workspace]


@pytest.fixture
def company(tmp_path: Path) -> Company:
    def build(*parts: pd.DataFrame) -> Workspace:
        for old in tmp_path.glob("*.parquet"):
            old.unlink()
        for i, part in enumerate(parts):
            part.to_parquet(tmp_path / f"units{i}.parquet", index=False)
        (tmp_path / "workbench.toml").write_text(CONFIG)
        return open_workspace(tmp_path)

    return build


def fingerprint(company: Company, *parts: pd.DataFrame) -> str:
    return company(*parts).experiment_provenance("spring").inputs["units"]


def changed(rows: pd.DataFrame, index: int, column: str) -> pd.DataFrame:
    other = {"unit_id": "new", "variant": "offer", "city": "Graz", "assigned_at": pd.Timestamp("2025-03-20")}
    rows = rows.copy()
    rows.loc[index, column] = other.get(column, -1)
    return rows


def test_only_the_experiments_own_rows_and_columns_are_read(company):
    rows = company(small_units()).experiment_table("spring")
    assert set(rows.columns) == {"experiment_id", *USED}
    assert rows.count().execute() == UNITS


def test_files_and_the_order_of_rows_leave_the_fingerprint_as_it_is(company):
    rows = small_units()
    whole = fingerprint(company, rows)
    assert fingerprint(company, rows.iloc[:35], rows.iloc[35:]) == whole
    assert fingerprint(company, rows.sample(frac=1, random_state=2)) == whole


@pytest.mark.parametrize("column", USED)
def test_the_fingerprint_sees_each_cell_that_the_readout_uses(company, column):
    rows = small_units()
    whole = fingerprint(company, rows)
    # The first unit is in the control: the other cells of its column stay as they are.
    assert fingerprint(company, changed(rows, 0, column)) != whole


@pytest.mark.parametrize("column", USED)
def test_the_fingerprint_sees_two_units_exchange_a_cell(company, column):
    rows = small_units()
    swapped = rows.copy()
    swapped.loc[[0, 1], column] = rows.loc[[1, 0], column].to_numpy()
    assert fingerprint(company, swapped) != fingerprint(company, rows)


def test_the_fingerprint_tells_a_missing_cell_and_a_repeated_row(company):
    rows = small_units()
    seen = {
        fingerprint(company, rows),
        fingerprint(company, rows.assign(spend=rows.spend.where(rows.index != 0))),
        fingerprint(company, rows.assign(spend=rows.spend.where(rows.index != 0, 0.0))),
        fingerprint(company, rows.drop(index=7)),
    }
    assert len(seen) == 4


def test_other_tests_and_unused_columns_leave_the_fingerprint_as_it_is(company):
    rows = small_units()
    whole = fingerprint(company, rows)
    assert fingerprint(company, rows.assign(unused=0.0)) == whole
    assert fingerprint(company, rows[rows.experiment_id == "spring"]) == whole
    assert fingerprint(company, changed(rows, UNITS + 3, "spend")) == whole


def test_the_window_is_that_of_the_assignments(company):
    window = company(small_units()).experiment_provenance("spring").window
    assert [str(day) for day in window] == ["2025-03-01", "2025-03-10"]


def test_mistakes_of_another_test_stop_nobody(company):
    rows = small_units()
    rows.loc[UNITS + 1, "variant"] = None
    assert company(pd.concat([rows, rows.iloc[[UNITS]]])).experiment_table("spring").count().execute() == UNITS


@pytest.mark.parametrize(
    ("mistaken", "error", "sentence"),
    [
        (lambda rows: rows.assign(variant=None), DataError, "units.variant is missing in 60 rows"),
        (
            lambda rows: rows[rows.experiment_id == "autumn"],
            SpecError,
            "units holds no experiment 'spring'; it holds autumn: name one of them",
        ),
    ],
)
def test_each_mistake_is_one_sentence(company, mistaken, error, sentence):
    with pytest.raises(error) as raised:
        company(mistaken(small_units())).experiment_table("spring")
    assert sentence in str(raised.value)


@pytest.mark.parametrize(
    ("mistaken", "sentence"),
    [
        (
            lambda rows: pd.concat([rows, rows.iloc[[7]].assign(variant="none"), rows.iloc[[9]]]),
            "units has 1 unit that is in more than one arm (first: experiment_id spring, unit_id u007, 2 arms); "
            "a unit belongs to the arm it was first assigned to",
        ),
        (
            lambda rows: pd.concat([rows, rows.iloc[[7, 7, 9]]]),
            "units has 2 repeated keys (first: experiment_id spring, unit_id u007, 3 rows); "
            "keep one row per (experiment_id, unit_id); sum its outcomes first",
        ),
    ],
)
def test_repeated_units_are_named_by_the_table_and_refused_by_the_readout(company, mistaken, sentence):
    workspace = company(mistaken(small_units()))
    with pytest.raises(DataError) as raised:
        workspace.table("units")
    assert sentence in str(raised.value)
    with pytest.raises(DataError, match="u007"):
        read_out(
            workspace.experiment_table("spring"),
            "spring",
            workspace.config.experiments["spring"],
            provenance=Provenance(),
            currency="EUR",
        )
