"""The reference page of `workbench.toml` names every key that there is, and its examples are valid."""

import re
import tomllib
from typing import Any

import pytest

from workbench.config import WorkspaceConfig
from workbench.data.schemas import SCHEMAS


@pytest.fixture(scope="module")
def page(repository) -> str:
    return (repository / "docs" / "workbench-toml.md").read_text()


def keys(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = set(node.get("properties", {}))
        return own.union(*(keys(child) for child in node.values()))
    return set().union(*(keys(child) for child in node)) if isinstance(node, list) else set()


def test_every_key_is_described(page):
    missing = {key for key in keys(WorkspaceConfig.model_json_schema()) if not re.search(rf"\b{key}\b", page)}
    assert not missing


def test_every_canonical_column_is_described(page):
    rows = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `")}
    for name, schema in SCHEMAS.items():
        assert all(re.search(rf"\b{column}\b", rows[name]) for column in schema.columns), name


def test_every_example_is_valid(page):
    for example in re.findall(r"```toml\n(.*?)```", page, flags=re.DOTALL):
        content = tomllib.loads(example)
        named = {
            name: {"path": f"{name}.csv"} for each in content.get("schedule", ()) for name in each.get("fresh", ())
        }
        WorkspaceConfig.model_validate({"workspace": {"name": "x"}, "tables": named, **content})
