"""Read text as numbers, days and flags inside the engine, keeping what could not be read."""

from __future__ import annotations

from datetime import datetime

import ibis
import ibis.expr.datatypes as dt
import pandera.pandas as pa
from ibis import Value

from workbench.data.schemas import kind

_NUMBER = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"
_ISO_DAY = r"^\s*\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?\s*$"
_OFFSET = r"(Z|[-+]\d{2}(:?\d{2})?)\s*$"
_ISO_MOMENT = r"^\s*\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?" + _OFFSET
_ISO_LIKE = r"^\s*\d{4}-\d{2}-\d{2}"
_DAY_LIKE = r"^\s*\d{1,4}([-./ ]\d{1,2}[-./ ]\d{1,4}|\d{4,})([ T].*)?\s*$"
_TRUE, _FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")


@ibis.udf.scalar.builtin
def try_strptime(text: str, format: str) -> datetime:  # type: ignore[empty-body]
    """DuckDB's parser, NULL where the text doesn't fit the format."""


@ibis.udf.scalar.builtin(signature=((dt.string, dt.Timestamp(timezone="UTC")), dt.timestamp))
def timezone(zone: str, moment: datetime) -> datetime:  # type: ignore[empty-body]
    """What clocks in a zone show at a moment; DuckDB and PostgreSQL have it under this name."""


def converted(value: Value, column: pa.Column, format: str | None, zone: str = "") -> tuple[Value, Value | None]:
    """A company's column as its canonical type.

    Args:
        value: The column as it is.
        column: Its canonical declaration.
        format: How a date written as text reads.
        zone: Zone in which a moment with an offset from UTC falls on its day; without one it can't be read.

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
            return _as_day(value, format, zone)
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


def has_offset(unread: Value) -> Value:
    """Whether a text that couldn't be read as a day is a moment with an offset from UTC."""
    return unread.re_search(_ISO_MOMENT)


def is_day_like(unread: Value) -> Value:
    """Whether a text that couldn't be read as a day looks like one in another notation."""
    wrong_iso = unread.re_search(_ISO_LIKE) & unread.try_cast("timestamp").isnull()
    return unread.re_search(_DAY_LIKE) & ~wrong_iso


def _as_day(value: Value, format: str | None, zone: str) -> tuple[Value, Value | None]:
    if value.type().is_timestamp() and value.type().timezone is not None:
        return (timezone(zone, value), None) if zone else (ibis.null("timestamp"), value.cast("string"))
    if value.type().is_timestamp() or value.type().is_date():
        return value.cast("timestamp"), None
    text = value.cast("string")
    if format is not None:
        day = try_strptime(text, format)
        return day, _leftover(text, day.notnull())
    readable = text.re_search(_ISO_DAY)
    day = readable.ifelse(text.strip(), ibis.null("string")).try_cast("timestamp")
    if zone:
        day = ibis.coalesce(day, _on_the_clock(text, zone))
    return day, _leftover(text, day.notnull())


def _on_the_clock(text: Value, zone: str) -> Value:
    """Moments with an offset, as the zone's clocks show them; NULL for every other text."""
    moment = text.re_search(_ISO_MOMENT).ifelse(text.strip(), ibis.null("string"))
    # The engine's parser wants seconds, and a colon in the offset.
    with_seconds = moment.re_replace(r"([ T]\d{2}:\d{2})(Z|[-+])", r"\1:00\2")
    with_colon = with_seconds.re_replace(r"([-+]\d{2})(\d{2})$", r"\1:\2")
    return timezone(zone, with_colon.try_cast(dt.Timestamp(timezone="UTC")))


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
