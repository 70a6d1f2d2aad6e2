"""Find and read `workbench.toml`; every mistake in it becomes one sentence."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from workbench.config.workspace import WorkspaceConfig
from workbench.errors import ConfigError

CONFIG_FILE = "workbench.toml"


def find_config(start: Path) -> Path:
    """The nearest `workbench.toml`, from `start` upwards.

    Raises:
        ConfigError: If no folder up to the root holds one.
    """
    start = Path(start).resolve()
    for folder in (start, *start.parents):
        if (folder / CONFIG_FILE).is_file():
            return folder / CONFIG_FILE
    raise ConfigError(f"no {CONFIG_FILE} in {start} or above it; name the workspace's folder with --workspace")


def load_config(path: Path) -> WorkspaceConfig:
    """Read and validate a configuration file.

    Raises:
        ConfigError: If the file is missing, isn't TOML, or breaks a rule; the sentence names file, key and mend.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist; create it or name another workspace with --workspace") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}; mend that line") from None
    try:
        return WorkspaceConfig.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"{path}: {_sentence(_most_telling(error.errors()), content)}") from None


def _most_telling(errors: list[ErrorDetails]) -> ErrorDetails:
    # A misspelt key breaks two rules, "unknown" and "missing": the unknown one says what happened.
    return next((error for error in errors if error["type"] == "extra_forbidden"), errors[0])


def _sentence(error: ErrorDetails, content: dict[str, Any]) -> str:
    keys = _keys(error, content)
    where = ".".join(keys) or "the file"
    found = error["input"]
    match error["type"]:
        case "extra_forbidden":
            return f"unknown key {where}; {_suggestion(keys)}"
        case "missing":
            return f"key {where} is missing; add it"
        case "literal_error" if error["loc"][-1] == "[key]":
            return f"unknown key {where}; {_suggestion(keys)}"
        case "literal_error":
            return f"{where} is {found!r}; choose {error['ctx']['expected']}"
        case "union_tag_invalid":
            kinds = error["ctx"]["expected_tags"].replace(", ", " or ")
            return f"{where}.kind is {error['ctx']['tag']!r}; choose {kinds}"
    message = error["msg"].removeprefix("Value error, ")
    value = "" if isinstance(found, dict) else f" is {found!r}"
    return f"{where}{value}: {message[0].lower()}{message[1:]}; change it there"


def _keys(error: ErrorDetails, content: dict[str, Any]) -> list[str]:
    """The parts of pydantic's location that are keys of the file, without the names of its unions' branches."""
    keys: list[str] = []
    node: Any = content
    for part in error["loc"]:
        inside = part in node if isinstance(node, dict) else isinstance(node, list) and isinstance(part, int)
        if inside:
            node = node[part]
            keys.append(str(part))
    return [*keys, str(error["loc"][-1])] if error["type"] == "missing" else keys


def _suggestion(keys: list[str]) -> str:
    known = _known_keys(keys[:-1])
    close = difflib.get_close_matches(keys[-1], known, n=1)
    return f"did you mean {close[0]}?" if close else f"known keys there: {', '.join(known)}"


def _known_keys(path: list[str]) -> list[str]:
    schema = WorkspaceConfig.model_json_schema()
    nodes: list[dict[str, Any]] = [schema]
    for key in path:
        nodes = [child for node in nodes for child in _children(node, key, schema)]
    return sorted({name for node in nodes for name in node.get("properties", {}) or _named(node, schema)})


def _children(node: dict[str, Any], key: str, schema: dict[str, Any]) -> list[dict[str, Any]]:
    if key in node.get("properties", {}):
        return _resolve(node["properties"][key], schema)
    if isinstance(node.get("additionalProperties"), dict):
        return _resolve(node["additionalProperties"], schema)
    if "items" in node:
        return _resolve(node["items"], schema)
    return []


def _resolve(node: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    if "$ref" in node:
        return _resolve(schema["$defs"][node["$ref"].rsplit("/", 1)[1]], schema)
    branches = node.get("anyOf") or node.get("oneOf")
    return [leaf for branch in branches for leaf in _resolve(branch, schema)] if branches else [node]


def _named(node: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    names = _resolve(node["propertyNames"], schema) if "propertyNames" in node else []
    return [name for leaf in names for name in leaf.get("enum", [])]
