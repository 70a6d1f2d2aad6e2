"""Read text as numbers, days and flags inside the engine, keeping what could not be read."""

from __future__ import annotations

from datetime import datetime

import ibis
import pandera.pandas as pa
from ibis import Value

from workbench.data.schemas import kind

_NUMBER = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"
_ISO_DAY = r"^\s*\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?\s*$"
_TRUE, _FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")


@ibis.udf.scalar.builtin
def try_strptime(text: str, format: str) -> datetime:  # type: ignore[empty-body]
    """DuckDB's parser, NULL where the text doesn't fit the format."""


def converted(value: Value, column: pa.Column, format: str | None) -> tuple[Value, Value | None]:
    """A company's column as its canonical type.

    Args:
        value: The column as it is.
        column: Its canonical declaration.
        format: How a date written as text reads.

    Returns:
        The converted column, NULL where it can't be read, and the text that could not be read (NULL elsewhere);
        None where nothing had to be read.
    """
    match kind(column):
        case "text":
            return _as_text(value), None
        case "number":
            return _as_number(value)
        case "day":
            return _as_day(value, format)
        case _:
            return _as_flag(value)


def _as_text(value: Value) -> Value:
    if value.type().is_floating():
        # 12345.0 is how a number column with gaps spells the identifier 12345.
        return (value == value.floor()).ifelse(value.cast("int64").cast("string"), value.cast("string"))
    return value.cast("string")


def _as_number(value: Value) -> tuple[Value, Value | None]:
    if not value.type().is_string():
        number = value.cast("float64")
        broken = number.isnan() | number.isinf()
        return broken.ifelse(ibis.null("float64"), number), broken.ifelse(number.cast("string"), ibis.null("string"))
    readable = value.re_search(_NUMBER)
    return readable.ifelse(value.strip(), ibis.null("string")).cast("float64"), _leftover(value, readable)


def _as_day(value: Value, format: str | None) -> tuple[Value, Value | None]:
    if value.type().is_timestamp() or value.type().is_date():
        return value.cast("timestamp"), None
    text = value.cast("string")
    if format is not None:
        day = try_strptime(text, format)
        return day, _leftover(text, day.notnull())
    readable = text.re_search(_ISO_DAY)
    day = readable.ifelse(text.strip(), ibis.null("string")).try_cast("timestamp")
    return day, _leftover(text, day.notnull())


def _as_flag(value: Value) -> tuple[Value, Value | None]:
    if value.type().is_boolean():
        return value, None
    text = value.cast("string").strip().lower()
    flag = text.isin(_TRUE).ifelse(True, text.isin(_FALSE).ifelse(False, ibis.null("boolean")))
    return flag, _leftover(text, flag.notnull())


def _leftover(text: Value, readable: Value) -> Value:
    """The text that could not be read; a blank one is merely missing."""
    missing = text.isnull() | (text.strip() == "")
    return (readable | missing).fill_null(True).ifelse(ibis.null("string"), text)
