"""Value by cost, worked out by hand."""

import pandas as pd
import pytest

from tests.embedded import in_engine
from workbench.segments.pooling.acquisition_cost import acquisition_costs, unmatched
from workbench.segments.pooling.pool import GROUP_COLUMNS


def test_what_a_customer_costs_is_spend_over_all_who_first_bought_in_its_weeks() -> None:
    """Two weeks from 1 January: search spent 100 + 50 on three customers, one of them not valued; one came before and one after."""
    orders = pd.DataFrame(
        [
            ("a", "2024-01-01", 9.0),
            ("a", "2024-03-01", 9.0),
            ("b", "2024-01-14", 9.0),
            ("c", "2024-01-08", 9.0),
            ("early", "2023-12-31", 9.0),
            ("early", "2024-01-05", 9.0),
            ("late", "2024-01-15", 9.0),
            ("free", "2024-01-02", 9.0),
            ("returned", "2024-01-02", -9.0),
            ("nobody", "2024-01-03", 9.0),
        ],
        columns=["customer_id", "ordered_at", "revenue"],
    ).assign(ordered_at=lambda frame: pd.to_datetime(frame.ordered_at))
    customers = pd.DataFrame({"customer_id": ["a", "b", "c", "early", "late", "returned", "free", "nobody"]}).assign(
        acquisition_channel=["search"] * 6 + ["organic", None]
    )
    media = pd.DataFrame(
        [
            ("2024-01-01", "DE", "search", 60.0),
            ("2024-01-01", "AT", "search", 40.0),
            ("2024-01-08", "DE", "search", 50.0),
            ("2024-01-08", "DE", "radio", 30.0),
            ("2024-01-08", "DE", "organic", 0.0),
        ],
        columns=["week", "market", "channel", "spend"],
    ).assign(week=lambda frame: pd.to_datetime(frame.week))
    rows = [("acquisition_channel", "search", 4, 120.0, 90.0, 150.0, 1.0, 1.0, 1.0)]
    rows += [("acquisition_channel", name, 1, 80.0, 60.0, 99.0, 1.0, 1.0, 1.0) for name in ("organic", "unknown")]
    groups = pd.DataFrame([*rows, ("market", "DE", 6, 1, 1, 1, 1, 1, 1)], columns=list(GROUP_COLUMNS))
    tables = in_engine(orders), in_engine(customers, "customers"), in_engine(media, "media")
    table = acquisition_costs(groups, *tables)
    found = table.set_index("channel")
    assert found.acquired.to_dict() == {"search": 3, "organic": 1, "unknown": 1}
    assert found.loc["search", ["spend", "cac"]].tolist() == [150.0, 50.0]
    ratios = found.loc["search", ["ltv_to_cac", "ltv_to_cac_lower", "ltv_to_cac_upper"]].tolist()
    assert ratios == pytest.approx([2.4, 1.8, 3.0])
    assert found.cac[["organic", "unknown"]].isna().all()
    assert unmatched(table, tables[2]) == (["organic", "unknown"], ["radio"])
    assert unmatched(table, None)[1] == []
