"""Which runs a fan-out consists of: all combinations of lists, or the rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import RunError
from workbench.runs.notebooks import find_notebook
from workbench.runs.parameters import parse_assignments, read_parameters, with_defaults

if TYPE_CHECKING:
    from workbench.workspace import Workspace

ALL = "all"
_OF_MARKETS = ("market", "markets")


def grid_of(
    workspace: Workspace, notebook: str, shared: Sequence[str] = (), each: Sequence[str] = (), table: str = ""
) -> list[list[str]]:
    """The assignments of each run, all of them valid.

    Args:
        workspace: Whose notebook and tables.
        notebook: As of `run_notebook`.
        shared: `name=value`, for every run.
        each: `name=a,b,c` gives a run for each value, several such all combinations. `name=@FILE:COLUMN` takes the values of a column
            of a CSV or Parquet file, `market=all` every market of the mapped tables.
        table: A CSV or Parquet file, of which each row is a run and each column a parameter; empty for none.

    Raises:
        RunError: If there is nothing to run, a parameter is unknown, a value wrong or given in two ways, or two runs would be the same.
    """
    lists = [_values(workspace, text) for text in each]
    names = [name for name, _ in lists]
    if len(set(names)) < len(names):
        raise RunError(f"--each names {_twice(names)} twice; give all its values at once, separated by commas")
    rows = _rows_of(workspace, table) if table else [[]]
    combined = [
        [f"{name}={value}" for name, value in zip(names, chosen, strict=True)]
        for chosen in product(*(values for _, values in lists))
    ]
    grid = [[*shared, *row, *chosen] for row in rows for chosen in combined]
    _require_valid(workspace, notebook, grid)
    return grid


def differing(grid: Sequence[Sequence[str]]) -> list[str]:
    """What tells each run from the others, in words."""
    shared = set(grid[0]).intersection(*grid) if len(grid) > 1 else set()
    return [" ".join(text for text in assignments if text not in shared) for assignments in grid]


def _values(workspace: Workspace, text: str) -> tuple[str, list[str]]:
    name, equals, written = text.partition("=")
    name = name.strip()
    if not equals or not written:
        raise RunError(f"--each {text!r} has no values; write --each {name or 'name'}=a,b,c")
    if written == ALL and name in _OF_MARKETS:
        return name, _markets(workspace)
    if written.startswith("@"):
        return name, _column(workspace, written[1:])
    values = [value.strip() for value in written.split(",")]
    if "" in values:
        raise RunError(f"--each {text!r} has an empty value; take the comma too many out")
    return name, values


def _markets(workspace: Workspace) -> list[str]:
    markets = list(workspace.config.markets)
    if not markets and workspace.has("kpi"):
        table = workspace.table("kpi")
        markets = sorted(table.select("market").distinct().execute()["market"])
    if not markets:
        raise RunError("no table of the workspace names markets; name them, as in --each market=DE,FR")
    return markets


def _column(workspace: Workspace, place: str) -> list[str]:
    file, colon, column = place.rpartition(":")
    if not colon:
        raise RunError(f"--each @{place} names no column; write @FILE:COLUMN")
    names, rows = _read(workspace, file)
    if column not in names:
        raise RunError(f"{file} has no column {column!r}; it has {', '.join(names)}")
    return list(dict.fromkeys(row[names.index(column)] for row in rows))


def _rows_of(workspace: Workspace, file: str) -> list[list[str]]:
    names, rows = _read(workspace, file)
    return [[f"{name}={value}" for name, value in zip(names, row, strict=True)] for row in rows]


def _read(workspace: Workspace, file: str) -> tuple[list[str], list[list[str]]]:
    """Column names and cells as text."""
    import pyarrow as pa
    from pyarrow import csv, parquet

    path = next((each for each in (Path(file), workspace.root / file) if each.is_file()), None)
    if path is None:
        raise RunError(f"there is no file {file}; give a path to a CSV or Parquet file")
    try:
        if path.suffix == ".parquet":
            table = parquet.read_table(path)
        else:
            names = csv.read_csv(path).column_names
            as_text = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
            table = csv.read_csv(path, convert_options=as_text)
    except (OSError, pa.ArrowException) as error:
        raise RunError(f"{path} can't be read ({' '.join(str(error).split())}); give a CSV or Parquet file") from None
    rows = [[_text(value) for value in row.values()] for row in table.to_pylist()]
    if not rows:
        raise RunError(f"{path} has no rows; each row is a run")
    return list(table.column_names), rows


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)


def _require_valid(workspace: Workspace, notebook: str, grid: Sequence[Sequence[str]]) -> None:
    path = find_notebook(notebook, workspace.root)
    parameters = read_parameters(path)
    seen: dict[str, int] = {}
    for number, assignments in enumerate(grid, start=1):
        try:
            values = with_defaults(parse_assignments(assignments, parameters, where=path.stem), parameters)
        except RunError as error:
            raise RunError(f"run {number} of {len(grid)} ({' '.join(assignments)}) can't start: {error}") from None
        if (first := seen.setdefault(repr(sorted(values.items())), number)) < number:
            raise RunError(
                f"runs {first} and {number} of {len(grid)} are the same ({' '.join(assignments)}); leave one out"
            )


def _twice(names: Sequence[str]) -> str:
    return next(name for name in names if names.count(name) > 1)
