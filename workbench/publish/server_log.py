"""What whoever runs the server reads: one sentence for what went wrong in an app, nothing of what is as it should be."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tornado.web import RequestHandler

_FAILED = "Error at server while executing cell"
_TOLD = re.compile(r"""'ename': '(\w+)', 'evalue': (['"])(.*?)\2, 'traceback'""", re.DOTALL)
# Said of every notebook and of every socket: what one library counts in milliseconds another takes for seconds.
_USUAL = ("is not trusted", "websocket_ping_timeout")

access = logging.getLogger("workbench.publish.access")


class PlainLog(logging.Filter):
    """Shortens what Voila says of failed notebooks and drops what it says of all of them."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if message.startswith(_FAILED):
            found = _TOLD.search(message)
            record.msg, record.args = f"an app's notebook failed: {found[1]}: {found[3]}" if found else _FAILED, ()
            record.exc_info = record.exc_text = None
        return not any(usual in message for usual in _USUAL)


def log_request(handler: RequestHandler) -> None:
    """Only what the server itself did wrong: visitors' mistakes are answered to them."""
    if handler.get_status() >= 500 and handler.get_status() != 503:
        asked = f"{handler.request.method} {handler.request.path}"
        access.error("%s for %s", handler.get_status(), asked)
