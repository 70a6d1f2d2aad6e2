"""What a pack keeps for the next one: its headline numbers, the verdicts of checks, and the runs behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from workbench.errors import RunError

RECORD_FILE = "pack.json"
FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Headline:
    """A number that packs compare.

    Attributes:
        key: Names it in every pack.
        group: What it is about.
        label: How the pack calls it.
        estimate: The number; None where it isn't known.
        lower: Lower end of its interval, None where there is none.
        upper: Upper end.
        unit: As in `result.Estimate`.
        level: The interval's probability, None where there is no interval.
        run_id: The run that it comes from.
    """

    key: str
    group: str
    label: str
    estimate: float | None
    lower: float | None
    upper: float | None
    unit: str
    level: float | None
    run_id: str


@dataclass(frozen=True, kw_only=True)
class UsedRun:
    """A run behind a pack.

    Attributes:
        analysis: Its analysis.
        run_id: Its id.
        digest: Hash over the files of its result.
    """

    analysis: str
    run_id: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class AskedDecision:
    """A decision that a pack asked for: its key, and what it was called."""

    key: str
    title: str


@dataclass(frozen=True, kw_only=True)
class PackRecord:
    """The content of `pack.json`.

    Attributes:
        pack_id: Follows from the runs and from the pack that this one is compared with.
        since: That pack, empty for the first one.
        made_at: When the newest result in it was made, UTC.
        written_at: When the pack was, UTC.
        runs: All runs behind it.
        learnings: Runs of the readouts that it tells of.
        headlines: Its headline numbers.
        checks: By analysis and subject, of each check whether it passed; None where it only informs.
        decisions: What it asked for.
        files: Hash of each file beside this one.
        format: Of this file.
    """

    pack_id: str
    since: str = ""
    made_at: datetime | None = None
    written_at: datetime | None = None
    runs: tuple[UsedRun, ...] = ()
    learnings: tuple[str, ...] = ()
    headlines: tuple[Headline, ...] = ()
    checks: dict[str, dict[str, bool | None]]
    decisions: tuple[AskedDecision, ...] = ()
    files: dict[str, str]
    format: int = FORMAT


_RECORD = TypeAdapter(PackRecord)


def read_pack(folder: Path) -> PackRecord:
    """Read a pack's `pack.json`.

    Raises:
        RunError: If it can't be read, or a later version wrote it.
    """
    path = folder / RECORD_FILE
    try:
        record = _RECORD.validate_json(path.read_bytes())
    except (OSError, ValueError, ValidationError) as error:
        detail = str(error).splitlines()[0]
        raise RunError(f"{path} can't be read ({detail}); move that folder away") from None
    if record.format > FORMAT:
        raise RunError(
            f"{path} is of format {record.format}, and this version reads up to {FORMAT}; update the workbench or move that folder away"
        )
    return record


def written(record: PackRecord) -> bytes:
    """The content of `pack.json`."""
    return _RECORD.dump_json(record, indent=1)
