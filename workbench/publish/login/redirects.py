"""Where a login may lead: to a page of this server, never elsewhere."""

from __future__ import annotations

from urllib.parse import urlsplit


def safe_next(asked: str, base_url: str) -> str:
    """The path that was asked for where it is one of this server, else the start page.

    Args:
        asked: What the visitor's address or form says, which anyone may have written.
        base_url: Path of the start page, which ends in a slash.
    """
    # Browsers drop control characters and read a backslash as a slash: such an address means what it doesn't say.
    plain = asked.isprintable() and "\\" not in asked and asked.startswith("/") and not asked.startswith("//")
    if not plain:
        return base_url
    try:
        parts = urlsplit(asked)
    except ValueError:
        return base_url
    inside = parts.path.startswith(base_url) and not parts.scheme and not parts.netloc
    climbs = any(part in {".", ".."} for part in parts.path.replace("%2e", ".").replace("%2E", ".").split("/"))
    leads_back = parts.path.startswith((f"{base_url}login", f"{base_url}logout"))
    return asked if inside and not climbs and not leads_back and "//" not in parts.path else base_url
