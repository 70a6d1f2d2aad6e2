"""The process that sends messages: Apprise, which may take long or hang, is ended with it. Started by `sending`, never by hand."""

from __future__ import annotations

import json
import logging
import re
import sys
from typing import Any
from urllib.parse import unquote

_HIDDEN = "…"
_SHORTEST = 2


def main() -> None:
    """Write a line when ready; then for each line from stdin, a message, one that says why it didn't arrive, empty if it did."""
    heard = _Warnings()
    logging.getLogger("apprise").addHandler(heard)
    logging.getLogger("apprise").propagate = False
    _read_in_all_services()
    _write("")
    for line in sys.stdin.buffer:
        message, heard.last = json.loads(line), ""
        why = _why_not_sent(message, heard)
        _write(without_secrets(why, message["url"]))


def without_secrets(text: str, url: str) -> str:
    """A text without anything that stands in an address but for names of its settings.

    >>> without_secrets("Connection to mail.example.com refused for ann", "mailto://ann:hunter2@mail.example.com?to=bob%40example.com")
    'Connection to … refused for …'
    """
    address, _, settings = url.partition("://")[2].partition("?")
    values = [value for setting in settings.split("&") for value in setting.split("=")[1:]]
    whole = [part for raw in (address, *values) for part in (raw, unquote(raw))]
    parts = {part for each in whole for part in (each, *re.split(r"[/:@,;+]", each))} | {url}
    for part in sorted(parts, key=len, reverse=True):
        if len(part) >= _SHORTEST:
            text = re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", lambda _: _HIDDEN, text, flags=re.IGNORECASE)
    return text


def _write(text: str) -> None:
    sys.stdout.write(json.dumps(text) + "\n")
    sys.stdout.flush()


def _read_in_all_services() -> None:
    from apprise import Apprise

    Apprise().add("json://localhost")


def _why_not_sent(message: dict[str, Any], heard: _Warnings) -> str:
    from apprise import Apprise, AppriseAttachment, NotifyFormat
    from apprise.attachment.file import AttachFile

    service = Apprise()
    if not service.add(message["url"]):
        return "its reference holds no Apprise URL"
    attached = AppriseAttachment()
    if message["attachment"]:
        attached.add(AttachFile(message["attachment"]))
    arrived = service.notify(
        body=message["body"], title=message["title"], body_format=NotifyFormat.TEXT, attach=attached or None
    )
    return "" if arrived else heard.last or "the channel refused it"


class _Warnings(logging.Handler):
    """Keeps the last thing that Apprise complained about."""

    def __init__(self) -> None:
        super().__init__(level=logging.WARNING)
        self.last = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.last = " ".join(record.getMessage().split())[:300]


if __name__ == "__main__":
    main()
