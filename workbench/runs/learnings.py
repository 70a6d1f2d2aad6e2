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
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from workbench.errors import RunError
from workbench.runs.staging import PREFIX, RUNS, storage_errors

if TYPE_CHECKING:
    import pandas as pd

    from workbench.experiments.registry.record import ExperimentRecord
    from workbench.workspace import Workspace

type Learning = dict[str, Any]

LEARNINGS_FILE = "learnings.jsonl"
LEARNING_FILE = "learning.json"
FORMAT = 1
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

    return records_frame(filtered(learnings(workspace.reports), tag=tag, channel=channel))


def learnings(reports: Path) -> list[Learning]:
    """The records as they were written, oldest first: those of the log, and those that it doesn't have yet.

    Raises:
        RunError: As of `past_records`.
    """
    known = _logged(reports)
    return sorted([*known, *_missing(reports, known)], key=lambda record: (record["recorded_at"], record["run_id"]))


def newest_versions(known: Sequence[Learning]) -> list[Learning]:
    """The last readout of each experiment, in the order of `known`, which is oldest first."""
    last = {record["experiment_id"]: record["run_id"] for record in known}
    return [record for record in known if last[record["experiment_id"]] == record["run_id"]]


def filtered(
    known: Iterable[Learning], *, text: str = "", tag: str = "", channel: str = "", verdict: str = ""
) -> list[Learning]:
    """The records that fit all that is asked for; an empty filter lets everything pass, and case never matters.

    Args:
        known: Records as `learnings` gives them.
        text: Words, each of which occurs somewhere in the record.
        tag: One of the test's tags.
        channel: The media channel that was tested.
        verdict: How the test ended.
    """
    words = text.casefold().split()
    return [
        record
        for record in known
        if all(word in " ".join(map(str, record.values())).casefold() for word in words)
        and (not tag or tag.casefold() in str(record["tags"]).casefold().split(";"))
        and (not channel or channel.casefold() == str(record["channel"]).casefold())
        and (not verdict or verdict == record["verdict"])
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

    A log that can't be written stays as it is: the records count from their run folders until a later run copies them. One that
    is damaged is an error for those who read it.
    """
    with suppress(RunError):
        if _missing(reports, _logged(reports)):
            _append(reports)


def _append(reports: Path) -> None:
    with storage_errors(reports), _alone(reports / LEARNINGS_FILE) as log:
        _cut_torn_line(log)
        # Read again: another writer may have been at work until now.
        for record in _missing(reports, _logged(reports)):
            log.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
        log.flush()
        os.fsync(log.fileno())


@contextmanager
def _alone(path: Path) -> Iterator[BinaryIO]:
    """The log, open to append, with no other writer at work."""
    with open(path, "ab+") as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        yield log


def _cut_torn_line(log: BinaryIO) -> None:
    """Take away what a writer that was killed left of a line: its record is still in its run folder."""
    log.seek(0)
    log.truncate(log.read().rfind(b"\n") + 1)


def _logged(reports: Path) -> list[Learning]:
    path = reports / LEARNINGS_FILE
    return _read_log(path.read_bytes(), path) if path.is_file() else []


def _read_log(content: bytes, path: Path) -> list[Learning]:
    """All whole lines; what follows the last line break is a line that is being written, or that was cut off."""
    lines = content.split(b"\n")[:-1]
    return [_read_line(line, f"line {number} of {path}") for number, line in enumerate(lines, start=1)]


def _read_line(line: bytes, where: str) -> Learning:
    try:
        record = json.loads(line)
        written = record["format"]
        _ = record["run_id"], record["recorded_at"], record["experiment_id"]
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(f"{where} is no record of an experiment ({error}); restore that line, or take it out") from None
    if written > FORMAT:
        raise RunError(f"{where} is of format {written}, and this version reads up to {FORMAT}; update the workbench")
    return dict(record)


def _missing(reports: Path, known: list[Learning]) -> list[Learning]:
    """Records of finished runs that aren't known, the oldest first."""
    ids = {record["run_id"] for record in known}
    paths = sorted((reports / RUNS).glob(f"[!.]*/result/{LEARNING_FILE}"))
    return [_read_line(path.read_bytes(), str(path)) for path in paths if path.parents[1].name not in ids]
