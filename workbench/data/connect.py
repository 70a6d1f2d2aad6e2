"""Open the workspace's source: one URL, any engine that Ibis speaks to."""

from __future__ import annotations

from pathlib import Path

import ibis
from ibis import BaseBackend
from ibis.backends.duckdb import Backend

from workbench.config.secret_url import read_secret_url
from workbench.data.drivers import missing_driver
from workbench.data.raw import reason
from workbench.errors import ConfigError


def connect(url: str, root: Path) -> BaseBackend:
    """Connect to the engine behind `url`.

    Args:
        url: An Ibis URL, or references to its secrets, see `read_secret_url`. `duckdb://` is an embedded engine in memory;
            `duckdb://company.db` is a file relative to `root`.
        root: Folder that relative paths start from.

    Raises:
        ConfigError: If a reference leads nowhere, the scheme is unknown, its driver isn't installed or the engine refuses; no
            message holds a secret.
    """
    try:
        source = read_secret_url(url, root)
    except ConfigError as error:
        raise ConfigError(f"source.url: {error}") from None
    try:
        return _duckdb(source.text, root) if source.scheme == "duckdb" else _server(source.text)
    except ConfigError:
        raise
    except ImportError as error:
        raise ConfigError(missing_driver(source, error)) from None
    except Exception as error:
        raise ConfigError(
            f"source.url {source.shown} can't be opened: {source.masked(reason(error))}; check the address and the credentials"
        ) from None


def _server(url: str) -> BaseBackend:
    engine = ibis.connect(url)
    if engine.name == "postgres":
        from workbench.data.text_order import ByCodePoint

        engine.compiler = ByCodePoint()
    return engine


def _duckdb(url: str, root: Path) -> BaseBackend:
    place = url.removeprefix("duckdb://")
    # Files named in a mapping's sql are found from the workspace, wherever the run was started.
    search = str(root.resolve())
    if not place:
        return _set_up(ibis.duckdb.connect(file_search_path=search))
    path = (root / place).resolve()
    if not path.exists():
        raise ConfigError(f"source.url names the database {path}, which doesn't exist; correct the path")
    return _set_up(ibis.duckdb.connect(path, read_only=True, file_search_path=search))


def _set_up(engine: Backend) -> BaseBackend:
    """Without the bar that slow queries draw into notebooks, which reports take for something to interact with."""
    engine.con.execute("SET enable_progress_bar = false")
    return engine
