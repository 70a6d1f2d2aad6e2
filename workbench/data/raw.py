"""The company's rows, as they are: a table, a query or files, read through the engine."""

from __future__ import annotations

import difflib
from glob import glob
from pathlib import Path

import ibis
from ibis import BaseBackend
from ibis.util import gen_name

from workbench.config import CsvOptions, TableMapping
from workbench.errors import ConfigError

# No file holds it, so each line arrives whole.
_NO_DELIMITER = "\x1f"


def read_raw(
    connection: BaseBackend, name: str, mapping: TableMapping, root: Path, text_columns: set[str]
) -> ibis.Table:
    """The rows behind a mapping, before any renaming.

    Args:
        connection: The engine.
        name: Canonical name of the table, for messages.
        mapping: Where the rows are.
        root: Folder that `mapping.path` is relative to.
        text_columns: The company's columns to keep as text when read from CSV (identifiers with leading zeros).

    Raises:
        ConfigError: If the table, the file or the query can't be read.
    """
    if mapping.path is not None:
        return _files(connection, name, mapping, root, text_columns)
    if mapping.table is not None:
        return _named(connection, name, mapping.table)
    try:
        return connection.sql(str(mapping.sql))
    except Exception as error:
        raise ConfigError(f"tables.{name}.sql can't be run: {reason(error)}; correct the query") from None


def reason(error: Exception) -> str:
    """What an engine said, its first line."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(" .;") if lines else type(error).__name__


def _named(connection: BaseBackend, name: str, place: str) -> ibis.Table:
    *schema, table = place.split(".")
    try:
        return connection.table(table, database=".".join(schema) or None)
    except Exception:
        close = difflib.get_close_matches(table, connection.list_tables(database=".".join(schema) or None), n=1)
        hint = f"did you mean {close[0]}?" if close else "check [source] url and the name"
        raise ConfigError(f"tables.{name}.table names {place}, which the source doesn't have; {hint}") from None


def _files(connection: BaseBackend, name: str, mapping: TableMapping, root: Path, text_columns: set[str]) -> ibis.Table:
    if connection.name != "duckdb":
        raise ConfigError(
            f"tables.{name}.path needs the embedded engine, found {connection.name}; use table or sql, "
            'or set [source] url = "duckdb://"'
        )
    pattern = str(root / str(mapping.path))
    paths = sorted(glob(pattern, recursive=True))
    if not paths:
        raise ConfigError(f"tables.{name}.path names {mapping.path}, which doesn't exist in {root}; correct the path")
    try:
        if Path(paths[0]).suffix == ".parquet":
            return connection.read_parquet(paths)
        return connection.create_table(
            gen_name(f"csv_{name}"), _csv(connection, paths, mapping.csv or CsvOptions(), text_columns), temp=True
        )
    except ConfigError:
        raise
    except Exception as error:
        raise ConfigError(
            f"tables.{name}.path {mapping.path} can't be read: {reason(error)}; check the file and csv options"
        ) from None


def _csv(connection: BaseBackend, paths: list[str], options: CsvOptions, text_columns: set[str]) -> ibis.Table:
    if options.delimiter == "whitespace":
        return _padded(connection, paths, options)
    settings: dict[str, object] = {"sample_size": -1, "decimal_separator": options.decimal}
    if options.delimiter is not None:
        settings["delim"] = options.delimiter
    if options.header is not None:
        settings["header"] = options.header
    if options.names is not None:
        settings["names"] = list(options.names)
    columns = connection.read_csv(paths, **{**settings, "sample_size": 1000}).columns
    types = {column: "VARCHAR" for column in columns if column in text_columns}
    read = connection.read_csv(paths, **settings, **({"types": types} if types else {}))
    # Where only some moments have an offset the engine would take the others for its own zone's.
    zoned = [column for column in read.columns if getattr(read[column].type(), "timezone", None)]
    return connection.read_csv(paths, **settings, types=types | dict.fromkeys(zoned, "VARCHAR")) if zoned else read


def _padded(connection: BaseBackend, paths: list[str], options: CsvOptions) -> ibis.Table:
    """Columns separated by any number of blanks."""
    skip, names = 0, options.names
    if names is None:
        with Path(paths[0]).open(encoding="utf-8") as file:
            first = file.readline().split()
        skip = 0 if options.header is False else 1
        names = tuple(first) if skip else tuple(f"column{i}" for i in range(len(first)))
    elif options.header:
        skip = 1
    lines = connection.read_csv(
        paths, delim=_NO_DELIMITER, header=False, names=["line"], types={"line": "VARCHAR"}, skip=skip, quote=""
    )
    parts = lines.line.strip().re_split(r"\s+")
    return lines.select(**{column: parts[i] for i, column in enumerate(names)})
