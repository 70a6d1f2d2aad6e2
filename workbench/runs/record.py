"""What is known about one run: the content of its `run.json` and of its row in the ledger."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import secrets
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from workbench.errors import RunError
from workbench.runs.values import Value

RUN_FILE = "run.json"
REPOSITORY = Path(__file__).resolve().parents[2]

type Status = Literal["running", "finished", "failed", "timed_out", "cancelled", "killed", "lost"]

COMMAND = "command"


@dataclass(frozen=True, kw_only=True)
class Artefact:
    """A file of the run folder, by its path relative to it."""

    path: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What a run was made by, enough to make it again.

    Attributes:
        notebook_sha256: Hash of the notebook before the run.
        commit: Git commit of the notebook's repository, `-dirty` if files differed from it; empty outside one.
        lock_sha256: Hash of the lock file of the installed environment, empty where there is none.
        package: Version of this package.
        python: Version of Python.
        code_sha256: Hash of this package's own files as they were, whatever was committed.
        config_sha256: Hash of `workbench.toml` and of the experiments' own files.
        data_sha256: Hash of all mapped data, empty where they are no files and their engine wasn't asked.
        notebook_path: Where the notebook lay, relative to the workspace if it lay in it.
    """

    notebook_sha256: str = ""
    commit: str = ""
    lock_sha256: str = ""
    package: str = ""
    python: str = ""
    code_sha256: str = ""
    config_sha256: str = ""
    data_sha256: str = ""
    notebook_path: str = ""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Page one in short, read from the saved result.

    Attributes:
        analysis: Name of the analysis, empty where the notebook saved no result.
        title: The report's title.
        headline: The first finding.
        checks_passed: Checks that passed.
        checks_failed: Checks that failed.
        window: First and last day of the data.
        inputs: Fingerprint of each table and earlier result that it was made from, by name.
    """

    analysis: str = ""
    title: str = ""
    headline: str = ""
    checks_passed: int = 0
    checks_failed: int = 0
    window: tuple[date, date] | None = None
    inputs: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One run.

    Attributes:
        run_id: Sortable by start and unique, such as `20261121T230501-media_mix-1a2b3c4d`.
        notebook: The notebook's name without suffix.
        status: As judged by the supervising process.
        reason: Why it didn't finish: one sentence, empty where it did.
        parameters: Value of every parameter; secrets are references (`env:NAME`).
        started_at: UTC.
        finished_at: UTC, None while running.
        seconds: Wall time.
        trigger: What started it: `command`, `interactive`, or `schedule` with its name and scheduled time.
        workspace: The workspace's name.
        origin: What made it.
        summary: What it found.
        artefacts: Its files.
        path: Its folder; None while staged.
        parents: Ids of the runs whose results or hand-offs it read.
        batch: The fan-out that it belongs to, empty outside one.
    """

    run_id: str
    notebook: str
    status: Status = "running"
    reason: str = ""
    parameters: dict[str, Value] = field(default_factory=dict)
    started_at: datetime
    finished_at: datetime | None = None
    seconds: float = 0.0
    trigger: str = COMMAND
    workspace: str = ""
    origin: Origin = Origin()
    summary: Summary = Summary()
    artefacts: tuple[Artefact, ...] = ()
    path: Path | None = None
    parents: tuple[str, ...] = ()
    batch: str = ""

    @property
    def market(self) -> str:
        """The only market that it looked at, empty for all: no later analysis takes such a run for one of the whole company."""
        return str(self.parameters.get("market") or "")

    @property
    def result_folder(self) -> Path:
        """Folder of the saved `Result`."""
        if self.path is None:
            raise RunError(f"run {self.run_id} has no folder; it is {self.status}")
        return self.path / "result"

    def ended(self, status: Status, *, reason: str = "", seconds: float | None = None) -> RunRecord:
        """This run, over now.

        Args:
            status: How it ended.
            reason: Why it didn't finish.
            seconds: How long it took by a clock that nobody sets; None to ask the clock on the wall, which somebody may have.
        """
        now = datetime.now(UTC)
        taken = max((now - self.started_at).total_seconds(), 0.0) if seconds is None else seconds
        finished_at = self.started_at + timedelta(seconds=taken)
        return replace(self, status=status, reason=reason, finished_at=finished_at, seconds=round(taken, 3))


_RECORD = TypeAdapter(RunRecord)


