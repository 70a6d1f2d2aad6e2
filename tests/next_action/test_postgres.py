"""Plans of a company whose tables lie on a PostgreSQL server: the embedded engine's, to 1e-9, and no order leaves the server."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from tests.postgres_server import rows_fetched
from tests.shop import CUSTOMERS
from workbench.next_action import logged_contacts, people_of, plan_actions, tables_used, with_limits
from workbench.next_action.result import NextActionResult
from workbench.runs.handoff import write_handoff
from workbench.workspace import open_workspace

EXACT = 1e-9


def handed_on(folder: Path, likely: pa.Table, place: Path) -> tuple[NextActionResult, pd.DataFrame]:
    """From the workspace to the hand-off, as the notebook goes."""
    company = open_workspace(folder)
    spec = with_limits(company.config.next_best_action, -1)
    people = people_of(company.optional_table, company.config)
    plan = plan_actions(
        people,
        logged_contacts(company.optional_table("contacts"), people, spec),
        spec,
        values=likely.append_column("segment", pa.array(["Loyal", "New"] * (len(likely) // 2))),
        scores={"next_order": likely},
        currency=company.currency,
        governance=company.config.governance,
        provenance=company.provenance(*tables_used(spec), seed=1),
        seed=1,
    )
    write_handoff({"next_actions.csv": plan.batches()}, place)
    return plan.result, pd.read_csv(place / "next_actions.csv")


def test_both_engines_plan_alike(shops, tmp_path):
    ids = pd.read_parquet(shops[0] / "customers.parquet").customer_id
    likely = pa.table({"customer_id": pa.array(ids), "probability": np.linspace(0, 1, len(ids))})
    ours, contacts = handed_on(shops[0], likely, tmp_path / "embedded")
    with rows_fetched() as fetched:
        theirs, same = handed_on(shops[1], likely, tmp_path / "server")
    pd.testing.assert_frame_equal(same, contacts, rtol=EXACT)
    for field in fields(ours):
        here, there = getattr(ours, field.name), getattr(theirs, field.name)
        if isinstance(here, pd.DataFrame):
            pd.testing.assert_frame_equal(there, here, rtol=EXACT, obj=field.name)
    assert theirs.facts == ours.facts
    assert theirs.findings == ours.findings
    told = ([(check.name, check.passed, check.detail) for check in result.checks] for result in (ours, theirs))
    assert next(told) == next(told)
    assert set(contacts.action) == {"none", "voucher", "call"}
    # Orders are more than five times as many.
    assert max(fetched) <= CUSTOMERS
