"""Segments on PostgreSQL: the embedded engine's numbers to 1e-9, by changing the workspace's URL and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pytest

from tests.segments.populations import simulate_orders
from workbench.segments import CustomerSegments, segment_customers
from workbench.workspace import open_workspace

EXACT = 1e-9
SETTINGS = """
[workspace]
name = "Both"
{source}
[segmentation]
holdout = 13
returns = "cancel_order"
smallest_order = 1.0
models = ["BG/NBD"]
"""
EMBEDDED = '[tables]\ntransactions = {path = "transactions.parquet"}\ncustomers = {path = "customers.parquet"}\n'
SERVER = (
    '[source]\nurl = "env:WORKBENCH_TEST_POSTGRES"\n'
    '[tables]\ntransactions = {table = "segments.transactions"}\ncustomers = {table = "segments.customers"}\n'
)


def tables() -> dict[str, pd.DataFrame]:
    """Orders with returns, test orders, orders of one day, categories and a margin; some customers refuse, some are acquired late."""
    rng = np.random.default_rng(4)
    orders = simulate_orders(customers=900, days=365, seed=3, first_until=200).assign(category="shoes")
    orders = orders.assign(revenue=orders.revenue.round(2), ordered_at=orders.ordered_at.astype("datetime64[us]"))
    again = orders.sample(60, random_state=1)
    back = orders.sample(80, random_state=2)
    back = back.assign(
        revenue=-back.revenue, ordered_at=back.ordered_at + pd.to_timedelta(rng.integers(0, 30, 80), "D")
    )
    trials = orders.sample(30, random_state=3).assign(revenue=0.5)
    everything = pd.concat([orders, again, back, trials], ignore_index=True)
    everything = everything.assign(
        order_id=[f"o{n}" for n in range(len(everything))],
        margin=everything.revenue * rng.uniform(0.3, 0.5, len(everything)),
        test=rng.random(len(everything)) < 0.01,
    )
    ids = sorted(orders.customer_id.unique())
    first = orders.groupby("customer_id").ordered_at.min()
    customers = pd.DataFrame({"customer_id": ids, "consent_profiling": rng.random(len(ids)) < 0.9})
    late = pd.to_timedelta(np.where(rng.random(len(ids)) < 0.05, 10, 0), "D")
    acquired = (first.loc[ids].to_numpy() + late).astype("datetime64[us]")
    channel = rng.choice(["search", "display"], len(ids))
    return {
        "transactions": everything,
        "customers": customers.assign(acquired_at=acquired, acquisition_channel=channel),
    }


def segmented(folder: Path, source: str) -> CustomerSegments:
    (folder / "workbench.toml").write_text(SETTINGS.format(source=source), encoding="utf-8")
    company = open_workspace(folder)
    return segment_customers(
        company.table("transactions"),
        company.table("customers"),
        company.config.segmentation,
        provenance=company.provenance("transactions", "customers", seed=1),
        currency=company.currency,
        seed=1,
    )


@pytest.fixture(scope="module")
def both(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[CustomerSegments, CustomerSegments]:
    folder = tmp_path_factory.mktemp("both")
    server: Any = ibis.connect(postgres_url)
    server.raw_sql("CREATE SCHEMA segments").close()
    for name, frame in tables().items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
        server.create_table(name, frame, database="segments")
    server.con.commit()
    server.disconnect()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_TEST_POSTGRES", postgres_url)
        return segmented(folder, EMBEDDED), segmented(folder, SERVER)


def test_every_customer_has_the_same_value_segment_and_holdout(both: tuple[CustomerSegments, CustomerSegments]) -> None:
    here, there = (found.members.to_pandas() for found in both)
    assert len(here) > 700
    pd.testing.assert_frame_equal(here, there, check_dtype=False, rtol=EXACT, atol=EXACT)


def test_segments_estimates_and_calibration_agree(both: tuple[CustomerSegments, CustomerSegments]) -> None:
    here, there = (found.result for found in both)
    for name in ("segments", "estimates", "calibration"):
        pd.testing.assert_frame_equal(
            getattr(here, name), getattr(there, name), check_dtype=False, rtol=EXACT, atol=EXACT, obj=name
        )


def test_checks_and_sentences_are_the_same(both: tuple[CustomerSegments, CustomerSegments]) -> None:
    """The sentences count what each policy left out, so that equal sentences are equal counts."""
    here, there = (found.result for found in both)
    assert [(check.name, check.passed, check.detail) for check in here.checks] == [
        (check.name, check.passed, check.detail) for check in there.checks
    ]
    told = {check.name: check for check in here.checks}
    assert told["orders_after_acquisition"].passed is False
    assert "took back an order" in told["returns"].detail
    assert "test orders" in told["purchases"].detail
    assert here.findings == there.findings
