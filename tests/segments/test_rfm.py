"""RFM rules against scores computed by pandas, and how many customers move a month on published data."""

import itertools
from datetime import date
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest

from tests.embedded import in_engine
from workbench.customers.drift import psi
from workbench.customers.orders import select_population
from workbench.segments.rfm import RFM, RFMCutoffs
from workbench.segments.summaries import customer_summaries


def summaries(orders: pd.DataFrame, until: date) -> ibis.Table:
    seen = orders[orders.ordered_at < pd.Timestamp(until) + pd.Timedelta(days=1)]
    population = select_population(in_engine(seen), None, require_consent=False, margin=1.0)
    return customer_summaries(population.purchases, until=until)


def named(table: ibis.Table, cutoffs: RFMCutoffs) -> pd.DataFrame:
    assigned = RFM.assign(table, cutoffs)
    columns = ["customer_id", "segment", "frequency", "revenue", "age_days", "recency_days"]
    return assigned.select(*columns).to_pandas().set_index("customer_id").sort_index()


@pytest.fixture(scope="module")
def retail(shared_data: Path) -> pd.DataFrame:
    lines = pd.read_parquet(shared_data / "customers/online_retail.parquet").dropna(subset=["CustomerID"])
    return pd.DataFrame(
        {
            "customer_id": lines.CustomerID.astype(int).astype(str),
            "ordered_at": lines.InvoiceDate,
            "revenue": lines.Quantity * lines.UnitPrice,
        }
    )


def test_segments_are_the_grid_of_scores(retail: pd.DataFrame) -> None:
    """The 25 cells of recency against the mean of frequency and monetary value, by pandas' own quantiles."""
    day = date(2011, 6, 30)
    table = summaries(retail, day)
    cutoffs = RFM.make(table, day, True)
    found = named(table, cutoffs)
    measures = pd.DataFrame(
        {"recency": found.age_days - found.recency_days, "purchases": found.frequency + 1, "revenue": found.revenue}
    )
    limits = {name: measures[name].quantile([0.2, 0.4, 0.6, 0.8]).to_numpy() for name in measures}
    np.testing.assert_allclose(cutoffs.recency_days, limits["recency"])
    np.testing.assert_allclose(cutoffs.revenue, limits["revenue"])
    score = {name: 1 + np.searchsorted(limits[name], measures[name], side="left") for name in measures}
    recency, value = 6 - score["recency"], (score["purchases"] + score["revenue"] + 1) // 2
    grid = {
        1: ["Hibernating", "Hibernating", "At risk", "At risk", "Can't lose them"],
        2: ["Hibernating", "Hibernating", "At risk", "At risk", "Can't lose them"],
        3: ["About to sleep", "About to sleep", "Need attention", "Loyal customers", "Loyal customers"],
        4: ["Promising", "Potential loyalists", "Potential loyalists", "Loyal customers", "Loyal customers"],
        5: ["New customers", "Potential loyalists", "Potential loyalists", "Champions", "Champions"],
    }
    expected = [grid[r][v - 1] for r, v in zip(recency, value, strict=True)]
    assert list(found.segment) == expected


def test_a_month_moves_a_third_while_shares_stand_still(retail: pd.DataFrame) -> None:
    """Fifths made anew each month: more than a third of customers change segment, and the index of the shares sees nothing."""
    months = [date(2011, 7, 31), date(2011, 8, 31), date(2011, 9, 30)]
    frames = []
    for day in months:
        table = summaries(retail, day)
        frames.append(named(table, RFM.make(table, day, True)).segment)
    for before, after in itertools.pairwise(frames):
        both = before.index.intersection(after.index)
        assert 0.35 < (before[both] != after[both]).mean() < 0.5
        shares = [each.value_counts().reindex(RFM.names, fill_value=0).to_numpy() for each in (before, after)]
        assert psi(*shares) < 0.02
