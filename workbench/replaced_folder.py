"""Fill a folder beside its place and move it there when it is complete: readers see the old one or the new one, whole."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replaced_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty folder that takes `folder`'s place if the block succeeds and vanishes if it fails.

    Raises:
        OSError: If the folder's parent can't be written.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        staged.chmod(0o755)
        yield staged
        _swap(staged, folder)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _swap(staged: Path, folder: Path) -> None:
    if not folder.exists():
        os.replace(staged, folder)
        return
    retired = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
    os.replace(folder, retired / folder.name)
    os.replace(staged, folder)
    shutil.rmtree(retired, ignore_errors=True)
