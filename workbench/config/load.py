"""Find and read `workbench.toml` and the experiments' own files; every mistake in them becomes one sentence."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from workbench.config.experiment_files import experiment_files, with_own_files
from workbench.config.mistakes import mistake
from workbench.config.workspace import WorkspaceConfig
from workbench.errors import ConfigError

CONFIG_FILE = "workbench.toml"


def find_config(start: Path) -> Path:
    """The nearest `workbench.toml`, from `start` upwards.

    Raises:
        ConfigError: If no folder up to the root holds one.
    """
    start = Path(start).resolve()
    for folder in (start, *start.parents):
        if (folder / CONFIG_FILE).is_file():
            return folder / CONFIG_FILE
    raise ConfigError(f"no {CONFIG_FILE} in {start} or above it; name the workspace's folder with --workspace")


def load_config(path: Path) -> WorkspaceConfig:
    """Read and validate a workspace's configuration.

    Args:
        path: Its `workbench.toml`; the experiments' own files lie in `experiments/` beside it.

    Raises:
        ConfigError: If a file is missing, isn't TOML, or breaks a rule; the sentence names file, key and mend.
    """
    try:
        content = _read(path)
        own_files = experiment_files(path.parent)
        own = {file: _read(file) for file in own_files.values()}
    except FileNotFoundError as error:
        raise ConfigError(
            f"{error.filename} does not exist; create it or name another workspace with --workspace"
        ) from None
    except OSError as error:
        raise ConfigError(f"{error.filename} can't be read: {error.strerror}; mend that first") from None
    declared = with_own_files(path, content, own)
    try:
        return WorkspaceConfig.model_validate(declared)
    except ValidationError as error:
        raise ConfigError(mistake(error, declared, path, own_files)) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}; mend that line") from None