def new_run_id(name: str, started_at: datetime) -> str:
    """A sortable and file-safe id, unique among the thousands that a fan-out on many machines may start in one second."""
    safe = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")[:60] or "notebook"
    return f"{started_at:%Y%m%dT%H%M%S}-{safe}-{secrets.token_hex(4)}"


def record_to_dict(record: RunRecord) -> dict[str, Any]:
    """A run as JSON-able values."""
    plain: dict[str, Any] = _RECORD.dump_python(record, mode="json")
    return plain


def record_from_dict(plain: dict[str, Any]) -> RunRecord:
    """The inverse of `record_to_dict`."""
    return _RECORD.validate_python(plain)


def write_record(record: RunRecord, folder: Path) -> None:
    """Write `run.json`, flushed to disk: its presence says that the folder is complete."""
    content = {key: value for key, value in record_to_dict(record).items() if key != "path"}
    with open(folder / RUN_FILE, "w", encoding="utf-8") as stream:
        stream.write(json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False))
        stream.flush()
        os.fsync(stream.fileno())


def read_record(folder: Path) -> RunRecord:
    """Read a run folder's `run.json`.

    Raises:
        RunError: If it can't be read.
    """
    try:
        content = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
        return replace(record_from_dict(content), path=folder)
    except (OSError, ValueError, ValidationError) as error:
        detail = str(error).splitlines()[0]
        raise RunError(f"{folder / RUN_FILE} can't be read ({detail}); move that folder away") from None


def list_artefacts(folder: Path) -> tuple[Artefact, ...]:
    """All visible files of a run folder, `run.json` itself left out, with their hashes."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    names = [(path, path.relative_to(folder).as_posix()) for path in paths]
    return tuple(
        Artefact(path=name, sha256=sha256_of(path), size_bytes=path.stat().st_size)
        for path, name in names
        if name != RUN_FILE and not name.startswith(".")
    )


def origin_of(notebook: Path | None, workspace: Path) -> Origin:
    """What a run of `notebook` starting now in the folder `workspace` is made by."""
    lock = REPOSITORY / "requirements.lock"
    inside = notebook is not None and notebook.is_relative_to(workspace)
    return Origin(
        notebook_sha256=sha256_of(notebook) if notebook else "",
        commit=commit_of(notebook.parent if notebook else REPOSITORY),
        lock_sha256=sha256_of(lock) if lock.is_file() else "",
        package=metadata.version("marketing-workbench"),
        python=platform.python_version(),
        code_sha256=code_sha256(),
        config_sha256=_sha256_of_all([workspace / "workbench.toml", *sorted(workspace.glob("experiments/*.toml"))]),
        notebook_path=str(notebook.relative_to(workspace) if notebook and inside else notebook or ""),
    )


def code_sha256() -> str:
    """Hash of this package's own files as they lie there now: they may change under a process that runs for years."""
    files = [(path, path.stat()) for path in sorted(Path(__file__).resolve().parents[1].rglob("*.py"))]
    return _hashed_once(tuple((path, state.st_mtime_ns, state.st_size) for path, state in files))


@lru_cache(maxsize=1)
def _hashed_once(files: tuple[tuple[Path, int, int], ...]) -> str:
    return _sha256_of_all(path for path, *_ in files)


def _sha256_of_all(paths: Iterable[Path]) -> str:
    """Hash over the names and contents of files."""
    digest = hashlib.sha256()
    for path in paths:
        if path.is_file():
            digest.update(f"{path.name}\0{sha256_of(path)}\0".encode())
    return digest.hexdigest()


def commit_of(folder: Path) -> str:
    """Git commit of a folder, with `-dirty` where tracked files differ; empty outside a repository."""
    command = [
        "git",
        "--no-optional-locks",
        "-C",
        str(folder),
        "describe",
        "--always",
        "--dirty",
        "--abbrev=40",
        "--exclude=*",
    ]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def summary_of(result_folder: Path) -> Summary:
    """The short form of a saved result; an empty one where the run saved none."""
    if not result_folder.is_dir():
        return Summary()
    from workbench.result import Result, analysis_of

    result = Result.load(result_folder)
    return Summary(
        analysis=analysis_of(result_folder),
        title=result.title,
        headline=result.findings[0] if result.findings else "",
        checks_passed=sum(check.passed is True for check in result.checks),
        checks_failed=len(result.failed_checks),
        window=result.provenance.window,
        inputs=result.provenance.inputs,
    )


def sha256_of(path: Path) -> str:
    """Hash of a file's content."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
