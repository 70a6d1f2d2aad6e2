"""Digests of text inside the engine, spelt as each engine spells them."""

from __future__ import annotations

import ibis
import ibis.expr.datatypes as dt
from ibis import ir


@ibis.udf.scalar.builtin(name="md5", signature=((dt.string,), dt.string))
def _digits(text):  # type: ignore[no-untyped-def]
    """32 lower-case hexadecimal digits: DuckDB, PostgreSQL, Snowflake, Spark and Databricks."""


@ibis.udf.scalar.builtin(name="md5", signature=((dt.string,), dt.binary))
def _md5_of_text(text):  # type: ignore[no-untyped-def]
    """16 bytes: BigQuery."""


@ibis.udf.scalar.builtin(name="md5", signature=((dt.binary,), dt.binary))
def _md5_of_bytes(content):  # type: ignore[no-untyped-def]
    """16 bytes of bytes: Trino."""


@ibis.udf.scalar.builtin(name="to_utf8", signature=((dt.string,), dt.binary))
def _to_utf8(text):  # type: ignore[no-untyped-def]
    """Trino's."""


@ibis.udf.scalar.builtin(name="to_hex", signature=((dt.binary,), dt.string))
def _to_hex(content):  # type: ignore[no-untyped-def]
    """BigQuery's, in lower case, and Trino's, in upper case."""


@ibis.udf.scalar.builtin(name="xxhash64", signature=((dt.binary,), dt.binary))
def _xxhash64(content):  # type: ignore[no-untyped-def]
    """Trino's: eight bytes."""


@ibis.udf.scalar.builtin(name="from_big_endian_64", signature=((dt.binary,), dt.int64))
def _from_big_endian_64(content):  # type: ignore[no-untyped-def]
    """Trino's."""


def md5_digits(text: ir.StringValue, engine: str) -> ir.StringValue:
    """The md5 of a text as 32 lower-case hexadecimal digits: the same bytes give the same digits on every engine."""
    if engine == "bigquery":
        return _to_hex(_md5_of_text(text))
    return _to_hex(_md5_of_bytes(_to_utf8(text))).lower() if engine == "trino" else _digits(text)


def text_hash(text: ir.StringValue, engine: str) -> ir.IntegerValue:
    """A whole number of 64 bits made from a text (32 on Spark); engines have others for the same text."""
    return _from_big_endian_64(_xxhash64(_to_utf8(text))) if engine == "trino" else text.hash()
