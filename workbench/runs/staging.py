"""Run folders appear at once and complete: work happens in a hidden folder beside, renamed last."""

from __future__ import annotations

import errno
import json
import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import psutil

from workbench.errors import RunError
from workbench.runs.record import RunRecord, list_artefacts, write_record

RUNS = "runs"
PACKS = "packs"
FAILED = "failed"
PREFIX = ".staged-"
_OWNER_FILE = ".owner.json"
_GRACE_SECONDS = 60.0


@dataclass(frozen=True)
class Owner:
    """The process that a staged folder or a running row belongs to.

    Attributes:
        host: Its machine.
        pid: Its process id there.
        created: When it started, which tells it from a later process of the same id.
    """

    host: str
    pid: int
    created: float

    @classmethod
    def this_process(cls) -> Owner:
        return cls(socket.gethostname(), os.getpid(), psutil.Process().create_time())

    @property
    def gone(self) -> bool:
        """Whether it certainly ended; of another machine's process nothing is certain."""
        if self.host != socket.gethostname():
            return False
        try:
            return abs(psutil.Process(self.pid).create_time() - self.created) > 1.0
        except psutil.NoSuchProcess:
            return True
        except psutil.Error:
            return False


def stage(reports: Path, run_id: str) -> Path:
    """Make the hidden folder in which a run works.

    Raises:
        RunError: If the reports folder can't be written.
    """
    with storage_errors(reports):
        staged = staged_folder(reports, run_id)
        staged.mkdir(parents=True)
        (staged / _OWNER_FILE).write_text(json.dumps(asdict(Owner.this_process())), encoding="utf-8")
    return staged


def staged_folder(reports: Path, run_id: str) -> Path:
    """Where a run works until it has ended."""
    return reports / RUNS / f"{PREFIX}{run_id}"


def publish(staged: Path, record: RunRecord) -> RunRecord:
    """Complete a staged folder with `run.json` and rename it to where readers look.

    A finished run goes to `runs/`, any other to `failed/`.

    Raises:
        RunError: If the folder can't be written; nothing is visible then.
    """
    reports = staged.parents[1]
    folder = reports / (RUNS if record.status == "finished" else FAILED) / record.run_id
    with storage_errors(reports):
        folder.parent.mkdir(exist_ok=True)
        complete = replace(record, artefacts=list_artefacts(staged), path=folder)
        write_record(complete, staged)
        (staged / _OWNER_FILE).unlink()
        os.replace(staged, folder)
    return complete


def discard(staged: Path) -> None:
    """Remove a staged folder, whatever it holds."""
    shutil.rmtree(staged, ignore_errors=True)


def clean_leftovers(reports: Path) -> None:
    """Remove the staged folders of supervisors that no longer live."""
    for staged in (reports / RUNS).glob(f"{PREFIX}*"):
        owner = _owner_of(staged)
        if owner.gone if owner else _age(staged) > _GRACE_SECONDS:
            discard(staged)


@contextmanager
def storage_errors(folder: Path) -> Iterator[None]:
    """Turn what the operating system says about a folder into one sentence."""
    try:
        yield
    except OSError as error:
        raise RunError(storage_sentence(error, folder)) from error


def storage_sentence(error: OSError, folder: Path) -> str:
    """Why a folder couldn't be written, and what mends it."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"the disk of {folder} is full ({error.strerror}); free some space and run again"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{folder} can't be written ({error.strerror}); grant write access or set workspace.reports to another folder"
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        in_the_way = next((path for path in (folder, *folder.parents) if path.is_file()), error.filename or folder)
        return f"{in_the_way} is a file where a folder belongs; move it away or set workspace.reports to another folder"
    return f"{folder} can't be written ({error.strerror or error}); set workspace.reports to another folder"


def _age(folder: Path) -> float:
    try:
        return time.time() - folder.stat().st_mtime
    except OSError:
        return 0.0


def _owner_of(staged: Path) -> Owner | None:
    try:
        return Owner(**json.loads((staged / _OWNER_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
