"""Orders that can't be right, or that carry no value: each ends in one sentence that says what to mend, or in a check that does."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.segments.populations import simulate_orders
from workbench.errors import DataError, FitError, WorkbenchError
from workbench.result import Check
from workbench.segments import CustomerSegments, segment_customers
from workbench.workspace import Workspace, open_workspace

CONFIG = """
[workspace]
name = "Shop"

[segmentation]
require_consent = false
holdout = 0
models = ["BG/NBD"]
{settings}
[tables.transactions]
path = "orders.csv"
"""


@pytest.fixture(scope="module")
def shop() -> pd.DataFrame:
    orders = simulate_orders(customers=300, days=300, seed=1, first_until=150)
    return orders.assign(order_id=[f"o{n}" for n in range(len(orders))], revenue=orders.revenue.round(2))


@pytest.fixture
def company(tmp_path: Path) -> Callable[..., Workspace]:
    def build(orders: pd.DataFrame, settings: str = "", customers: pd.DataFrame | None = None) -> Workspace:
        orders.to_csv(tmp_path / "orders.csv", index=False)
        config = CONFIG.format(settings=settings)
        if customers is not None:
            customers.to_csv(tmp_path / "customers.csv", index=False)
            config += '\n[tables.customers]\npath = "customers.csv"\n'
        (tmp_path / "workbench.toml").write_text(config, encoding="utf-8")
        return open_workspace(tmp_path)

    return build


def segmented(company: Workspace) -> CustomerSegments:
    return segment_customers(
        company.table("transactions"),
        company.optional_table("customers"),
        company.config.segmentation,
        provenance=company.provenance("transactions", seed=1),
        currency=company.currency,
        seed=1,
    )


def check(found: CustomerSegments, name: str) -> Check:
    return next(check for check in found.result.checks if check.name == name)


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        (lambda orders: pd.concat([orders, orders.iloc[[4, 4, 9]]]), DataError, "transactions has 2 repeated keys .first: order_id o4, 3 rows.*keep one row per .order_id."),
        (lambda orders: orders.assign(revenue=orders.revenue.where(orders.order_id != "o7")), DataError, "revenue is missing in 1 row .first: order_id o7.*fill it in"),
        (lambda orders: orders.assign(revenue=orders.revenue.astype(str).where(orders.order_id != "o7", "12,5 EUR")), DataError, "revenue is not a number in 1 row .first: order_id o7, 12,5 EUR"),
        (lambda orders: orders.assign(revenue=-orders.revenue), DataError, "negative revenue, which means returns; check the sign"),
        (lambda orders: orders.assign(revenue=0.0), DataError, "purchases have zero revenue; check that transactions.revenue"),
        (lambda orders: orders.assign(customer_id="only"), FitError, "1 of 1 customers bought on more than one day.*longer window"),
        (lambda orders: orders.drop_duplicates("customer_id"), FitError, "0 of 300 customers bought on more than one day"),
        (lambda orders: orders.assign(ordered_at="2023-05-05"), FitError, "0 of 300 customers bought on more than one day"),
        (lambda orders: orders.iloc[:0], DataError, "transactions is empty"),
    ],
    ids=["repeated ids", "no revenue", "revenue in words", "wrong sign", "all for free", "one customer", "once each", "one day", "nothing"],
)  # fmt: skip
def test_orders_that_carry_no_segments_end_in_a_sentence(
    shop: pd.DataFrame, company: Any, change: Any, error: type[WorkbenchError], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        segmented(company(change(shop)))


def test_a_wrong_sign_in_half_of_the_orders_fails_a_check(shop: pd.DataFrame, company: Any) -> None:
    flipped = shop.assign(revenue=shop.revenue * np.where(np.arange(len(shop)) % 2, 1, -1))
    found = check(segmented(company(flipped)), "returns")
    assert found.passed is False
    assert found.value == pytest.approx(
        -flipped.revenue[flipped.revenue < 0].sum() / flipped.revenue[flipped.revenue > 0].sum()
    )
    assert "check the sign of transactions.revenue" in found.detail


def test_free_orders_are_purchases_and_said_and_no_reason_for_less_value_of_others(
    shop: pd.DataFrame, company: Any
) -> None:
    free = shop.revenue.where(np.arange(len(shop)) % 10 != 0, 0.0)
    found = segmented(company(shop.assign(revenue=free)))
    assert f"{(free == 0).sum()} orders of zero revenue count as purchases." in check(found, "purchases").detail
    assert check(found, "returns").passed is True
    frequency = found.members["frequency"].to_numpy()
    days = shop.groupby("customer_id").ordered_at.nunique()
    assert frequency.sum() == (days - 1).sum()


def test_orders_below_the_smallest_are_left_out_and_counted(shop: pd.DataFrame, company: Any) -> None:
    small = shop.head(40).assign(revenue=0.01, order_id=[f"small{n}" for n in range(40)], customer_id="tester")
    found = segmented(company(pd.concat([shop, small]), settings="smallest_order = 0.5"))
    without = segmented(company(shop, settings="smallest_order = 0.5"))
    assert "40 orders are left out as test orders. 1 customer has no purchase" in check(found, "purchases").detail
    assert found.members.equals(without.members)


def test_orders_before_acquisition_are_named_with_the_mend(shop: pd.DataFrame, company: Any) -> None:
    first = shop.groupby("customer_id").ordered_at.min()
    late = first + pd.to_timedelta(np.where(np.arange(len(first)) % 10 == 0, 5, 0), "D")
    before = (shop.ordered_at < shop.customer_id.map(late)).sum()
    customers = pd.DataFrame({"customer_id": first.index, "acquired_at": late.to_numpy()})
    found = check(segmented(company(shop, customers=customers)), "orders_after_acquisition")
    assert found.passed is False
    assert found.value == pytest.approx(before / len(shop))
    assert found.detail.startswith(f"{before} orders (")
    assert "correct customers.acquired_at" in found.detail
    on_time = pd.DataFrame({"customer_id": first.index, "acquired_at": first.to_numpy()})
    assert check(segmented(company(shop, customers=on_time)), "orders_after_acquisition").passed is True
