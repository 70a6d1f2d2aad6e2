"""The folder that Voila serves: the published apps' notebooks and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

from workbench.errors import RunError
from workbench.publish.publication import ANALYSIS_OF_APP

NOTEBOOKS = Path(__file__).parents[2] / "notebooks" / "apps"
INDEX = "index"
_LAST_CELL: dict[str, object] = {
    "cell_type": "code",
    "id": "page-state",
    "execution_count": None,
    "metadata": {},
    "outputs": [],
    "source": "from workbench.apps.page_state import page_state\n\npage_state()",
}


def known_apps() -> tuple[str, ...]:
    """Apps that can be published, without the index."""
    return tuple(app for app in ANALYSIS_OF_APP if (NOTEBOOKS / f"{app}.ipynb").is_file())


def fill_folder(root: Path, apps: tuple[str, ...], *, with_index: bool) -> dict[str, str]:
    """Copy the apps' notebooks, each with a last cell that has the page carry its widgets along.

    Returns:
        Name of the notebook in `root` by app; it is the title that the browser shows.

    Raises:
        RunError: If there is no such app.
    """
    index = (INDEX,) if with_index and (NOTEBOOKS / f"{INDEX}.ipynb").is_file() else ()
    return {app: _copied(app, root) for app in (*index, *apps)}


def app_title(app: str) -> str:
    """The notebook's heading, by which people know the app."""
    cells = json.loads((NOTEBOOKS / f"{app}.ipynb").read_text(encoding="utf-8"))["cells"]
    first = "".join(cells[0]["source"]) if cells else ""
    heading = first.split("\n", 1)[0]
    return heading.lstrip("# ").strip() if heading.startswith("#") else app.replace("_", " ").capitalize()


def _copied(app: str, root: Path) -> str:
    source = NOTEBOOKS / f"{app}.ipynb"
    if app not in (INDEX, *ANALYSIS_OF_APP) or not source.is_file():
        raise RunError(f"there is no app {app!r}; known apps: {', '.join(known_apps())}")
    name = f"{app.replace('_', ' ').capitalize()}.ipynb"
    notebook = json.loads(source.read_text(encoding="utf-8"))
    notebook["cells"].append(_LAST_CELL)
    (root / name).write_text(json.dumps(notebook), encoding="utf-8")
    return name
