"""A run's folder on its way from one machine to another: every file by its hash, none of them half."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from workbench.errors import RunError
from workbench.runs.parents import note_parents_in, taken_parents
from workbench.runs.record import RUN_FILE, RunRecord, list_artefacts, record_from_dict, sha256_of, write_record

_ARRIVING = ".arriving"


def close(folder: Path, record: RunRecord) -> RunRecord:
    """Write down in `run.json` what a folder holds, as the last of its files."""
    complete = replace(record, parents=taken_parents(folder), artefacts=list_artefacts(folder))
    write_record(complete, folder)
    return complete


def packed(folder: Path) -> dict[str, bytes]:
    """The content of every file of a closed folder by its path there."""
    names = [
        RUN_FILE,
        *(artefact.path for artefact in _contents((folder / RUN_FILE).read_bytes(), str(folder)).artefacts),
    ]
    return {name: (folder / name).read_bytes() for name in names}


def unpack(parcel: Mapping[str, bytes], folder: Path) -> None:
    """Put a packed folder's files into this one; none at all if one of them isn't what it was when it was packed.

    Raises:
        RunError: If a file is missing or differs.
    """

    def take(name: str, path: Path) -> None:
        path.write_bytes(parcel[name])

    arrive(parcel[RUN_FILE], take, folder, "the cluster")


def arrive(manifest: bytes, take: Callable[[str, Path], None], folder: Path, origin: str) -> None:
    """Bring all files that a `run.json` lists into a folder, which keeps its own record; see `unpack`.

    Args:
        manifest: Content of the `run.json`.
        take: Writes the file of a name to a path.
        folder: Where they go.
        origin: Where they come from, for the sentence of an error.

    Raises:
        RunError: If a file is missing or differs.
    """
    arriving = folder / _ARRIVING
    try:
        record = _contents(manifest, origin)
        for artefact in record.artefacts:
            path = arriving / _safe(artefact.path, origin)
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                take(artefact.path, path)
            except (KeyError, FileNotFoundError):
                raise RunError(f"{artefact.path} of the run is missing in {origin}; run it again") from None
            if sha256_of(path) != artefact.sha256:
                raise RunError(
                    f"{artefact.path} of the run came back from {origin} other than it was sent; run it again"
                )
        for path in sorted(arriving.iterdir()) if arriving.is_dir() else ():
            _replace(path, folder / path.name)
        note_parents_in(folder, record.parents)
    finally:
        shutil.rmtree(arriving, ignore_errors=True)


def _contents(manifest: bytes, origin: str) -> RunRecord:
    try:
        return record_from_dict(json.loads(manifest))
    except ValueError as error:
        raise RunError(f"{RUN_FILE} from {origin} can't be read ({str(error).splitlines()[0]}); run it again") from None


def _safe(name: str, origin: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise RunError(f"{origin} sent a file named {name!r}, which is outside of the run's folder; run it again")
    return name


def _replace(path: Path, target: Path) -> None:
    if target.is_dir():
        shutil.rmtree(target)
    path.replace(target)
