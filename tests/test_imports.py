"""Imports flow one way, light packages stay light, and files stay short."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

LAYERS = {
    "errors": 0,
    "wording": 0,
    "replaced_folder": 0,
    "ahead": 0,
    "result": 1,
    "config": 1,
    "data": 2,
    "workspace": 3,
    "contracts": 3,
    "customers": 3,
    "batches": 4,
    "segments": 4,
    "mmm": 4,
    "experiments": 4,
    "propensity": 4,
    "next_action": 4,
    "scenarios": 5,
    "present": 6,
    "runs": 7,
    "telling": 8,
    "apps": 8,
    "schedule": 9,
    "publish": 9,
    "notebook_jobs": 9,
    "monitoring": 10,
    "cli": 11,
}
DOMAINS = {"segments", "mmm", "experiments", "propensity", "next_action", "scenarios"}


def modules(repository: Path) -> list[Path]:
    return sorted((repository / "workbench").rglob("*.py"))


def room(path: Path, package: Path) -> str:
    part = path.relative_to(package).parts[0]
    return part.removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    rooms = {name.split(".")[1] for name in names if name.startswith("workbench.")}
    return rooms & LAYERS.keys()


def test_every_file_has_a_room(repository):
    package = repository / "workbench"
    assert {room(path, package) for path in modules(repository)} - {"__init__"} == LAYERS.keys()


def test_imports_flow_one_way(repository):
    package = repository / "workbench"
    wrong = []
    for path in modules(repository):
        here = room(path, package)
        if here == "__init__":
            continue
        for there in imported_rooms(path) - {here}:
            between_domains = {here, there} <= DOMAINS and (here, there) != ("scenarios", "mmm")
            if LAYERS[there] > LAYERS[here] or between_domains or (LAYERS[there] == LAYERS[here] > 3):
                wrong.append(f"{path.relative_to(repository)} imports {there}")
            if here in DOMAINS and there in {"workspace", "contracts"}:
                wrong.append(f"{path.relative_to(repository)} imports {there}: domains take tables, not workspaces")
    assert not wrong, "\n".join(wrong)


def test_files_and_functions_stay_short(repository):
    long = []
    for path in modules(repository):
        text = path.read_text()
        if text.count("\n") > 400:
            long.append(f"{path.relative_to(repository)}: {text.count(chr(10))} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
                if (lines := (body[-1].end_lineno or 0) - body[0].lineno + 1) > 40:
                    long.append(f"{path.relative_to(repository)} {node.name}: {lines} lines")
    assert not long, "\n".join(long)


def test_packages_only_export(repository):
    for path in (repository / "workbench").rglob("__init__.py"):
        kinds = {type(node) for node in ast.parse(path.read_text()).body}
        assert kinds <= {ast.Expr, ast.Import, ast.ImportFrom, ast.Assign}, path


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("workbench.cli", {"pandas", "numpy", "pymc", "papermill"}),
        ("workbench.mmm.response", {"pymc", "pytensor", "arviz", "matplotlib", "ibis"}),
        ("workbench.mmm.result", {"pymc", "pytensor", "arviz", "matplotlib", "ibis"}),
        ("workbench.apps.scenario_planner", {"pymc", "pytensor", "arviz", "seaborn", "matplotlib", "sklearn"}),
        ("workbench.present.export", {"pymc", "seaborn"}),
    ],
)
def test_light_modules_stay_light(module, heavy):
    code = f"import sys, {module}; print(' '.join(sorted({heavy!r} & sys.modules.keys())))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert loaded == []
