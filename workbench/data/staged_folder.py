"""Fill a folder beside its place and move it there when it is complete."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.errors import ConfigError


@contextmanager
def staged_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty folder that takes `folder`'s place if the block succeeds and vanishes if it fails.

    Raises:
        ConfigError: If `folder` holds something already, or can't be made.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} is not empty; name a new folder")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        staged = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise ConfigError(f"{folder} can't be made: {error.strerror}; name a folder that you may write to") from None
    try:
        staged.chmod(0o755)
        yield staged
        os.replace(staged, folder)
    except OSError as error:
        raise ConfigError(f"{folder} can't be written: {error.strerror}; make room or name another folder") from None
    finally:
        shutil.rmtree(staged, ignore_errors=True)
