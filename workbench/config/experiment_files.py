"""The experiments' own files: `experiments/<id>.toml` holds what `[experiments.<id>]` would hold in `workbench.toml`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.errors import ConfigError

FOLDER = "experiments"


def experiment_files(root: Path) -> dict[str, Path]:
    """The files in `experiments/` beside `workbench.toml`, by the id of the experiment that each declares.

    Args:
        root: Folder of `workbench.toml`.

    Raises:
        OSError: If the folder is there and can't be read.
    """
    folder = root / FOLDER
    if not folder.is_dir():
        return {}
    # Editors and file systems leave hidden files of the same ending beside those that people write.
    return {path.stem: path for path in sorted(folder.iterdir()) if path.suffix == ".toml" and path.name[0] != "."}


def with_own_files(config_file: Path, content: dict[str, Any], own: dict[Path, dict[str, Any]]) -> dict[str, Any]:
    """The content of `workbench.toml` with the experiments of their own files, as if it had declared them all.

    Args:
        config_file: Path of `workbench.toml`.
        content: What it holds.
        own: What each experiment's own file holds.

    Raises:
        ConfigError: If an experiment is declared in two places.
    """
    declared = content.get(FOLDER, {})
    if not isinstance(declared, dict):
        return content
    for path in own:
        _require_one_place(config_file, declared, path)
    return content | {FOLDER: declared | {path.stem: body for path, body in own.items()}}


def _require_one_place(config_file: Path, declared: dict[str, Any], path: Path) -> None:
    if path.stem in declared:
        raise ConfigError(
            f"experiment {path.stem} is declared twice, as [{FOLDER}.{path.stem}] in {config_file} and in {path}; keep one of them"
        )
