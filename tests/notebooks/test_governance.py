"""Who was erased, or didn't consent, is in nothing that customers' reports leave behind; and no report names anyone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from pypdf import PdfReader

from tests.shop import make_shop, write_shop
from workbench.runs import RunRecord, save_run
from workbench.segments import segment_customers, segments_handoff, values_handoff
from workbench.workspace import Workspace, open_workspace

pytestmark = pytest.mark.slow
SOMEONE = re.compile(rb"person-\d")
NOTEBOOKS = ("segmentation", "propensity", "next_best_action")


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return make_shop()


@pytest.fixture(scope="module")
def runs(tables, tmp_path_factory, finished) -> dict[str, RunRecord]:
    """Every report of customers; the segmentation is compared with one of the time before anybody was erased."""
    root = tmp_path_factory.mktemp("shop")
    write_shop({name: table for name, table in tables.items() if name != "erasures"}, root)
    before = segmented(open_workspace(root))
    assert set(tables["erasures"].customer_id) & set(handed_on(before, "customer_values.csv").customer_id)
    write_shop(tables, root)
    company = open_workspace(root)
    found = {notebook: finished(company, notebook) for notebook in NOTEBOOKS}
    assert before.name in (found["segmentation"].path / "report.html").read_text()
    return found


def segmented(company: Workspace) -> Path:
    """A run as the notebook leaves it, without its pages."""
    found = segment_customers(
        company.table("transactions"),
        company.table("customers"),
        company.config.segmentation,
        provenance=company.provenance("transactions", "customers", seed=1),
        currency=company.currency,
        seed=1,
    )
    handoff = {"segments.csv": segments_handoff(found), "customer_values.csv": values_handoff(found)}
    return save_run(found.result, handoff=handoff, workspace=company)


def handed_on(run: Path, file: str) -> pd.DataFrame:
    return pd.read_csv(run / "handoff" / file)


def contents(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file in plain bytes: what is compressed is opened."""
    for path in (path for path in folder.rglob("*") if path.is_file()):
        if path.suffix == ".parquet":
            yield path, pq.read_table(path).to_pandas().to_csv().encode()
        elif path.suffix == ".pdf":
            yield path, "".join(page.extract_text() for page in PdfReader(path).pages).encode()
        else:
            yield path, path.read_bytes()


def test_nothing_that_new_runs_leave_behind_holds_an_erased_customer(runs, tables):
    erased = [customer.encode() for customer in tables["erasures"].customer_id]
    for run in runs.values():
        found = dict(contents(run.path))
        assert {path.suffix for path in found} >= {".ipynb", ".pdf", ".html", ".json", ".parquet", ".csv"}
        assert not [path for path, content in found.items() if any(customer in content for customer in erased)]


def test_only_handoffs_name_customers(runs):
    for run in runs.values():
        named = [path.relative_to(run.path) for path, content in contents(run.path) if SOMEONE.search(content)]
        assert named
        assert {path.parts[0] for path in named} == {"handoff"}


@pytest.mark.parametrize(
    ("notebook", "file", "purpose"),
    [
        ("segmentation", "segments.csv", "profiling"),
        ("segmentation", "customer_values.csv", "profiling"),
        ("propensity", "scores.csv", "marketing"),
        ("next_best_action", "next_actions.csv", "marketing"),
    ],
)
def test_nobody_is_handed_on_without_consent_and_reports_say_how_many_were_left_out(
    runs, tables, notebook, file, purpose
):
    known = tables["customers"][~tables["customers"].customer_id.isin(tables["erasures"].customer_id)]
    agreed = known[known[f"consent_{purpose}"]]
    ids = set(handed_on(runs[notebook].path, file).iloc[:, 0])
    assert ids == set(agreed.customer_id)
    told = f"{len(known) - len(agreed)} of {len(known)} customers with orders"
    assert told in (runs[notebook].path / "report.html").read_text()
