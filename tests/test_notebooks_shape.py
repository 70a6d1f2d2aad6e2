"""Notebooks are thin: one parameters cell, no logic, no outputs."""

import ast
from pathlib import Path

import nbformat
import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((REPOSITORY / "notebooks").rglob("*.ipynb"))
REPORTS = {
    "segmentation",
    "propensity",
    "next_best_action",
    "media_mix",
    "experiment_design",
    "experiment_readout",
    "learning_review",
    "scenario_planning",
    "performance_review",
}
LOGIC = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.For,
    ast.While,
    ast.If,
    ast.Try,
    ast.Lambda,
    ast.ListComp,
    ast.DictComp,
)


def test_the_report_notebooks_and_an_app_are_there():
    names = {path.stem for path in NOTEBOOKS}
    assert names >= REPORTS
    assert any(path.parent.name == "apps" for path in NOTEBOOKS)


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code_cells(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_a_notebook_is_valid_and_stripped(notebook):
    nbformat.validate(notebook)
    assert all(not cell.outputs and cell.execution_count is None for cell in code_cells(notebook))
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}


def test_a_notebook_opens_with_its_title(notebook):
    assert notebook.cells[0].cell_type == "markdown"
    assert notebook.cells[0].source.startswith("# ")


def test_a_notebook_is_short(notebook):
    cells = code_cells(notebook)
    assert len(cells) <= 12
    assert sum(len(cell.source.splitlines()) for cell in cells) <= 80


def test_a_notebook_has_one_parameters_cell_with_types_and_help(notebook):
    tagged = [cell for cell in code_cells(notebook) if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1
    statements = ast.parse(tagged[0].source).body
    assert all(isinstance(node, ast.AnnAssign) for node in statements)
    assert all("#" in line for line in tagged[0].source.splitlines())


def test_a_notebook_holds_no_logic(notebook):
    for cell in code_cells(notebook):
        tree = ast.parse(cell.source)
        assert not [node for node in ast.walk(tree) if isinstance(node, LOGIC)], cell.source
        assert "warnings" not in cell.source
        assert "%" not in cell.source.split("\n")[0][:1]
