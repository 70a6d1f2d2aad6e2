"""The types that a parameter may have, and how each is written on a command line."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

type Value = str | int | float | bool | list[str] | None

TYPES = {
    "str": "text",
    "int": "a whole number",
    "float": "a finite number",
    "bool": "true or false",
    "date": "a date as YYYY-MM-DD",
    "list[str]": "texts separated by commas",
}
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True)
class Reading:
    """A text read as some type.

    Attributes:
        valid: Whether the text follows the type's rule.
        value: The typed value where it does.
    """

    valid: bool
    value: Value = None


INVALID = Reading(False)


def read_value(type_name: str, text: str) -> Reading:
    """Read a text as one of `TYPES`, strictly: no rounding, no guessing, no infinities."""
    return _READERS[type_name](text) if _is_utf8(text) else INVALID


def text_of(value: Value) -> str:
    """A value as a user would write it, the inverse of `read_value`; None as `none`."""
    if isinstance(value, list):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)


def type_of(value: Any) -> str:
    """The name in `TYPES` that fits a Python literal, empty where none does."""
    if isinstance(value, list):
        return "list[str]" if all(isinstance(item, str) for item in value) else ""
    name = type(value).__name__
    return name if name in TYPES and not (isinstance(value, float) and not math.isfinite(value)) else ""


def _text(text: str) -> Reading:
    return Reading(True, text)


def _integer(text: str) -> Reading:
    return Reading(True, int(text)) if _INTEGER.fullmatch(text) else INVALID


def _number(text: str) -> Reading:
    number = float(text) if _NUMBER.fullmatch(text) else math.nan
    return Reading(True, number) if math.isfinite(number) else INVALID


def _boolean(text: str) -> Reading:
    word = text.lower()
    return Reading(True, word == "true") if word in ("true", "false") else INVALID


def _date(text: str) -> Reading:
    try:
        return Reading(True, date.fromisoformat(text).isoformat()) if _DATE.fullmatch(text) else INVALID
    except ValueError:
        return INVALID


def _texts(text: str) -> Reading:
    items: list[str] = [item.strip() for item in text.split(",")] if text.strip() else []
    return Reading(True, items) if all(items) else INVALID


def _is_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


_READERS: dict[str, Callable[[str], Reading]] = {
    "str": _text,
    "int": _integer,
    "float": _number,
    "bool": _boolean,
    "date": _date,
    "list[str]": _texts,
}
