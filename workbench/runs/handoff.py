"""Files for other systems, each with a schema beside it.

Rows are CSV with a Frictionless Table Schema, documents are JSON with a JSON Schema.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from pandas.api import types
from pandas.api.types import pandas_dtype
from pydantic import BaseModel

from workbench.customers.identifiers import PERSONS, require_pseudonymous
from workbench.errors import RunError
from workbench.runs.handoff_stream import ArrowRows, write_stream

_DTYPES = {"integer": "int64", "number": "float64", "boolean": "bool", "string": "str"}
_NULLABLE = _DTYPES | {"integer": "Int64", "boolean": "boolean"}


type Rows = pd.DataFrame | ArrowRows
type Content = Rows | BaseModel


def write_handoff(files: Mapping[str, Content], folder: Path) -> None:
    """Write each file's rows to `<name>.csv`, or its document to `<name>.json`, with `<name>.schema.json`.

    A frame's index is not written.

    Args:
        files: By file name, a frame, an Arrow table, a stream of batches, of which one is in memory at a time, or a
            pydantic model of a whole document.

    Raises:
        RunError: If a name isn't a plain file name, or rows repeat a column.
        DataError: If ids of people look like e-mail addresses or telephone numbers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        stem = name.removesuffix(".csv").removesuffix(".json")
        if not stem.replace("_", "").replace("-", "").isalnum():
            raise RunError(f"{name!r} can't name a hand-off file; use letters, digits, - and _")
        schema = json.dumps(_write(content, folder / stem), indent=1, ensure_ascii=False)
        (folder / f"{stem}.schema.json").write_text(schema, encoding="utf-8")


def read_handoff(path: Path) -> pd.DataFrame:
    """Read a hand-off file with the types that its schema names."""
    schema = json.loads(path.with_suffix(".schema.json").read_text(encoding="utf-8"))
    kinds = {field["name"]: field["type"] for field in schema["fields"]}
    frame = pd.read_csv(path, dtype="str", keep_default_na=False, na_values=[""])
    return pd.DataFrame({name: _typed(frame[name], kind) for name, kind in kinds.items()})


def document_schema(document: type[BaseModel]) -> dict[str, object]:
    """The JSON Schema of a kind of document, as it is written."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **document.model_json_schema(mode="serialization"),
    }


def _write(content: Content, path: Path) -> dict[str, object]:
    """Write to the path with the ending that fits, and return the schema."""
    if isinstance(content, BaseModel):
        path.with_suffix(".json").write_text(content.model_dump_json(indent=1) + "\n", encoding="utf-8")
        return document_schema(type(content))
    rows = path.with_suffix(".csv")
    return _write_frame(content, rows) if isinstance(content, pd.DataFrame) else write_stream(content, rows, path.name)


def _write_frame(frame: pd.DataFrame, path: Path) -> dict[str, object]:
    if not frame.columns.is_unique:
        raise RunError(f"the hand-off {path.stem} has two columns of one name; rename one")
    for column in frame.columns.intersection(list(PERSONS)):
        require_pseudonymous(frame[column], column, f"handoff/{path.name}")
    frame.to_csv(path, index=False, lineterminator="\n")
    return schema_of(frame)


def schema_of(frame: pd.DataFrame) -> dict[str, object]:
    """The Table Schema of a frame: names, types and whether values may be missing."""
    return {
        "fields": [
            {"name": str(name), "type": _kind(frame[name]), "constraints": {"required": not frame[name].hasnans}}
            for name in frame.columns
        ],
        "missingValues": [""],
    }


def _kind(column: pd.Series) -> str:
    if types.is_bool_dtype(column):
        return "boolean"
    if types.is_integer_dtype(column):
        return "integer"
    if types.is_numeric_dtype(column):
        return "number"
    if types.is_datetime64_any_dtype(column):
        midnights = column.dropna() == column.dropna().dt.normalize()
        return "date" if midnights.all() and column.dt.tz is None else "datetime"
    return "date" if types.infer_dtype(column) == "date" else "string"


def _typed(column: pd.Series, kind: str) -> pd.Series:
    if kind in ("date", "datetime"):
        return pd.to_datetime(column, format="ISO8601", utc=_has_offset(column))
    if kind == "boolean":
        column = column.map({"True": True, "False": False})
    dtypes = _NULLABLE if column.hasnans else _DTYPES
    return column.astype(pandas_dtype(dtypes[kind]))


def _has_offset(column: pd.Series) -> bool:
    return bool(column.dropna().str.contains(r"[+-]\d\d:\d\d$").any())
