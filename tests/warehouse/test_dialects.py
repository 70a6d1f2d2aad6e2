"""Every query of the path compiles for BigQuery, Snowflake, Databricks, Spark and Trino, and parses as their SQL.

Whether their servers give the same numbers can't be seen here; `docs/warehouses.md` says so.
"""

from __future__ import annotations

import re
from typing import Any

import ibis
import pytest
import sqlglot
from ibis.backends.sql import compilers
from ibis.common.exceptions import OperationNotDefinedError
from ibis.config import Config
from ibis.expr.operations import Node
from sqlglot import exp

from tests.warehouse.conftest import Walked
from tests.warehouse.unbound import spelt_for
from workbench.config.tables import TableMapping
from workbench.data.digests import md5_digits, text_hash
from workbench.data.mapping import Mapper
from workbench.data.schemas import SCHEMAS
from workbench.errors import ConfigError

pytestmark = pytest.mark.slow
DIALECTS = ("bigquery", "snowflake", "databricks", "pyspark", "trino")
# Functions that sqlglot doesn't know of a dialect; each stands in its vendor's reference.
KNOWN_FUNCTIONS = {
    "bigquery": {"IEEE_DIVIDE", "FARM_FINGERPRINT"},
    "snowflake": {"HASH"},
    "databricks": {"HASH", "MAKE_DATE", "TRY_DIVIDE"},
    "pyspark": {"HASH", "MAKE_DATE", "TRY_DIVIDE"},
    "trino": {
        "BITWISE_RIGHT_SHIFT",
        "IS_INFINITE",
        "IS_NAN",
        "NAN",
        "FROM_ISO8601_DATE",
        "FROM_BIG_ENDIAN_64",
        "XXHASH64",
        "TO_UTF8",
        "TO_HEX",
    },
}
# Of all queries of the path, what doesn't compile; see `docs/warehouses.md`.
QUANTILES = {"Quantile", "MultiQuantile"}
LIMITS: dict[str, set[str]] = {
    "bigquery": QUANTILES,
    "snowflake": set(),
    "databricks": set(),
    "pyspark": set(),
    "trino": QUANTILES,
}


class SparkOptions(Config):
    treat_nan_as_null: bool = False


@pytest.fixture(scope="module", autouse=True)
def _spark_options() -> None:
    """What Ibis sets when it connects to Spark."""
    ibis.options.pyspark = SparkOptions()


def compiled(expression: ibis.Expr, dialect: str) -> str:
    compiler = getattr(compilers, dialect).compiler
    return compiler.to_sqlglot(spelt_for(expression, dialect)).sql(dialect=compiler.dialect)


def unknown_functions(sql: str, dialect: str) -> set[str]:
    parsed = sqlglot.parse_one(sql, dialect=getattr(compilers, dialect).compiler.dialect)
    return {function.name.upper() for function in parsed.find_all(exp.Anonymous)}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_query_of_the_path_is_sql_of_the_dialect(walked: Walked, dialect: str) -> None:
    expressions = {kinds_of(each): each for sent in walked.sent for each in sent.expressions}.values()
    assert len(expressions) > 50
    refused, unknown = set(), set()
    for expression in expressions:
        try:
            unknown |= unknown_functions(compiled(expression, dialect), dialect)
        except OperationNotDefinedError as error:
            refused |= set(re.findall(r"for '(\w+)'", str(error)))
    assert refused == LIMITS[dialect]
    assert unknown <= KNOWN_FUNCTIONS[dialect]


def kinds_of(expression: ibis.Expr) -> frozenset[tuple[str, str]]:
    """What decides how an expression is compiled: its operations and their types."""
    return frozenset((type(node).__name__, str(getattr(node, "dtype", ""))) for node in expression.op().find(Node))


