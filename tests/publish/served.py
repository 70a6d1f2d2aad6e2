"""A server in a process of its own, and visitors that speak to it as browsers and as attackers do."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import websocket

from workbench.workspace import Workspace

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Served:
    """A running server."""

    port: int
    prefix: str
    log: Path
    process: subprocess.Popen

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def visitor(self, *, address: str = "127.0.0.1", headers: Mapping[str, str] | None = None) -> httpx.Client:
        """A browser that follows nothing by itself."""
        transport = httpx.HTTPTransport(local_address=address)
        return httpx.Client(base_url=self.origin, transport=transport, timeout=120, headers=dict(headers or {}))

    def logged_in(self) -> httpx.Client:
        visitor = self.visitor()
        answer = log_in(visitor, PASSWORD)
        assert answer.status_code == 303, answer.text
        return visitor

    def raw(self, path: str, *, cookies: str = "", method: str = "GET") -> tuple[int, bytes]:
        """The answer to a path sent exactly as written, which clients would tidy up."""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nConnection: close\r\nCookie: {cookies}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            connection.sendall(head.encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        return int(answer.split()[1]), answer

    def socket(self, kernel_id: str, *, cookies: str, origin: str | None, protocol: str = "") -> websocket.WebSocket:
        """A socket to a page's process."""
        return websocket.create_connection(
            f"ws://127.0.0.1:{self.port}{self.prefix}api/kernels/{kernel_id}/channels?session_id={uuid.uuid4()}",
            cookie=cookies,
            suppress_origin=origin is None,
            origin=origin,
            subprotocols=[protocol] if protocol else None,
            timeout=20,
        )


@contextmanager
def serving(
    workspace: Workspace, notebooks: Path, log: Path, *options: str, prefix: str = "/", port: int = 0
) -> Iterator[Served]:
    """A server of these apps that answers, until the block ends."""
    port = port or free_port()
    code = (
        "import pathlib, sys, workbench.publish.folder as folder; from workbench.cli.app import main; "
        "folder.NOTEBOOKS = pathlib.Path(sys.argv.pop(1)); main()"
    )
    command = [sys.executable, "-c", code, str(notebooks), "publish", "--as-published"]
    where = ["--port", str(port), "--url-prefix", prefix, "--workspace", str(workspace.root)]
    with log.open("w", encoding="utf-8") as stream:
        process = subprocess.Popen([*command, *where, *options], stderr=stream, stdout=stream, start_new_session=True)
    try:
        _wait_until_ready(process, log)
        yield Served(port, prefix, log, process)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


def log_in(visitor: httpx.Client, password: str, *, page: str = "/login", then: str = "") -> httpx.Response:
    """Fill in the form and send it."""
    token = form_token(visitor.get(page))
    return visitor.post(page, data={"_xsrf": token, "password": password, "next": then})


def form_token(page: httpx.Response) -> str:
    found = re.search(r'name="_xsrf" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def kernel_of(page: httpx.Response) -> str:
    """The process that a page talks to."""
    found = re.search(r'"kernelId": "([^"]+)"', page.text)
    assert page.status_code == 200
    assert found, page.text
    return found[1]


def cookies_of(visitor: httpx.Client) -> str:
    return "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_ready(process: subprocess.Popen, log: Path) -> None:
    for _ in range(1200):
        if " is ready" in log.read_text(encoding="utf-8"):
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise AssertionError(f"the server did not get ready:\n{log.read_text(encoding='utf-8')}")
