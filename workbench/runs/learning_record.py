"""One record of the registry as it lies in a file: what it must hold to be read, and the sentence where it doesn't."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from workbench.errors import RunError

type Learning = dict[str, Any]

FORMAT = 1
IDENTITY = ("run_id", "recorded_at", "experiment_id")
# The fields of `ExperimentRecord` by what they hold, kept here too, as commands that only list records load no analysis.
NUMBERS = (
    *("absolute", "absolute_lower", "absolute_upper", "relative", "relative_lower", "relative_upper", "relative_se"),
    *("level", "units", "profit", "profit_lower", "profit_upper"),
)
DAYS = ("start", "end")
TEXTS = (
    *("experiment_id", "variant", "metric", "unit", "hypothesis", "design", "markets", "channel", "currency"),
    *("decided_by", "assumption", "reuse", "headline", "failed_checks", "tags", "owner", "audience"),
)
CHOICES = {
    "kind": ("users", "geo", "creative"),
    "verdict": ("ship", "stop", "keep running", "inconclusive", "invalid"),
    "standing": ("supported", "refuted", "open"),
}


def read_record(line: bytes, where: str) -> Learning:
    """The record that a line holds.

    Fields that an earlier version didn't keep may be missing, or null.

    Args:
        line: JSON, an object.
        where: Names the line in errors.

    Raises:
        RunError: If it is no record, one that a later version wrote, or a field holds what it can't mean.
    """
    record = _object(line, where)
    written = record["format"]
    if written > FORMAT:
        raise RunError(f"{where} is of format {written}, and this version reads up to {FORMAT}; update the workbench")
    for name, holds, rule in _RULES:
        if record.get(name) is not None and not holds(record[name]):
            raise RunError(f"{where} has {name} {record[name]!r}, which is no {rule}; mend that line, or take it out")
    return record


def written_record(record: Learning) -> bytes:
    """The line of a record, without its end."""
    return json.dumps(record, ensure_ascii=False).encode()


def _object(line: bytes, where: str) -> Learning:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise RunError(f"{where} is no record of an experiment ({error}); restore that line, or take it out") from None
    lacking = [name for name in IDENTITY if not isinstance(record, dict) or not record.get(name)]
    if lacking or type(record.get("format")) is not int:
        lacks = lacking[0] if lacking else "format"
        raise RunError(f"{where} is no record of an experiment (no {lacks}); restore that line, or take it out")
    return dict(record)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_day(value: object) -> bool:
    return _parses(date.fromisoformat, value)


def _is_moment(value: object) -> bool:
    return _parses(datetime.fromisoformat, value)


def _parses(parse: Callable[[str], object], value: object) -> bool:
    try:
        return isinstance(value, str) and parse(value) is not None
    except ValueError:
        return False


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _rules_of_choices() -> tuple[tuple[str, Callable[[object], bool], str], ...]:
    return tuple((name, known.__contains__, f"{name} ({', '.join(known)})") for name, known in CHOICES.items())


_RULES: tuple[tuple[str, Callable[[object], bool], str], ...] = (
    ("run_id", _is_text, "text"),
    ("recorded_at", _is_moment, "moment such as 2025-11-30T08:00:00+00:00"),
    *((name, _is_text, "text") for name in TEXTS),
    *((name, _is_number, "number") for name in NUMBERS),
    *((name, _is_day, "day such as 2025-11-30") for name in DAYS),
    ("higher_is_better", _is_flag, "true or false"),
    *_rules_of_choices(),
)
