"""What is wrong with a configuration, as one sentence: the file, the key, the value found and the mend."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from workbench.config.experiment_files import FOLDER
from workbench.config.workspace import WorkspaceConfig


def mistake(error: ValidationError, content: dict[str, Any], config_file: Path, own_files: dict[str, Path]) -> str:
    """The most telling mistake, told of the file in which it stands and by the keys that it has there.

    Args:
        error: What the model refused.
        content: What the model was given: `workbench.toml` with the experiments of their own files.
        config_file: Path of `workbench.toml`.
        own_files: The experiments' own files by id.
    """
    told = _most_telling(error.errors())
    keys = _keys(told, content)
    if keys[:1] == [FOLDER] and len(keys) > 1 and keys[1] in own_files:
        return f"{own_files[keys[1]]}: {_displaced(told, keys, config_file) or _sentence(told, keys, keys[2:])}"
    return f"{config_file}: {_sentence(told, keys, keys)}"


def _displaced(error: ErrorDetails, keys: list[str], config_file: Path) -> str:
    """What to do with a heading of `workbench.toml` in an experiment's own file, empty if there is none."""
    _, experiment_id, *inside = keys
    if error["type"] != "extra_forbidden" or len(inside) != 1 or inside[0] not in WorkspaceConfig.model_fields:
        return ""
    if inside == [FOLDER]:
        return f"unknown key {FOLDER}; the file's name is the experiment's id, leave {FOLDER}.{experiment_id} out of all headings"
    return f"unknown key {inside[0]}; [{inside[0]}] belongs in {config_file}, move it there"


def _most_telling(errors: list[ErrorDetails]) -> ErrorDetails:
    # A misspelt key breaks two rules, "unknown" and "missing": the unknown one says what happened.
    return next((error for error in errors if error["type"] == "extra_forbidden"), errors[0])


def _sentence(error: ErrorDetails, keys: list[str], shown: list[str]) -> str:
    where = ".".join(shown) or "the experiment"
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
            return f"{'.'.join((*shown, 'kind'))} is {error['ctx']['tag']!r}; choose {kinds}"
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
