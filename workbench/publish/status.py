"""What the running server tells of itself, and how another process reads it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import psutil

from workbench.errors import RunError
from workbench.publish.memory import available_memory, process_memory
from workbench.publish.private_folder import private_path, write_private

if TYPE_CHECKING:
    from workbench.workspace import Workspace

_FILE = "publish-server.json"


@dataclass(frozen=True, kw_only=True)
class Status:
    """A running server.

    Attributes:
        pid: Its process.
        started: When that process was made, in seconds since 1970: ids of processes are used again.
        url: Its start page.
        login: How visitors come in.
        apps: What it serves.
        published_at: When the shown runs were published, as ISO text.
        open_pages: Pages open now.
        max_sessions: Pages that may be open.
        ready: Processes that are to wait for the next visitor.
    """

    pid: int
    started: float
    url: str
    login: str
    apps: tuple[str, ...]
    published_at: str
    open_pages: int
    max_sessions: int
    ready: int


@dataclass(frozen=True)
class Memory:
    """Bytes that a server's pages take.

    Attributes:
        each: Every page's process, open or waiting, the largest first.
        available: What new processes of this machine can still get.
    """

    each: tuple[int, ...]
    available: int

    @property
    def typical(self) -> int:
        """The middle one; 0 where there is none."""
        return self.each[len(self.each) // 2] if self.each else 0


def write_status(workspace: Workspace, status: Status) -> None:
    """Tell other processes; where the disk refuses, they learn nothing and visitors lose nothing."""
    try:
        write_private(workspace, _FILE, json.dumps(asdict(status)))
    except OSError:
        return


def forget_status(workspace: Workspace) -> None:
    """The server ends."""
    private_path(workspace, _FILE).unlink(missing_ok=True)


def read_status(workspace: Workspace) -> Status:
    """The workspace's running server.

    Raises:
        RunError: If none runs.
    """
    try:
        told: dict[str, Any] = json.loads(private_path(workspace, _FILE).read_text(encoding="utf-8"))
        status = Status(**{**told, "apps": tuple(told["apps"])})
        if psutil.Process(status.pid).create_time() == status.started:
            return status
    except (OSError, ValueError, TypeError, KeyError, psutil.Error):
        pass
    raise RunError(f"nothing is served from {workspace.root}; run `workbench publish`")


def measure(pid: int) -> Memory:
    """What the pages of the server of this process id take now."""
    return Memory(tuple(process_memory(pid)), available_memory())


def memory_sentence(memory: Memory, max_sessions: int) -> str:
    """What a page costs and whether the machine holds as many as may be open."""
    if not memory.each:
        return "no page's process runs yet"
    full = memory.typical * max_sessions
    said = f"an open page takes {memory.typical / 1e6:.0f} MB, {max_sessions} of them {full / 1e9:.1f} GB"
    if full > memory.available:
        fit = max(1, memory.available // memory.typical)
        return f"{said}; this machine has {memory.available / 1e9:.1f} GB left: set publish.max_sessions to {fit}"
    return f"{said} of the {memory.available / 1e9:.1f} GB left"
