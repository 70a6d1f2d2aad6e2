"""The registry of experiments: one JSON line a readout, appended and never changed.

A readout leaves its record in its own run folder, which appears as a whole. From there it is copied to the log, which outlives
run folders. Whatever a finished run holds and the log lacks counts all the same and is copied by the next writer, so a process
killed in between loses nothing.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from workbench.errors import RunError
from workbench.runs.learning_record import FORMAT, Learning, read_record, written_record
from workbench.runs.parents import note_parent
from workbench.runs.staging import PREFIX, RUNS, storage_errors

if TYPE_CHECKING:
    import pandas as pd

    from workbench.experiments.registry.record import ExperimentRecord
    from workbench.workspace import Workspace

LEARNINGS_FILE = "learnings.jsonl"
LEARNING_FILE = "learning.json"
_INFINITE = (float("inf"), float("-inf"))


def past_records(workspace: Workspace, *, tag: str = "", channel: str = "") -> pd.DataFrame:
    """Every readout that the registry knows, the newest first.

    Args:
        workspace: Whose registry.
        tag: Only those of tests with this tag.
        channel: Only those of tests on this media channel.

    Returns:
        A frame with `RECORD_COLUMNS`; `newest` marks the last readout of each experiment.

    Raises:
        RunError: If the log is damaged or was written by a later version.
    """
    from workbench.experiments.registry.record import records_frame

    chosen = filtered(learnings(workspace.reports), tag=tag, channel=channel)
    for record in chosen:
        note_parent(str(record["run_id"]))
    return records_frame(chosen)


def learnings(reports: Path) -> list[Learning]:
    """The records as they were written, oldest first: those of the log, and those that it doesn't have yet.

    Raises:
        RunError: As of `past_records`.
    """
    log = _read_log(reports)
    return sorted([*log.records, *log.missing], key=lambda record: (record["recorded_at"], record["run_id"]))


def newest_versions(known: Sequence[Learning]) -> list[Learning]:
    """The last readout of each experiment, in the order of `known`, which is oldest first."""
    last = {record["experiment_id"]: record["run_id"] for record in known}
    return [record for record in known if last[record["experiment_id"]] == record["run_id"]]


def filtered(
    known: Iterable[Learning],
    *,
    text: str = "",
    tag: str = "",
    channel: str = "",
    market: str = "",
    owner: str = "",
    verdict: str = "",
    audience: str = "",
    kind: str = "",
) -> list[Learning]:
    """The records that fit all that is asked for; an empty filter lets everything pass, and case never matters.

    Args:
        known: Records as `learnings` gives them.
        text: Words, each of which occurs somewhere in the record.
        tag: One of the test's tags.
        channel: The media channel that was tested.
        market: One of the test's markets.
        owner: Who decides.
        verdict: How the test ended.
        audience: Who was tested, as declared.
        kind: `users`, `geo` or `creative`.
    """
    words = text.casefold().split()
    asked = {"tags": tag, "markets": market, "channel": channel, "owner": owner, "verdict": verdict}
    asked |= {"audience": audience, "kind": kind}
    return [
        record
        for record in known
        if all(word in " ".join(map(str, record.values())).casefold() for word in words)
        and all(not wanted or wanted.casefold() in _names(record, field) for field, wanted in asked.items())
    ]


def keep_learning(record: ExperimentRecord, folder: Path) -> None:
    """Put a readout's record into its staged run folder."""
    from pydantic import TypeAdapter

    from workbench.experiments.registry.record import ExperimentRecord

    plain = TypeAdapter(ExperimentRecord).dump_python(record, mode="json")
    finite = {name: None if value != value or value in _INFINITE else value for name, value in plain.items()}
    run = {
        "format": FORMAT,
        "run_id": folder.name.removeprefix(PREFIX),
        "recorded_at": datetime.now(UTC).isoformat(timespec="microseconds"),
    }
    text = json.dumps(run | finite, ensure_ascii=False, allow_nan=False)
    (folder / "result" / LEARNING_FILE).write_text(text, encoding="utf-8")


def log_learnings(reports: Path) -> None:
    """Copy to the log what finished runs have learnt and it lacks.

    A log that can't be written, or that is damaged, stays as it is: the records count from their run folders until a later run
    copies them, and whoever reads a damaged one is told how to mend it.
    """
    with suppress(RunError):
        if _read_log(reports).missing:
            _append(reports)


@dataclass(frozen=True, kw_only=True)
class _Log:
    """The log as it is, and what it lacks.

    Attributes:
        records: Of all its lines, each run once.
        missing: Those of finished runs that it doesn't have yet, the oldest first.
        torn: Bytes at its end that are no whole line, because that line is being written or its writer was killed.
        open: Whether its last record lacks the line break.
    """

    records: list[Learning]
    missing: list[Learning]
    torn: int
    open: bool


def _append(reports: Path) -> None:
    with storage_errors(reports), _alone(reports / LEARNINGS_FILE) as file:
        # Read again: another writer may have been at work until now.
        log = _read_log(reports)
        file.truncate(file.seek(0, os.SEEK_END) - log.torn)
        lines = [written_record(record) + b"\n" for record in log.missing]
        file.write(b"\n" * log.open + b"".join(lines))
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _alone(path: Path) -> Iterator[BinaryIO]:
    """The log, open to append, with no other writer at work."""
    with open(path, "ab+") as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        yield log


def _read_log(reports: Path) -> _Log:
    """Read the log, and see what it lacks.

    What a killed writer left of a line counts for nothing, as its record is still in its run folder.

    Raises:
        RunError: If a line is no record that this version can read; if two differ about one run; if the last one is cut off and
            no run folder holds its record.
    """
    path = reports / LEARNINGS_FILE
    *lines, last = _content(path).split(b"\n")
    whole = _is_whole(last)
    records = _once([*lines, last] if whole else lines, path)
    missing = _missing(reports, records)
    torn = b"" if whole else last
    if torn.strip() and not any(written_record(record).startswith(torn) for record in missing):
        raise RunError(
            f"line {len(lines) + 1} of {path} is cut off, and no run folder holds its record; restore that line, or take it out"
        )
    return _Log(records=records, missing=missing, torn=len(torn), open=whole)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise RunError(f"{path} can't be read ({error.strerror}); grant access to it, or move it away") from None


def _is_whole(last: bytes) -> bool:
    """Whether what follows the last line break is a record too, as editors leave it: a part of one is no JSON."""
    try:
        return isinstance(json.loads(last), dict)
    except ValueError:
        return False


def _once(lines: Sequence[bytes], path: Path) -> list[Learning]:
    """The records of lines, a run that is told twice in the same words once; empty lines say nothing."""
    records: dict[str, Learning] = {}
    for number, line in enumerate(lines, start=1):
        if line.strip():
            record = read_record(line, f"line {number} of {path}")
            if records.setdefault(record["run_id"], record) != record:
                raise RunError(
                    f"line {number} of {path} tells the run {record['run_id']} otherwise than a line before it; take one out"
                )
    return list(records.values())


def _missing(reports: Path, known: list[Learning]) -> list[Learning]:
    """Records of finished runs that aren't known, the oldest first."""
    ids = {record["run_id"] for record in known}
    paths = sorted((reports / RUNS).glob(f"[!.]*/result/{LEARNING_FILE}"))
    return [read_record(path.read_bytes(), str(path)) for path in paths if path.parents[1].name not in ids]


def _names(record: Learning, field: str) -> list[str]:
    """What one field names, several joined by `;`, in lower case."""
    return [name.strip() for name in str(record.get(field) or "").casefold().split(";")]
