"""The company's columns become canonical ones by mapping alone."""

import numpy as np
import pandas as pd
import pytest
from data.conftest import CONFIG, WEEKS, small_kpi, small_media

from workbench.errors import ConfigError, DataError


def test_files_with_canonical_columns_need_no_mapping(company):
    frame = company().frame("kpi").sort_values(["week", "market"], ignore_index=True)
    assert frame.kpi.tolist() == small_kpi().kpi.tolist()


def test_columns_are_renamed_computed_filtered_and_dated(company):
    theirs = pd.DataFrame(
        {
            "KW": [day.strftime("%d.%m.%Y") for day in WEEKS] * 2,
            "Land": ["DE"] * 6 + ["test"] * 6,
            "Menge": range(12),
            "Preis": 2.5,
        }
    )
    config = CONFIG.replace(
        'path = "kpi.csv"\n',
        'path = "kpi.csv"\nfilter = "Land <> \'test\'"\n[tables.kpi.columns]\n'
        'week = {from = "KW", format = "%d.%m.%Y"}\nmarket = "Land"\nkpi = "Menge * Preis"\n',
    )
    frame = company(config, kpi=theirs).frame("kpi")
    assert frame.week.tolist() == WEEKS.tolist()
    assert frame.kpi.tolist() == [2.5 * i for i in range(6)]
    assert set(frame.market) == {"DE"}


@pytest.mark.parametrize(
    "wide", ['wide = {spend = "{channel}_cost"}', 'wide = {spend = {search = "search_cost", tv = "tv_cost"}}']
)
def test_one_column_per_channel_says_the_same_as_one_row_per_channel(company, wide):
    long = small_media()
    pivoted = long.pivot(index=["week", "market"], columns="channel", values="spend").add_suffix("_cost").reset_index()
    config = CONFIG.replace('path = "media.csv"', f'path = "media.csv"\n{wide}')
    keys = ["week", "market", "channel"]
    melted = company(config, media=pivoted).frame("media")[[*keys, "spend"]].sort_values(keys, ignore_index=True)
    expected = long.sort_values(keys, ignore_index=True)
    assert melted.spend.tolist() == expected.spend.tolist()
    assert melted.channel.tolist() == expected.channel.tolist()


def test_a_company_with_one_market_needs_no_market_column(company):
    national = small_kpi().query("market == 'DE'").drop(columns="market")
    assert set(company(kpi=national).frame("kpi").market) == {"all"}
    named = CONFIG + "[markets.DE]\n"
    assert set(company(named, kpi=national).frame("kpi").market) == {"DE"}


def test_identifiers_keep_their_leading_zeros(company):
    config = (
        CONFIG
        + '[tables.transactions]\npath = "orders.csv"\ncolumns = {customer_id = "id", ordered_at = "at", revenue = "paid"}'
    )
    orders = "id,at,paid\n0007,2024-01-01 10:30:00,3.5\n0012,2024-01-02 11:00:00,4\n"
    assert company(config, orders=orders).frame("transactions").customer_id.tolist() == ["0007", "0012"]


def test_numbers_that_stood_in_a_column_with_gaps_stay_identifiers(company, tmp_path):
    pd.DataFrame({"customer_id": [12345.0, 7.0], "ordered_at": WEEKS[:2], "revenue": [1.0, 2.0]}).to_parquet(
        tmp_path / "orders.parquet"
    )
    config = CONFIG + '[tables.transactions]\npath = "orders.parquet"'
    assert company(config).frame("transactions").customer_id.tolist() == ["12345", "7"]


def test_blank_padded_files_without_a_header_are_read(company):
    config = CONFIG + (
        '[tables.transactions]\npath = "orders.csv"\ncsv = {delimiter = "whitespace", header = false, names = ["id", "day", "paid"]}\n'
        'columns = {customer_id = "id", ordered_at = {from = "day", format = "%Y%m%d"}, revenue = "paid"}'
    )
    frame = company(config, orders=" 00004 19970101   29.33\n 00004 19970118  29.73\n").frame("transactions")
    assert frame.revenue.tolist() == [29.33, 29.73]
    assert frame.customer_id.tolist() == ["00004", "00004"]
    assert frame.ordered_at.tolist() == [pd.Timestamp("1997-01-01"), pd.Timestamp("1997-01-18")]


def test_several_files_are_one_table(company, tmp_path):
    rows = small_kpi()
    rows.iloc[:5].to_csv(tmp_path / "part1.csv", index=False)
    rows.iloc[5:].to_csv(tmp_path / "part2.csv", index=False)
    config = CONFIG.replace("kpi.csv", "part*.csv")
    assert sorted(company(config).frame("kpi").kpi) == rows.kpi.tolist()


