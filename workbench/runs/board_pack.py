"""Make the board pack of a workspace from its newest finished runs, and keep it: `reports/packs/<pack id>/`."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import RunError
from workbench.present.export import write_whole
from workbench.present.house import house_of
from workbench.present.html_writer import html_text
from workbench.present.language.speech import speaking
from workbench.present.pack import BoardPack, PackRecord, board_pack
from workbench.present.pack.pack import used_runs
from workbench.present.pack.record import RECORD_FILE, read_pack, written
from workbench.present.typst_writer import pdf_bytes
from workbench.replaced_folder import replaced_folder
from workbench.runs.pack_material import pack_material
from workbench.runs.staging import PACKS, storage_errors

if TYPE_CHECKING:
    from workbench.present.pack import Material
    from workbench.workspace import Workspace

PDF, HTML = "pack.pdf", "pack.html"
GRACE_SECONDS = 60.0


def write_board_pack(workspace: Workspace, *, since: str = "") -> Path:
    """Make the pack of the newest runs; of the same runs and the same pack before, the same pack takes its own place.

    Args:
        workspace: Whose runs.
        since: The pack to compare with, by its id or a unique beginning; else the newest one that rests on other runs.

    Returns:
        The pack's folder, with `pack.pdf`, `pack.html` and `pack.json`.

    Raises:
        RunError: If there is no finished run, no such pack, or the folder can't be written.
    """
    material = pack_material(workspace)
    if not any(material.runs()) and not material.learnings:
        raise RunError(f"there is no finished run in {workspace.reports}; run an analysis first, then make the pack")
    last = find_pack(workspace.reports, since) if since else last_pack(workspace.reports, material)
    house = house_of(workspace)
    with speaking(house.language):
        pack = board_pack(material, last)
    folder = workspace.reports / PACKS / pack.record.pack_id
    report = replace(pack.report, house=house)
    files = {PDF: pdf_bytes(report), HTML: html_text(report).encode()}
    _save(pack, files, folder)
    return folder


def copy_of(folder: Path, suffix: str, path: Path) -> Path:
    """Copy a pack's PDF or HTML to where it is wanted: the whole file, or none.

    Raises:
        RunError: If it can't be written there.
    """
    return write_whole(path.resolve(), (folder / f"pack.{suffix}").read_bytes())


def known_packs(reports: Path) -> list[PackRecord]:
    """All packs, the newest first.

    Raises:
        RunError: If one can't be read.
    """
    packs, unreadable = readable_packs(reports)
    if unreadable:
        raise next(iter(unreadable.values()))
    return packs


def readable_packs(reports: Path) -> tuple[list[PackRecord], dict[str, RunError]]:
    """The packs that can be read, the newest first, and what is wrong with each of the others, by its folder's name."""
    packs: list[PackRecord] = []
    unreadable: dict[str, RunError] = {}
    for path in sorted((reports / PACKS).glob(f"[!.]*/{RECORD_FILE}")):
        try:
            packs.append(read_pack(path.parent))
        except RunError as error:
            unreadable[path.parent.name] = error
    return sorted(packs, key=lambda pack: (_moment(pack), pack.pack_id), reverse=True), unreadable


def find_pack(reports: Path, name: str) -> PackRecord:
    """A pack by its id or a unique beginning of it.

    Raises:
        RunError: If none or several match, or the one that does can't be read.
    """
    packs, unreadable = readable_packs(reports)
    matches = [pack for pack in packs if pack.pack_id.startswith(name)]
    damaged = [error for folder, error in unreadable.items() if folder.startswith(name)]
    if len(matches) + len(damaged) > 1:
        raise RunError(f"{len(matches) + len(damaged)} packs begin with {name!r}; give more of the id")
    if damaged:
        raise damaged[0]
    if not matches:
        there = ", ".join(pack.pack_id for pack in packs[:3]) or "none"
        raise RunError(
            f"there is no pack {name!r} in {reports / PACKS} (there: {there}); leave --since out for the last one"
        )
    return matches[0]


def last_pack(reports: Path, material: Material) -> PackRecord | None:
    """The newest pack that doesn't rest on just these runs, None for a first pack.

    Raises:
        RunError: If any pack can't be read: it may be the one to compare with.
    """
    runs = used_runs(material)
    learnings = {str(record["run_id"]) for record in material.learnings}
    others = [pack for pack in known_packs(reports) if pack.runs != runs or set(pack.learnings) != learnings]
    return others[0] if others else None


def _save(pack: BoardPack, files: Mapping[str, bytes], folder: Path) -> None:
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    record = replace(pack.record, written_at=datetime.now(UTC).replace(microsecond=0), files=hashes)
    with storage_errors(folder), replaced_folder(folder) as staged:
        _clean_leftovers(staged)
        for name, content in {**files, RECORD_FILE: written(record)}.items():
            with open(staged / name, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())


def _clean_leftovers(staged: Path) -> None:
    """What a killed build left beside: hidden, and older than any that is being written."""
    for left in staged.parent.glob(".*"):
        if left != staged and time.time() - left.stat().st_mtime > GRACE_SECONDS:
            shutil.rmtree(left, ignore_errors=True)


def _moment(pack: PackRecord) -> datetime:
    return pack.written_at or pack.made_at or datetime.min.replace(tzinfo=UTC)
