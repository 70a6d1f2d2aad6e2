"""Which notebook a name means."""

from __future__ import annotations

import difflib
from pathlib import Path

from workbench.errors import RunError
from workbench.runs.record import REPOSITORY

FOLDER = "notebooks"


def find_notebook(name: str, root: Path) -> Path:
    """The notebook at a path, else of that name in the workspace, else in the repository.

    Args:
        name: A path to an `.ipynb` file, or a notebook's name without suffix.
        root: The workspace's folder.

    Raises:
        RunError: If there is none; the sentence lists those there are.
    """
    path = Path(name).expanduser()
    if path.suffix == ".ipynb" and path.is_file():
        return path.resolve()
    known = known_notebooks(root)
    if name.removesuffix(".ipynb") in known:
        return known[name.removesuffix(".ipynb")]
    close = difflib.get_close_matches(name, known, n=1)
    mend = f"did you mean {close[0]}?" if close else f"known notebooks: {', '.join(known) or 'none'}"
    raise RunError(f"there is no notebook {name!r}; {mend}")


def known_notebooks(root: Path) -> dict[str, Path]:
    """Every notebook by name; the workspace's own go before the repository's."""
    folders = (REPOSITORY / FOLDER, root / FOLDER)
    found = {path.stem: path.resolve() for folder in folders for path in sorted(folder.glob("*.ipynb"))}
    return dict(sorted(found.items()))
