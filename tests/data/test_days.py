"""Days however they are written: moments with an offset fall on the day of the workspace's zone, two notations are told apart."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pytest

from workbench.errors import ConfigError, DataError
from workbench.workspace import Workspace, open_workspace

CONFIG = '[workspace]\nname = "Days"\n{zone}\n\n[tables.transactions]\npath = "orders.{kind}"\n{columns}'
# A customer orders shortly before and after midnight in Berlin, in summer and in winter.
MOMENTS = {
    "2024-06-30T21:59:59Z": "2024-06-30 23:59:59",
    "2024-06-30T22:00:00+00:00": "2024-07-01 00:00:00",
    "2024-07-01 01:30+0300": "2024-07-01 00:30:00",
    "2024-12-31T22:59:59.5+00": "2024-12-31 23:59:59.5",
    "2024-12-31T17:00-06:00": "2025-01-01 00:00:00",
}


@pytest.fixture
def company(tmp_path: Path) -> Callable[..., Workspace]:
    def build(days: list[Any], zone: str = "", kind: str = "csv", columns: str = "") -> Workspace:
        orders = pd.DataFrame({"customer_id": "a", "order_id": range(len(days)), "ordered_at": days, "revenue": 1.0})
        if kind == "csv":
            orders.to_csv(tmp_path / "orders.csv", index=False)
        else:
            orders.to_parquet(tmp_path / "orders.parquet", index=False)
        named = f'time_zone = "{zone}"' if zone else ""
        (tmp_path / "workbench.toml").write_text(CONFIG.format(zone=named, kind=kind, columns=columns))
        return open_workspace(tmp_path)

    return build


def days_of(company: Workspace) -> list[pd.Timestamp]:
    return list(company.table("transactions").order_by(ibis._.order_id.cast("int64")).to_pandas().ordered_at)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_moments_with_an_offset_fall_on_the_day_of_the_zone(company: Any, kind: str) -> None:
    moments: Any = list(MOMENTS) if kind == "csv" else pd.to_datetime(list(MOMENTS), format="ISO8601", utc=True)
    assert days_of(company(moments, "Europe/Berlin", kind)) == [pd.Timestamp(shown) for shown in MOMENTS.values()]


def test_the_zone_of_the_session_changes_nothing(company: Any) -> None:
    opened = company(pd.to_datetime(list(MOMENTS), format="ISO8601", utc=True), "Europe/Berlin", "parquet")
    opened.catalog.connection.raw_sql("SET TimeZone = 'Pacific/Auckland'")
    assert days_of(opened) == [pd.Timestamp(shown) for shown in MOMENTS.values()]


def test_moments_without_an_offset_stay_as_they_are_beside_others(company: Any) -> None:
    found = days_of(company(["2024-06-30 23:30:00", "2024-06-30T23:30:00Z", "2024-06-30"], "Europe/Berlin"))
    assert found == [pd.Timestamp(shown) for shown in ("2024-06-30 23:30", "2024-07-01 01:30", "2024-06-30")]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_an_offset_without_a_zone_is_refused_with_the_mend(company: Any, kind: str) -> None:
    moments: Any = list(MOMENTS) if kind == "csv" else pd.to_datetime(list(MOMENTS), format="ISO8601", utc=True)
    with pytest.raises(DataError) as error:
        company(moments, kind=kind).table("transactions")
    sentence = str(error.value)
    assert sentence.startswith(
        "transactions.ordered_at is a moment with an offset from UTC in 5 rows (first: order_id 0, 2024-06-30"
    )
    assert sentence.endswith('time_zone = "Europe/Berlin" under [workspace]')


def test_mixed_zones_without_one_in_the_workspace_are_counted(company: Any) -> None:
    with pytest.raises(DataError, match="offset from UTC in 2 rows"):
        company(["2024-01-01 10:00", "2024-01-01T10:00+02:00", "2024-01-01T10:00Z"]).table("transactions")


def test_two_notations_in_one_column_are_named_and_the_mend_works(company: Any) -> None:
    days = ["2024-12-30", "31.12.2024", "2025-01-02", "01.02.2025"]
    with pytest.raises(DataError) as error:
        company(days).table("transactions")
    assert str(error.value) == (
        "transactions.ordered_at is no day in the notation of the other rows in 2 rows (first: order_id 1, 31.12.2024); write all days "
        "one way, or read both with SQL: ordered_at = \"try_strptime(…, ['%Y-%m-%d', '%d.%m.%Y'])\""
    )
    columns = "[tables.transactions.columns]\nordered_at = \"try_strptime(ordered_at, ['%Y-%m-%d', '%d.%m.%Y'])\""
    expected = ["2024-12-30", "2024-12-31", "2025-01-02", "2025-02-01"]
    assert days_of(company(days, columns=columns)) == [pd.Timestamp(day) for day in expected]


def test_one_foreign_notation_asks_for_its_format(company: Any) -> None:
    days = ["20241231 at noon", "20250201 at noon"]
    with pytest.raises(DataError, match=r"is not a date in 2 rows .*give their format"):
        company(days).table("transactions")
    columns = '[tables.transactions.columns]\nordered_at = {from = "ordered_at", format = "%Y%m%d at noon"}'
    assert days_of(company(days, columns=columns))[1] == pd.Timestamp("2025-02-01")


def test_iso_days_beside_a_declared_format_are_another_notation(company: Any) -> None:
    columns = '[tables.transactions.columns]\nordered_at = {from = "ordered_at", format = "%d.%m.%Y"}'
    with pytest.raises(DataError, match="no day in the notation of the other rows in 1 row"):
        company(["31.12.2024", "2025-01-02"], columns=columns).table("transactions")


def test_a_day_that_no_calendar_has_is_not_a_date(company: Any) -> None:
    with pytest.raises(DataError, match=r"is not a date in 1 row \(first: order_id 1, 2024-02-31\)"):
        company(["2024-02-28", "2024-02-31"]).table("transactions")


def test_a_zone_that_is_none_is_named(company: Any) -> None:
    with pytest.raises(ConfigError, match="'Berlin' is no time zone"):
        company(["2024-01-01"], "Berlin")


def test_postgresql_reads_moments_on_the_same_clock(postgres_url: str, tmp_path: Path, monkeypatch: Any) -> None:
    server: Any = ibis.connect(postgres_url)
    rows = ", ".join(f"('a', {n}, '{moment}'::timestamptz, 1.0)" for n, moment in enumerate(MOMENTS))
    server.raw_sql(
        f"CREATE SCHEMA days; CREATE TABLE days.orders AS SELECT * FROM (VALUES {rows}) AS v(customer_id, order_id, ordered_at, revenue)"
    ).close()
    server.con.commit()
    server.disconnect()
    monkeypatch.setenv("WORKBENCH_TEST_POSTGRES", postgres_url)
    config = '[workspace]\nname = "Days"\n{}\n[source]\nurl = "env:WORKBENCH_TEST_POSTGRES"\n[tables.transactions]\ntable = "days.orders"\n'
    (tmp_path / "workbench.toml").write_text(config.format('time_zone = "Europe/Berlin"'))
    assert days_of(open_workspace(tmp_path)) == [pd.Timestamp(shown) for shown in MOMENTS.values()]
    (tmp_path / "workbench.toml").write_text(config.format(""))
    with pytest.raises(DataError, match="offset from UTC in 5 rows"):
        open_workspace(tmp_path).table("transactions")
