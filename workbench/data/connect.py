"""Open the workspace's source: one URL, any engine that Ibis speaks to."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import ibis
from ibis import BaseBackend
from ibis.backends.duckdb import Backend

from workbench.data.raw import reason
from workbench.errors import ConfigError

# What the embedded engine keeps for its next query instead of handing it back: the system takes a while to give memory anew.
KEPT_MEMORY = "1GB"


def connect(url: str, root: Path) -> BaseBackend:
    """Connect to the engine behind `url`.

    Args:
        url: An Ibis URL. `duckdb://` is an embedded engine in memory; `duckdb://company.db` is a file relative to
            `root`; `env:NAME` reads the URL, credentials and all, from the environment.
        root: Folder that relative paths start from.

    Raises:
        ConfigError: If the variable is unset, the scheme is unknown or the engine refuses.
    """
    url = _resolved(url)
    try:
        if urlsplit(url).scheme == "duckdb":
            return _duckdb(url, root)
        return ibis.connect(url)
    except ConfigError:
        raise
    except Exception as error:
        raise ConfigError(
            f"source.url {_without_password(url)} can't be opened: {_without_password(reason(error))}; "
            "check the address, the credentials and that the engine's Ibis extra is installed"
        ) from None


def _resolved(url: str) -> str:
    if not url.startswith("env:"):
        return url
    name = url.removeprefix("env:")
    if name not in os.environ:
        raise ConfigError(f"source.url refers to the environment variable {name}, which is not set; set it to the URL")
    return os.environ[name]


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
    """Without the bar that slow queries draw into notebooks, which reports take for something to interact with; with `KEPT_MEMORY`."""
    engine.con.execute("SET enable_progress_bar = false")
    engine.con.execute(f"SET block_allocator_memory = '{KEPT_MEMORY}'")
    return engine


def _without_password(url: str) -> str:
    return re.sub(r"//([^:/@]*):[^@]*@", r"//\1:***@", url)
