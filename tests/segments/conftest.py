"""CDNOW as its authors used it: 39 weeks of calibration, 39 of holdout."""

from datetime import date
from pathlib import Path

import ibis
import pandas as pd
import pytest

from tests.embedded import in_engine
from workbench.customers.orders import select_population
from workbench.segments.summaries import customer_summaries

CALIBRATION_END, HOLDOUT_END = date(1997, 9, 30), date(1998, 6, 30)


@pytest.fixture(scope="session")
def cdnow_orders(shared_data: Path) -> pd.DataFrame:
    names = ["master_id", "customer_id", "ordered_at", "cds", "revenue"]
    orders = pd.read_csv(
        shared_data / "customers/cdnow_sample.txt", sep=r"\s+", header=None, names=names, dtype={"ordered_at": str}
    )
    return orders.assign(customer_id=orders.customer_id.astype(str), ordered_at=pd.to_datetime(orders.ordered_at))[
        ["customer_id", "ordered_at", "revenue"]
    ]


@pytest.fixture(scope="session")
def cdnow_summaries(cdnow_orders: pd.DataFrame) -> ibis.Table:
    population = select_population(in_engine(cdnow_orders), None, require_consent=False, margin=1.0)
    return customer_summaries(population.purchases, until=CALIBRATION_END, holdout_until=HOLDOUT_END)
