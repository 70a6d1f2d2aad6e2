"""Who is left out, and that it is counted."""

import numpy as np
import pandas as pd
import pytest

from tests.embedded import in_engine
from workbench.customers.orders import select_population
from workbench.errors import DataError

ORDERS = pd.DataFrame(
    {
        "customer_id": ["a", "a", "b", "c", "d", "d"],
        "ordered_at": pd.to_datetime(
            ["2024-01-01", "2024-01-05", "2024-01-02", "2024-01-03", "2024-01-04", "2024-01-09"]
        ),
        "revenue": [100.0, -20.0, 50.0, 0.0, 30.0, 40.0],
        "margin": [40.0, -8.0, 10.0, 0.0, 3.0, 4.0],
    }
)
CUSTOMERS = pd.DataFrame({"customer_id": ["a", "b", "c"], "consent_profiling": [True, False, None]})


def test_only_customers_who_said_yes_are_profiled() -> None:
    """b said no, c said nothing, d is unknown: one of four customers stays."""
    population = select_population(
        in_engine(ORDERS), in_engine(CUSTOMERS, "customers"), require_consent=True, margin=1.0
    )
    assert set(population.purchases.customer_id.to_pandas()) == {"a"}
    assert (population.counts.customers, population.counts.excluded_customers) == (4, 3)


def test_consent_can_be_waived() -> None:
    population = select_population(
        in_engine(ORDERS), in_engine(CUSTOMERS, "customers"), require_consent=False, margin=1.0
    )
    assert population.counts.excluded_customers == 0
    assert population.purchases.count().execute() == 5


def test_returns_are_no_purchases_and_lower_the_profit_share() -> None:
    counts = select_population(in_engine(ORDERS), None, require_consent=True, margin=1.0).counts
    assert (counts.orders, counts.returns, counts.free) == (6, 1, 1)
    assert counts.profit_share == pytest.approx(57 / 220 * (1 - 20 / 220))


def test_the_configured_margin_fills_orders_without_one() -> None:
    without = ORDERS.assign(margin=[40.0, np.nan, np.nan, 0.0, 3.0, 4.0])
    counts = select_population(in_engine(without), None, require_consent=True, margin=0.5).counts
    assert counts.profit == pytest.approx(40 + 25 + 0 + 3 + 4)
    assert (
        select_population(
            in_engine(ORDERS.drop(columns="margin")), None, require_consent=True, margin=0.5
        ).counts.profit
        == 110
    )


@pytest.mark.parametrize(
    ("orders", "sentence"),
    [
        (ORDERS.assign(revenue=[1.0, 2.0, np.nan, 4.0, 5.0, 6.0]), "revenue is missing or not finite in 1 orders"),
        (ORDERS.assign(revenue=[1.0, 2.0, np.inf, 4.0, 5.0, 6.0]), "revenue is missing or not finite in 1 orders"),
        (ORDERS.assign(revenue=-1.0), "all 6 orders have negative revenue"),
        (ORDERS.iloc[:0], "hold no order with a customer"),
    ],
)
def test_unusable_orders_are_one_clear_sentence(orders: pd.DataFrame, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        select_population(in_engine(orders), None, require_consent=True, margin=1.0)


def test_nobody_consenting_is_an_error_that_names_the_setting() -> None:
    refusing = in_engine(CUSTOMERS.assign(consent_profiling=False), "customers")
    with pytest.raises(DataError, match="require_consent = false"):
        select_population(in_engine(ORDERS), refusing, require_consent=True, margin=1.0)
