"""The workspace's private folder: read by its owner alone, and kept out of version control by itself."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.workspace import Workspace

FOLDER = ".workbench"


def private_path(workspace: Workspace, name: str) -> Path:
    """Where the file of that name lies, or would."""
    return workspace.root / FOLDER / name


def write_private(workspace: Workspace, name: str, content: str) -> Path:
    """Write a file that nobody else may read, whole or not at all."""
    path = private_path(workspace, name)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    ignore = path.parent / ".gitignore"
    if not ignore.is_file():
        ignore.write_text("*\n", encoding="utf-8")
    descriptor, staged = tempfile.mkstemp(prefix=f".{name}-", dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(content)
    os.replace(staged, path)
    return path
