"""The notebook's parameters cell as typed parameters, and what a user assigns to them.

Papermill pastes names verbatim into a cell and only warns about unknown ones, so everything is checked here first:
a name counts only if the cell declares it, a value only if it reads as the declared type.
"""

from __future__ import annotations

import ast
import difflib
import io
import keyword
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import RunError
from workbench.runs.values import TYPES, Value, read_value, type_of

PARAMETERS_TAG = "parameters"


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One line of the parameters cell, `name: type = default  # help`.

    Attributes:
        name: A Python identifier.
        type: One of `str`, `int`, `float`, `bool`, `date`, `list[str]`.
        default: What holds if nothing is assigned; dates are ISO strings.
        optional: Whether `none` may be assigned (`type | None`).
        help: The comment behind the default.
    """

    name: str
    type: str
    default: Value
    optional: bool = False
    help: str = ""


def read_parameters(notebook: Path) -> tuple[Parameter, ...]:
    """Parse the parameters cell of a notebook; a notebook without one has no parameters.

    Raises:
        RunError: If the notebook can't be read, has two such cells, or one that isn't a list of literal defaults.
    """
    cells = [cell for cell in read_cells(notebook) if PARAMETERS_TAG in cell.get("metadata", {}).get("tags", ())]
    if len(cells) > 1:
        raise RunError(f"{notebook.name} has {len(cells)} cells tagged `{PARAMETERS_TAG}`; keep one")
    return parse_parameters(source_of(cells[0]), where=notebook.name) if cells else ()


def read_cells(notebook: Path) -> list[dict[str, Any]]:
    """The cells of a notebook file.

    Raises:
        RunError: If the file isn't a notebook.
    """
    import json

    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        return [cell for cell in cells if isinstance(cell, dict)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        detail = str(error) or type(error).__name__
        raise RunError(f"{notebook} is not a notebook ({detail}); name an .ipynb file of format 4") from None


def source_of(cell: Mapping[str, Any]) -> str:
    """A cell's text: the file format allows a string or a list of lines."""
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def parse_parameters(source: str, *, where: str) -> tuple[Parameter, ...]:
    """Parse the text of a parameters cell.

    Raises:
        RunError: If a line is anything but `name: type = literal`.
    """
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise RunError(
            f"the parameters cell of {where} is not Python (line {error.lineno}: {error.msg}); mend it"
        ) from None
    comments = _comments(source)
    parameters = tuple(_parameter(node, comments, where) for node in statements if not _is_text(node))
    names = [parameter.name for parameter in parameters]
    for name in names:
        if names.count(name) > 1:
            raise RunError(f"the parameters cell of {where} sets {name} twice; keep one line")
    return parameters


def parse_assignments(assignments: Sequence[str], parameters: Sequence[Parameter], *, where: str) -> dict[str, Value]:
    """Turn `name=value` texts into typed values, in the order given.

    Raises:
        RunError: If a text has no `=`, a name is unknown or repeated, or a value breaks its type's rule.
    """
    known = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Value] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        name = name.strip()
        if not equals:
            raise RunError(f"parameter {assignment!r} has no value; write -p name=value")
        if name not in known:
            raise RunError(f"{where} has no parameter {name!r}; {_suggestion(name, list(known))}")
        if name in values:
            raise RunError(f"parameter {name} is given twice; give it once")
        values[name] = _assigned(known[name], text)
    return values


def with_defaults(values: Mapping[str, Value], parameters: Sequence[Parameter]) -> dict[str, Value]:
    """Every parameter's value in the run: what was assigned, else the default."""
    return {parameter.name: values.get(parameter.name, parameter.default) for parameter in parameters}


def _parameter(node: ast.stmt, comments: Mapping[int, str], where: str) -> Parameter:
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
        name, annotation, value = node.target.id, _annotation(node.annotation), node.value
    elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        name, annotation, value = node.targets[0].id, "", node.value
    else:
        raise RunError(
            f"line {node.lineno} of the parameters cell of {where} is {ast.unparse(node)!r}; "
            "each line there reads `name: type = default  # help`"
        )
    default = _literal(name, value, where)
    declared, optional = _declared_type(name, annotation, default, where)
    return Parameter(
        name=_identifier(name, where),
        type=declared,
        default=None if default is None and optional else _default(name, declared, default, where),
        optional=optional,
        help=comments.get(node.end_lineno or node.lineno, ""),
    )


def _declared_type(name: str, annotation: str, default: Any, where: str) -> tuple[str, bool]:
    parts = [part.strip() for part in annotation.split("|")] if annotation else [type_of(default)]
    optional = "None" in parts
    types = [part for part in parts if part != "None"]
    if len(types) != 1 or types[0] not in TYPES:
        found = annotation or type(default).__name__
        raise RunError(f"parameter {name} of {where} is of type {found}; choose one of {', '.join(TYPES)}")
    return types[0], optional


def _default(name: str, declared: str, default: Any, where: str) -> Value:
    if declared == "float" and type(default) is int:
        return float(default)
    if declared == "date" and default == "":
        return ""
    found = type_of(default)
    if found == declared or (declared == "date" and found == "str" and read_value("date", default).valid):
        return default
    raise RunError(
        f"the default of parameter {name} of {where} is {default!r}, not {TYPES[declared]}; mend the notebook"
    )


def _assigned(parameter: Parameter, text: str) -> Value:
    if parameter.optional and text.strip().lower() == "none":
        return None
    if parameter.type == "date" and parameter.default == "" and text == "":
        return ""
    reading = read_value(parameter.type, text)
    if not reading.valid:
        raise RunError(
            f"parameter {parameter.name} takes {TYPES[parameter.type]}, found {text!r}; "
            f"write it like {parameter.name}={_example(parameter)}"
        )
    return reading.value


def _example(parameter: Parameter) -> str:
    examples = {
        "int": "12",
        "float": "0.5",
        "bool": "true",
        "date": "2024-01-31",
        "list[str]": "tv,search",
        "str": "text",
    }
    default = parameter.default
    if default is None or default == "" or default == []:
        return examples[parameter.type]
    if isinstance(default, list):
        return ",".join(default)
    return str(default).lower() if isinstance(default, bool) else str(default)


def _annotation(node: ast.expr) -> str:
    # A quoted annotation needs no import in the notebook: `start: "date" = "2024-01-01"`.
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.replace(" ", "")
    return ast.unparse(node).replace(" ", "")


def _literal(name: str, node: ast.expr, where: str) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        raise RunError(
            f"the default of parameter {name} of {where} is {ast.unparse(node)!r}; defaults are plain literals, "
            "compute in a later cell"
        ) from None


def _identifier(name: str, where: str) -> str:
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
        raise RunError(f"{name!r} in the parameters cell of {where} can't be a parameter; choose a plain name")
    return name


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0]: token.string.lstrip("# ").strip() for token in tokens if token.type == tokenize.COMMENT}


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _suggestion(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"did you mean {close[0]}?"
    return f"it takes {', '.join(known)}" if known else "it takes none"
