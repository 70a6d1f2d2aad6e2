"""Erased customers appear in no table of the workspace, and in nothing that earlier runs handed on."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from workbench.contracts import check_tables
from workbench.customers.erasure import Erased, count_erased, erasure_check, forget
from workbench.errors import DataError
from workbench.workspace import Workspace, open_workspace

CONFIG = """
[workspace]
name = "Shop"
currency = "EUR"
[source]
url = "duckdb://"
[tables]
transactions = { path = "orders.csv" }
customers = { path = "people.csv" }
kpi = { path = "kpi.csv" }
"""
ERASURES = 'erasures = { path = "erasures.csv" }\n'


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "workbench.toml").write_text(CONFIG + ERASURES)
    orders = pd.DataFrame({"customer_id": [17, 17, 18, 19], "ordered_at": "2025-01-01", "revenue": 10.0})
    orders.to_csv(tmp_path / "orders.csv", index=False)
    pd.DataFrame({"customer_id": [17, 18, 19, 20]}).to_csv(tmp_path / "people.csv", index=False)
    pd.DataFrame({"week": ["2025-01-06"], "market": "DE", "kpi": 5.0}).to_csv(tmp_path / "kpi.csv", index=False)
    pd.DataFrame({"customer_id": [17, 20, 99]}).to_csv(tmp_path / "erasures.csv", index=False)
    return open_workspace(tmp_path)


def test_every_table_with_customers_loses_the_erased_ones(workspace: Workspace):
    orders = workspace.frame("transactions")
    assert sorted(orders.customer_id) == ["18", "19"]
    assert sorted(workspace.frame("customers").customer_id) == ["18", "19"]
    assert len(workspace.frame("kpi")) == 1
    assert sorted(workspace.frame("erasures").customer_id) == ["17", "20", "99"]


def test_it_is_counted_who_was_erased_and_where_the_source_still_holds_them(workspace: Workspace):
    erased = count_erased(workspace)
    assert erased == Erased(customers=3, held={"transactions": 1, "customers": 2})
    detail = erasure_check(erased).detail
    assert detail == (
        "3 customers were erased and appear in nothing that this run made. The source still holds them in transactions (1), customers (2): "
        "delete them there too."
    )
    assert (
        erasure_check(Erased(customers=1)).detail == "1 customer was erased and appears in nothing that this run made."
    )


def test_what_an_earlier_run_handed_on_is_forgotten_too(workspace: Workspace):
    last_run = pd.DataFrame({"customer_id": ["17", "18"], "segment": ["loyal", "new"]})
    erasures = workspace.optional_table("erasures")
    assert list(forget(last_run, erasures).customer_id) == ["18"]
    assert forget(pa.Table.from_pandas(last_run), erasures).column("customer_id").to_pylist() == ["18"]
    assert len(forget(last_run, None)) == 2
    assert len(forget(last_run.drop(columns="customer_id"), erasures)) == 2


def test_a_workspace_without_erasures_reads_everyone(workspace: Workspace):
    (workspace.root / "workbench.toml").write_text(CONFIG)
    everyone = open_workspace(workspace.root)
    assert count_erased(everyone) is None
    assert len(everyone.frame("customers")) == 4


def test_nobody_asked_yet_is_no_mistake(workspace: Workspace):
    pd.DataFrame({"customer_id": pd.Series([], dtype="str")}).to_csv(workspace.root / "erasures.csv", index=False)
    assert len(workspace.frame("customers")) == 4
    assert count_erased(workspace) == Erased(customers=0)


def test_orders_without_a_customer_and_without_an_id_are_named(workspace: Workspace):
    orders = pd.DataFrame({"customer_id": ["17", None], "ordered_at": "2025-01-01", "revenue": 10.0})
    orders.to_csv(workspace.root / "orders.csv", index=False)
    with pytest.raises(DataError, match=r"transactions\.customer_id is missing in 1 row"):
        workspace.table("transactions")


def test_the_check_of_tables_leaves_them_out_and_says_how_many_rows(workspace: Workspace):
    orders = pd.DataFrame(
        {"customer_id": [17, 17, 18], "ordered_at": ["2024-01-01", "never", "2025-01-01"], "revenue": 1}
    )
    orders.to_csv(workspace.root / "orders.csv", index=False)
    found = {report.name: report for report in check_tables(open_workspace(workspace.root))}
    # An erased customer's row needn't be valid, and no message may show it.
    assert (found["transactions"].rows, found["transactions"].erased, found["transactions"].problems) == (1, 2, ())
    assert found["transactions"].period == "2025-01-01 to 2025-01-01"
    assert (found["customers"].rows, found["customers"].erased) == (2, 2)
    assert found["kpi"].erased == found["erasures"].erased == 0


def test_nothing_else_is_checked_while_it_is_not_known_who_was_erased(workspace: Workspace):
    pd.DataFrame({"customer_id": ["17", "17"]}).to_csv(workspace.root / "erasures.csv", index=False)
    (report,) = check_tables(workspace)
    assert report.name == "erasures"
    assert "1 repeated key" in report.problems[0]


MAIL = """
units = { path = "units.csv" }
[experiments.mail]
kind = "users"
control = "none"
metrics = [{ name = "visits", role = "primary" }]
"""


@pytest.mark.parametrize(
    ("setting", "left"), [("", ["18", "19"]), ('[governance]\nunit_ids = "other"\n', ["17", "18", "19"])]
)
def test_units_lose_erased_customers_unless_their_ids_are_of_others(
    workspace: Workspace, setting: str, left: list[str]
):
    (workspace.root / "workbench.toml").write_text(CONFIG + ERASURES + MAIL + setting)
    units = pd.DataFrame({"unit_id": [17, 18, 19], "variant": ["none", "mail", "none"]})
    units.assign(experiment_id="mail", visits=1.0).to_csv(workspace.root / "units.csv", index=False)
    reopened = open_workspace(workspace.root)
    assert sorted(reopened.experiment_table("mail").execute().unit_id) == left
    assert sorted(reopened.frame("units").unit_id) == left
    assert count_erased(reopened).held.get("units", 0) == 3 - len(left)


def test_units_that_name_their_customer_lose_the_erased_ones_too(workspace: Workspace):
    declared = """
units = { path = "units.csv" }
[experiments.mail]
kind = "users"
control = "none"
hypothesis = "Mail brings visits."
metrics = [{ name = "visits", role = "primary" }]
"""
    (workspace.root / "workbench.toml").write_text(CONFIG + ERASURES + declared)
    units = pd.DataFrame({"unit_id": ["a", "b", "c"], "customer_id": [17, 18, 19], "variant": ["none", "mail", "none"]})
    units.assign(experiment_id="mail", visits=1.0).to_csv(workspace.root / "units.csv", index=False)
    reopened = open_workspace(workspace.root)
    assert sorted(reopened.experiment_table("mail").execute().unit_id) == ["b", "c"]
    assert count_erased(reopened).held["units"] == 1
