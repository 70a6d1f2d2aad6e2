"""The Dask cluster that an executor's URL names: one that runs already, or one of this machine's own."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

from distributed import Client, LocalCluster

from workbench.errors import RunError

LOCAL = "local"
_LOGGERS = ("distributed", "distributed.client", "distributed.core", "distributed.utils")
_CONNECT_SECONDS = 15
_MOST_WORKERS = 256


@contextmanager
def connected(url: str) -> Iterator[Client]:
    """A client of the cluster.

    Args:
        url: `dask://HOST:PORT` of a scheduler, or `dask://local?workers=N` for workers on this machine that end with the client.

    Raises:
        RunError: If it can't be read or nobody answers.
    """
    scheduler, workers = _read(url)
    # Dask logs what it lost with tracebacks; whoever waits for a run is told in its reason.
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if not scheduler:
        with (
            LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                dashboard_address=None,
                silence_logs=logging.CRITICAL,
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(scheduler, timeout=_CONNECT_SECONDS)
    except (OSError, TimeoutError) as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise RunError(
            f"the Dask scheduler {scheduler} doesn't answer ({why}); start it, or correct the address"
        ) from None
    with client:
        yield client


def _read(url: str) -> tuple[str, int]:
    """Address of the scheduler, empty for a local one, and how many local workers."""
    parts = urlsplit(url)
    asked = parse_qs(parts.query)
    if parts.hostname == LOCAL and parts.port is None:
        workers = (asked.get("workers") or ["2"])[0]
        if set(asked) <= {"workers"} and workers.isdecimal() and 1 <= int(workers) <= _MOST_WORKERS:
            return "", int(workers)
    elif parts.hostname and _port(url) and not parts.path.strip("/") and not asked:
        return f"tcp://{parts.netloc}", 0
    raise RunError(f"the executor {url!r} names no cluster; write dask://HOST:PORT, or dask://{LOCAL}?workers=3")


def _port(url: str) -> int | None:
    try:
        return urlsplit(url).port
    except ValueError:
        return None
