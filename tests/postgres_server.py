"""A PostgreSQL server of the tests' own: made, started and removed by them, reachable over a socket in its own folder alone."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

DEBIAN = Path("/usr/lib/postgresql")
USER = "workbench"


def server_binaries() -> Path | None:
    """The folder of `initdb` and `postgres`: the newest one that Debian installed, else where the search path finds it."""
    found = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: float(path.parents[1].name))
    named = shutil.which("initdb")
    return found[-1].parent if found else Path(named).resolve().parent if named else None


@contextmanager
def postgres_server(binaries: Path) -> Iterator[str]:
    """Start a server with an empty database, yield its URL, and leave nothing behind.

    Raises:
        RuntimeError: If it doesn't start; with the end of what it said.
    """
    with restartable_server(binaries) as (url, _, _):
        yield url


@contextmanager
def restartable_server(binaries: Path) -> Iterator[tuple[str, Callable[[], None], Callable[[], None]]]:
    """The same with two functions more, which stop it at once, as a crash would, and start it again."""
    folder = Path(tempfile.mkdtemp(prefix="workbench-postgres-"))
    account = _account()
    os.chown(folder, account.pw_uid, account.pw_gid)
    settings = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"

    def stop() -> None:
        _run(binaries / "pg_ctl", "stop", "-w", "-m", "immediate", "-D", folder / "data")

    def start() -> None:
        _run(binaries / "pg_ctl", "start", "-w", "-D", folder / "data", "-o", settings, "-l", folder / "log")

    try:
        _run(binaries / "initdb", "-D", folder / "data", "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        start()
        try:
            yield f"postgres:///postgres?host={folder}&user={USER}", stop, start
        finally:
            stop()
    finally:
        shutil.rmtree(folder)


@contextmanager
def rows_fetched() -> Iterator[list[int]]:
    """While it lasts, how many rows each fetch brings from servers to this process."""
    import psycopg

    found: list[int] = []

    def counting(fetch: Callable[..., list[object]]) -> Callable[..., list[object]]:
        def counted(cursor: object, *arguments: object) -> list[object]:
            rows = fetch(cursor, *arguments)
            found.append(len(rows))
            return rows

        return counted

    with pytest.MonkeyPatch.context() as patch:
        for kind in (psycopg.Cursor, psycopg.ServerCursor):
            for name in ("fetchall", "fetchmany"):
                patch.setattr(kind, name, counting(getattr(kind, name)))
        yield found


def _account() -> pwd.struct_passwd:
    """Who runs the server: it refuses root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    names = {entry.pw_name for entry in pwd.getpwall()}
    return pwd.getpwnam("postgres" if "postgres" in names else "nobody")


def _as_account() -> list[str]:
    """What to call a command by: asked for another user, `subprocess` would copy this process, which fails while an engine holds much."""
    if os.geteuid() != 0:
        return []
    account = _account()
    return ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]


def _run(command: Path, *arguments: object) -> None:
    # A server that inherits a pipe would keep it open for as long as it runs.
    with tempfile.TemporaryFile("w+") as said:
        done = subprocess.run(
            [*_as_account(), str(command), *map(str, arguments)],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            check=False,
        )
        said.seek(0)
        if done.returncode:
            raise RuntimeError(f"{command.name} ended with {done.returncode}: {said.read()[-2000:]}")
