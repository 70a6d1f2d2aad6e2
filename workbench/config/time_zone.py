"""Names of time zones, as the configuration takes them: those of the IANA, or none."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator


def known_zone(name: str) -> str:
    """The name of a zone; an empty one is none.

    Raises:
        ValueError: If there is no such zone.
    """
    try:
        return ZoneInfo(name).key if name else name
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone; name one such as Europe/Berlin or UTC") from None


TimeZone = Annotated[str, AfterValidator(known_zone)]
