"""Metrics where Prometheus finds them: a text file for node_exporter's textfile collector, or `/metrics` on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import generate_latest, start_wsgi_server, write_to_textfile

from workbench.errors import RunError
from workbench.monitoring.families import registry_of
from workbench.runs.ledger import Ledger
from workbench.runs.staging import storage_errors

if TYPE_CHECKING:
    from workbench.workspace import Workspace

HOST = "127.0.0.1"


def metrics_text(workspace: Workspace) -> str:
    """All metrics of a workspace in Prometheus' text format.

    Raises:
        RunError: If the ledger can't be opened.
    """
    return generate_latest(registry_of(workspace.config.workspace.name, Ledger.of(workspace))).decode()


def write_metrics(workspace: Workspace, path: Path) -> None:
    """Write them to a file that is replaced as a whole, so that nobody reads half of it.

    Raises:
        RunError: If the ledger can't be opened, or the file can't be written.
    """
    registry = registry_of(workspace.config.workspace.name, Ledger.of(workspace))
    with storage_errors(path.absolute().parent):
        write_to_textfile(str(path), registry)


@contextmanager
def served_metrics(workspace: Workspace, port: int) -> Iterator[str]:
    """Answer on this machine while the context lasts, in a thread, each request with what is true then; where.

    Args:
        workspace: Whose.
        port: 0 for any that is free.

    Raises:
        RunError: If the ledger can't be opened, or the port is taken.
    """
    registry = registry_of(workspace.config.workspace.name, Ledger.of(workspace))
    try:
        server, thread = start_wsgi_server(port, HOST, registry)
    except OSError as error:
        raise RunError(f"port {port} can't be listened at ({error.strerror}); give another --metrics-port") from None
    try:
        yield f"http://{HOST}:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
