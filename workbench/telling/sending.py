"""Send messages one by one, each within a bounded time whatever its address does."""

from __future__ import annotations

import json
import selectors
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from workbench.config.references import is_reference, resolved
from workbench.errors import ConfigError

SECONDS = 20.0
# Reading in all that Apprise knows takes two on an idle machine; no channel is to blame for it.
START_SECONDS = 30.0


class Post:
    """Sends through a process of its own, which is started when it is needed and ends with the context.

    Args:
        root: The workspace's folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def why_not_sent(
        self, reference: str, *, title: str, body: str, attachment: str = "", seconds: float = SECONDS
    ) -> str:
        """Send a message; why it didn't arrive, empty if it did.

        Args:
            reference: Where the Apprise URL is kept; the URL itself leaves this process for the one that sends alone.
            title: One line.
            body: Plain text.
            attachment: Path of a file, empty for none; one that is gone by now is left out.
            seconds: After so long the channel doesn't answer.
        """
        try:
            url = resolved(reference, self._root)
        except ConfigError as error:
            return str(error)
        if is_reference(url):
            return f"{reference} holds another reference; write the Apprise URL itself there"
        here = attachment if attachment and Path(attachment).is_file() else ""
        try:
            return self._answer({"url": url, "title": title, "body": body, "attachment": here}, seconds)
        except TimeoutError:
            self._end()
            return f"the channel didn't answer within {seconds:.0f} s"
        except (OSError, ValueError):
            self._end()
            return "the process that sends it ended without an answer"

    def _answer(self, message: dict[str, str], seconds: float) -> str:
        if self._process is None:
            self._process = _started()
            _line(self._process, START_SECONDS)
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        self._process.stdin.flush()
        return str(json.loads(_line(self._process, seconds)))

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _line(process: subprocess.Popen[bytes], seconds: float) -> bytes:
    """What the process writes next, cut short where it ends.

    Raises:
        TimeoutError: If it takes longer.
    """
    assert process.stdout is not None
    deadline, line = time.monotonic() + seconds, b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            if not selector.select(max(deadline - time.monotonic(), 0.0)):
                raise TimeoutError
            piece = process.stdout.read(4096)
            if not piece:
                break
            line += piece
    return line


def _started() -> subprocess.Popen[bytes]:
    # Away from the terminal, whose Ctrl-C would end it half-way; what it prints besides could hold secrets.
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "workbench.telling.sender"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        bufsize=0,
    )
