"""Tables of planning that break their rules stop with one sentence and its mend."""

import pandas as pd
import pytest
from data.conftest import CONFIG

from workbench.errors import DataError

CAPACITY = "week,team,units\n2024-01-01,sales,40\n2024-01-08,sales,{}\n"
COMMITTED = "week,market,channel,spend,cancellable_until\n2024-01-01,AT,tv,{},{}\n"
DELIVERED = "week,team,handled\n2024-01-01,sales,{}\n"


@pytest.mark.parametrize(
    ("name", "rows", "sentence"),
    [
        (
            "capacity",
            CAPACITY.format(-3),
            "capacity.units is negative in 1 row (first: week 2024-01-08, market all, team sales, -3); "
            "write 0 for a week in which the team takes nothing",
        ),
        ("capacity", CAPACITY.format(""), "capacity.units is missing in 1 row"),
        ("capacity", CAPACITY.format("inf"), "capacity.units is not a number in 1 row"),
        ("capacity", CAPACITY.format(40).replace("-08", "-01"), "capacity has 1 repeated key"),
        ("capacity", CAPACITY.format(40).replace("-08", "-09"), "capacity.week is not a Monday in 1 row"),
        ("commitments", COMMITTED.format(-1, ""), "commitments.spend is negative in 1 row"),
        ("commitments", COMMITTED.format(1, "soon"), "commitments.cancellable_until is not a date in 1 row"),
        ("deliveries", DELIVERED.format(-1), "deliveries.handled is negative in 1 row"),
    ],
)
def test_bad_rows_are_named_and_mended(company, name: str, rows: str, sentence: str):
    workspace = company(CONFIG + f'[tables.{name}]\npath = "{name}.csv"', **{name: rows})
    with pytest.raises(DataError) as error:
        workspace.table(name)
    assert str(error.value).startswith(sentence)


def test_a_table_without_markets_serves_all(company):
    workspace = company(CONFIG + '[tables.capacity]\npath = "capacity.csv"', capacity=CAPACITY.format(0))
    capacity = workspace.frame("capacity")
    assert list(capacity.market) == ["all", "all"]
    assert list(capacity.units) == [40.0, 0.0]


def test_a_commitment_that_cannot_be_cancelled_has_no_day(company):
    workspace = company(
        CONFIG + '[tables.commitments]\npath = "commitments.csv"',
        commitments=COMMITTED.format(5, "") + "2024-01-08,AT,tv,5,2023-12-24\n",
    )
    assert list(workspace.frame("commitments").cancellable_until.isna()) == [True, False]


def test_later_weeks_may_be_wide(company):
    config = CONFIG + '[tables.later_media]\npath = "later_media.csv"\nwide = { spend = "{channel}_spend" }'
    rows = "week,market,tv_spend,radio_spend\n2024-02-12,AT,5,6\n"
    later = company(config, later_media=rows).frame("later_media")
    assert dict(zip(later.channel, later.spend, strict=True)) == {"tv": 5.0, "radio": 6.0}
    assert isinstance(later.week[0], pd.Timestamp)
