"""A notebook replayed in this process: all that it reads, computes and saves, without a kernel and without what it shows."""

from __future__ import annotations

import ast
import gc
import json
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
PATH: tuple[tuple[str, dict[str, object]], ...] = (
    ("segmentation", {}),
    ("experiment_readout", {"experiment": "social_uplift", "today": "2026-01-01"}),
    ("experiment_readout", {"experiment": "winter_email", "today": "2026-01-01"}),
    ("experiment_readout", {"experiment": "spring_banner", "today": "2026-01-01"}),
    ("media_mix", {"weeks": 104, "judge": False, "draws": 30, "tune": 100}),
    ("scenario_planning", {"force": True, "horizon_weeks": 2}),
)


def replay(workspace: Path, notebook: str, **parameters: object) -> Path:
    """Run a notebook's cells but for those that only show something.

    Returns:
        The folder of the run that it saved.
    """
    first, *others = _cells(notebook)
    names: dict[str, object] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_WORKSPACE", str(workspace))
        for source in (first, *filter(_makes_something, others)):
            exec(compile(source, f"{notebook}.ipynb", "exec"), names)
            if source == first:
                names |= parameters
    saved = names["run_folder"]
    assert isinstance(saved, Path)
    # Temporary tables are dropped when nobody holds them any more, which is to happen while their server runs.
    names.clear()
    gc.collect()
    return saved


def replay_path(workspace: Path, path: tuple[tuple[str, dict[str, object]], ...] = PATH) -> list[Path]:
    """The folders of the runs from tables to reports, in order."""
    return [replay(workspace, notebook, **parameters) for notebook, parameters in path]


def _cells(notebook: str) -> list[str]:
    content = json.loads((NOTEBOOKS / f"{notebook}.ipynb").read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in content["cells"] if cell["cell_type"] == "code"]


def _makes_something(source: str) -> bool:
    """Whether a cell defines what others read."""
    return any(isinstance(each, (ast.Assign, ast.Import, ast.ImportFrom)) for each in ast.parse(source).body)
