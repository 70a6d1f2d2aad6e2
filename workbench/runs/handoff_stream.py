"""Arrow tables and streams of batches as CSV: byte for byte what pandas would write, many times as fast, a few batches at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.ahead import map_ahead
from workbench.customers.identifiers import PERSONS, contains_any, require_pseudonymous
from workbench.errors import RunError

type ArrowRows = pa.Table | pa.RecordBatchReader | Iterable[pa.RecordBatch]

ROWS_AT_ONCE = 100_000
_NEED_QUOTES = '",\r\n'
# Between these Arrow and Python write a number that isn't whole with the same characters.
_SMALLEST_PLAIN, _LARGEST_PLAIN = 1e-4, 1e10


def write_stream(rows: ArrowRows, path: Path, name: str) -> dict[str, object]:
    """Write the rows to `path` as they come and return their Table Schema.

    Dates are `date32` columns; a timestamp is a `datetime`, written with its offset only where it has a zone. NaN is missing.

    Raises:
        RunError: If the rows have no columns, columns of one name, a nested column, or change their columns on the way.
        DataError: If ids of people look like e-mail addresses or telephone numbers.
    """
    schema, batches = _opened(rows, name)
    _require_columns(schema, name)
    missing = dict.fromkeys(schema.names, False)
    with path.open("wb") as file:
        file.write(_text_of([_quoted(pa.array([column])) for column in schema.names]))
        for lines, lacks in map_ahead(lambda batch: _lines_of(batch, schema, path, name), batches):
            file.write(lines)
            missing = {column: missing[column] or lacking for column, lacking in zip(missing, lacks, strict=True)}
    return _table_schema(schema, missing)


def _lines_of(batch: pa.RecordBatch, schema: pa.Schema, path: Path, name: str) -> tuple[Any, list[bool]]:
    """The batch as it is written, and whether each column misses a value."""
    if batch.schema.names != schema.names:
        raise RunError(f"the hand-off {name} changes its columns on the way; give all batches one schema")
    for column in filter(batch.schema.names.__contains__, PERSONS):
        require_pseudonymous(batch.column(column), column, f"handoff/{path.name}")
    columns = [_spelt(column) for column in batch.columns]
    return _text_of(columns), [text.null_count > 0 for text in columns]


def _opened(rows: ArrowRows, name: str) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    if isinstance(rows, pa.Table):
        return rows.schema, iter(rows.to_batches(max_chunksize=ROWS_AT_ONCE))
    if isinstance(rows, pa.RecordBatchReader):
        return rows.schema, iter(rows)
    batches = iter(rows)
    first = next(batches, None)
    if first is None:
        raise RunError(f"the hand-off {name} has no batch that names its columns; give a pyarrow.RecordBatchReader")
    return first.schema, chain([first], batches)


def _require_columns(schema: pa.Schema, name: str) -> None:
    if not schema.names:
        raise RunError(f"the hand-off {name} has no columns; give it some")
    if len(set(schema.names)) < len(schema.names):
        raise RunError(f"the hand-off {name} has two columns of one name; rename one")
    for field in schema:
        if _kind(field.type) is None:
            raise RunError(
                f"the hand-off {name} can't hold {field.name}, a column of {field.type}; give text, numbers, flags or days"
            )


def _table_schema(schema: pa.Schema, missing: dict[str, bool]) -> dict[str, object]:
    fields = [
        {"name": field.name, "type": _kind(field.type), "constraints": {"required": not missing[field.name]}}
        for field in schema
    ]
    return {"fields": fields, "missingValues": [""]}


def _kind(kind: pa.DataType) -> str | None:
    types = pa.types
    if types.is_dictionary(kind):
        return _kind(kind.value_type)
    for name, holds in (
        ("boolean", types.is_boolean),
        ("integer", types.is_integer),
        ("number", types.is_floating),
        ("number", types.is_decimal),
        ("date", types.is_date),
        ("datetime", types.is_timestamp),
        ("string", types.is_string),
        ("string", types.is_large_string),
        ("string", types.is_string_view),
        ("string", types.is_null),
    ):
        if holds(kind):
            return name
    return None


def _spelt(column: pa.Array) -> pa.Array:
    """Every value as its characters in the file, NULL where it is missing."""
    if pa.types.is_dictionary(column.type):
        return pa.DictionaryArray.from_arrays(column.indices, _spelt(column.dictionary)).dictionary_decode()
    match _kind(column.type):
        case "boolean":
            return pc.if_else(column, "True", "False")
        case "number":
            return _spelt_numbers(column.cast("float64") if pa.types.is_decimal(column.type) else column)
        case "datetime":
            return _spelt_moments(column)
        case "string":
            return _quoted(column.cast("string"))
        case _:
            return column.cast("string")


def _spelt_numbers(column: pa.Array) -> pa.Array:
    column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    size = pc.abs(column)
    whole = pc.equal(pc.floor(column), column)
    plain = pc.and_(pc.or_(pc.greater_equal(size, _SMALLEST_PLAIN), pc.equal(size, 0)), pc.less(size, _LARGEST_PLAIN))
    text = column.cast("string")
    ends_in_zero = pc.fill_null(pc.and_(whole, plain), False)
    if pc.any(ends_in_zero).as_py():
        with_zero = pc.binary_join_element_wise(text.filter(ends_in_zero), ".0", "")
        text = pc.replace_with_mask(text, ends_in_zero, with_zero)
    odd = pc.fill_null(pc.invert(plain), False)
    if pc.any(odd).as_py():
        by_python = [str(value) for value in column.filter(odd).to_numpy(zero_copy_only=False)]
        text = pc.replace_with_mask(text, odd, pa.array(by_python, pa.string()))
    return text


def _spelt_moments(column: pa.Array) -> pa.Array:
    offset = "" if column.type.tz is None else "+00:00"
    moments = column.cast(pa.timestamp(column.type.unit))
    seconds = moments.cast(pa.timestamp("s"), safe=False)
    whole = pc.all(pc.equal(seconds, moments)).as_py() in (True, None)
    text = pc.strftime(seconds if whole else moments, format="%Y-%m-%d %H:%M:%S")
    return pc.binary_join_element_wise(text, offset, "") if offset else text


def _quoted(text: pa.Array) -> pa.Array:
    if not contains_any(text, _NEED_QUOTES):
        return text
    odd = pc.match_substring_regex(text, f"[{_NEED_QUOTES}]")
    doubled = pc.replace_substring(text, '"', '""')
    return pc.if_else(odd, pc.binary_join_element_wise('"', doubled, '"', ""), text)


def _text_of(columns: list[pa.Array]) -> Any:
    """The lines of a batch: joined by Arrow, they lie one after another in its buffer and are written as they lie."""
    filled = [pc.fill_null(column, "").cast("large_string") for column in columns]
    if len(filled) == 1:
        # A line without a character would be no line.
        filled = [pc.if_else(pc.equal(filled[0], ""), '""', filled[0]).cast("large_string")]
    filled[-1] = pc.binary_join_element_wise(
        filled[-1], pa.scalar("\n", filled[-1].type), pa.scalar("", filled[-1].type)
    )
    lines = pc.binary_join_element_wise(*filled, pa.scalar(",", pa.large_string()))
    if isinstance(lines, pa.ChunkedArray):
        lines = lines.combine_chunks()
    if not len(lines):
        return b""
    _, offsets, text = lines.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)[lines.offset : lines.offset + len(lines) + 1]
    return memoryview(text)[ends[0] : ends[-1]]