def test_sql_and_tables_of_a_database_serve_as_well(company, tmp_path):
    import duckdb

    with duckdb.connect(str(tmp_path / "company.db")) as database:
        database.register("rows", small_kpi())
        database.sql("CREATE SCHEMA shop; CREATE TABLE shop.sales AS SELECT * FROM rows")
    config = CONFIG.replace(
        "[tables.kpi]\npath", '[source]\nurl = "duckdb://company.db"\n[tables.kpi]\ntable = "shop.sales"\n#'
    )
    assert sorted(company(config).frame("kpi").kpi) == small_kpi().kpi.tolist()
    config = config.replace('table = "shop.sales"', "sql = \"SELECT * FROM shop.sales WHERE market = 'DE'\"")
    assert set(company(config).frame("kpi").market) == {"DE"}


def test_attributes_of_units_come_along(company):
    config = (
        CONFIG
        + '[tables.units]\npath = "units.csv"\ncolumns = {experiment_id = {value = "mail"}, unit_id = "id", variant = "arm"}'
    )
    frame = company(config, units="id,arm,spend,city\n1,a,2.5,Wien\n2,b,0,Linz\n").frame("units")
    assert frame.columns.tolist() == ["experiment_id", "unit_id", "variant", "spend", "city"]


def kpi_mapping(line: str) -> str:
    return CONFIG.replace('path = "kpi.csv"', f'path = "kpi.csv"\n{line}')


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (
            kpi_mapping('columns = {kpi = "kpii"}'),
            "tables.kpi.columns.kpi names the column kpii, which isn't there; did you mean kpi?",
        ),
        (kpi_mapping('columns = {kpi = "kpii * 2"}'), "tables.kpi.columns.kpi names the column kpii"),
        (kpi_mapping('columns = {kpi = "kpi *"}'), "tables.kpi.columns.kpi is not an SQL expression"),
        (kpi_mapping('columns = {sales = "kpi"}'), "unknown canonical column sales"),
        (
            kpi_mapping('filter = "markt = 1"'),
            "tables.kpi.filter names the column markt, which isn't there; did you mean market?",
        ),
        (kpi_mapping('wide = {kpi = "{channel}"}'), "tables.kpi.wide is for media and controls only"),
        (CONFIG.replace("kpi.csv", "sales.csv"), "tables.kpi.path names sales.csv, which doesn't exist"),
        (CONFIG.replace('path = "kpi.csv"', 'sql = "SELECT * FROM nowhere"'), "tables.kpi.sql can't be run"),
        (
            CONFIG.replace('path = "kpi.csv"', 'table = "nowhere"'),
            "tables.kpi.table names nowhere, which the source doesn't have",
        ),
        ('[source]\nurl = "duckdb://gone.db"' + CONFIG, "source.url names the database"),
        (
            '[source]\nurl = "env:NO_SUCH_VARIABLE"' + CONFIG,
            "source.url: env:NO_SUCH_VARIABLE names an environment variable that isn't set",
        ),
        ('[source]\nurl = "oracle9://h/d"' + CONFIG, "source.url oracle9://h/d can't be opened"),
    ],
)
def test_a_mapping_that_cannot_be_followed_names_its_key(company, config, sentence):
    with pytest.raises(ConfigError) as error:
        company(config).table("kpi")
    assert sentence in str(error.value)
    assert "secret" not in str(error.value)
    assert "\n" not in str(error.value)


def test_a_table_without_a_required_column_names_it(company):
    with pytest.raises(ConfigError, match=r"tables.kpi has no column for kpi; name it under \[tables.kpi.columns\]"):
        company(kpi=small_kpi().rename(columns={"kpi": "sales"})).table("kpi")


def test_an_unmapped_table_says_what_to_add(company):
    with pytest.raises(ConfigError, match=r"tables.units is not mapped"):
        company().table("units")


def test_the_fingerprint_sees_one_changed_cell_and_nothing_else(company):
    rows = small_kpi()
    first = company(kpi=rows).provenance("kpi").inputs["kpi"]
    shuffled = company(kpi=rows.sample(frac=1, random_state=1)).provenance("kpi").inputs["kpi"]
    changed = company(kpi=rows.assign(kpi=np.where(rows.index == 3, 1.0, rows.kpi))).provenance("kpi").inputs["kpi"]
    assert first == shuffled != changed


def test_bad_rows_stop_the_run_before_any_number_is_made(company):
    with pytest.raises(DataError):
        company(kpi=small_kpi().assign(kpi=-1.0)).table("kpi")