@pytest.mark.parametrize(
    ("dialect", "digest", "number"),
    [
        # https://cloud.google.com/bigquery/docs/reference/standard-sql/hash_functions: bytes, to be written as digits.
        ("bigquery", "TO_HEX(MD5(`t0`.`name`))", "FARM_FINGERPRINT(`t0`.`name`)"),
        # https://docs.snowflake.com/en/sql-reference/functions/md5 and …/hash.
        ("snowflake", 'MD5("t0"."name")', 'HASH("t0"."name")'),
        # https://docs.databricks.com/en/sql/language-manual/functions/md5.html and …/hash.html.
        ("databricks", "MD5(`t0`.`name`)", "HASH(`t0`.`name`)"),
        ("pyspark", "MD5(`t0`.`name`)", "HASH(`t0`.`name`)"),
        # https://trino.io/docs/current/functions/binary.html: of bytes, to bytes; digits are upper case.
        ("trino", 'LOWER(TO_HEX(MD5(TO_UTF8("t0"."name"))))', 'FROM_BIG_ENDIAN_64(XXHASH64(TO_UTF8("t0"."name")))'),
    ],
)
def test_digests_are_spelt_as_the_vendor_documents(dialect: str, digest: str, number: str) -> None:
    name = ibis.table({"name": "string"}, name="people").name
    for value, expected in ((md5_digits(name, dialect), digest), (text_hash(name, dialect), number)):
        compiler = getattr(compilers, dialect).compiler
        sql = compiler.to_sqlglot(value.name("found").as_table()).sql(dialect=compiler.dialect)
        assert expected.upper() in sql.upper()


class Offline:
    """A warehouse that only writes down what it is asked."""

    def __init__(self, dialect: str) -> None:
        self.name, self.asked = dialect, ""

    def sql(self, query: str) -> ibis.Table:
        self.asked = query
        named = sqlglot.parse_one(query, dialect=self.name).named_selects
        types = {"week": "timestamp", "spend": "float64"}
        return ibis.table({name: types.get(name, "string") for name in named}, name="mapped")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_mapping_quotes_names_and_texts_as_the_dialect_does(monkeypatch: pytest.MonkeyPatch, dialect: str) -> None:
    written = getattr(compilers, dialect).compiler.dialect
    monkeypatch.setattr(ibis, "to_sql", lambda raw, dialect: f"SELECT * FROM {raw.get_name()}")
    warehouse: Any = Offline(dialect)
    mapping = TableMapping.model_validate(
        {"table": "spend", "wide": {"spend": "{channel} cost"}, "columns": {"market": {"value": "l'Été"}}}
    )
    raw = ibis.table({"week": "timestamp", "tv cost": "float64", "o'clock cost": "float64"}, name="spend")
    Mapper("media", mapping, SCHEMAS["media"], "all").canonical(warehouse, raw)
    every = sqlglot.parse_one(warehouse.asked, dialect=written).find_all(exp.Select)
    selects = [each for each in every if each.named_selects != ["*"]]
    for select, channel in zip(selects, ("tv", "o'clock"), strict=True):
        by_name = {each.alias: each.this for each in select.selects}
        assert by_name["market"] == exp.Literal.string("l'Été")
        assert by_name["channel"] == exp.Literal.string(channel)
        assert by_name["spend"] == exp.column(f"{channel} cost", quoted=True)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_format_of_days_is_refused_where_nothing_reads_it(monkeypatch: pytest.MonkeyPatch, dialect: str) -> None:
    monkeypatch.setattr(ibis, "to_sql", lambda raw, dialect: f"SELECT * FROM {raw.get_name()}")
    warehouse: Any = Offline(dialect)
    mapping = TableMapping.model_validate(
        {"table": "kpi", "columns": {"week": {"from": "woche", "format": "%d.%m.%Y"}, "market": {"value": "AT"}}}
    )
    raw = ibis.table({"woche": "string", "kpi": "float64"}, name="kpi")
    with pytest.raises(
        ConfigError, match=f"columns.week has the format '%d.%m.%Y'.*found {dialect}; write the day in SQL"
    ):
        Mapper("kpi", mapping, SCHEMAS["kpi"], "all").canonical(warehouse, raw)
