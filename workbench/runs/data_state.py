"""In which state a workspace's data are: one hash that changes with any of them."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import WorkbenchError
from workbench.runs.record import sha256_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.config import TableMapping
    from workbench.workspace import Workspace

# Larger files are told by their size and the time of their last change: reading them would take longer than some runs.
_READ_BYTES = 64_000_000
_EMBEDDED = "duckdb://"


def data_sha256(workspace: Workspace, *, ask_engine: bool = False) -> str:
    """A hash of everything that is mapped.

    Args:
        workspace: Whose tables.
        ask_engine: Whether tables that are no files may be fingerprinted by their engine, which reads all their rows.

    Returns:
        The hash; empty where it can't be told, because a table is no file and the engine isn't asked, or because one can't be read.
    """
    digest = hashlib.sha256()
    with suppress(WorkbenchError, OSError):
        for name, mapping in sorted(workspace.config.tables.items()):
            state = _state(workspace, name, mapping, ask_engine)
            if not state:
                return ""
            digest.update(f"{name}\0{state}\0".encode())
        return digest.hexdigest()
    return ""


def _state(workspace: Workspace, name: str, mapping: TableMapping, ask_engine: bool) -> str:
    files = list(_files(workspace, mapping))
    if files:
        return " ".join(_file_state(path) for path in files)
    return _fingerprint(workspace, name) if ask_engine else ""


def _files(workspace: Workspace, mapping: TableMapping) -> Iterator[Path]:
    if mapping.path:
        pattern = Path(mapping.path)
        root = Path(pattern.anchor) if pattern.is_absolute() else workspace.root
        yield from sorted(root.glob(str(pattern.relative_to(pattern.anchor))))
        return
    url = workspace.config.source.url
    if mapping.table and url.startswith(_EMBEDDED) and url != _EMBEDDED:
        yield workspace.root / url.removeprefix(_EMBEDDED)


def _file_state(path: Path) -> str:
    known = path.stat()
    changed = f"{known.st_size} {known.st_mtime_ns}"
    return f"{path} {sha256_of(path) if known.st_size <= _READ_BYTES else changed}"


def _fingerprint(workspace: Workspace, name: str) -> str:
    from workbench.data.fingerprint import fingerprint

    return fingerprint(workspace.catalog.mapped(name))
