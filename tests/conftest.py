"""What every test may ask for."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.postgres_server import postgres_server, server_binaries
from tests.shop import make_shop, store_shop, write_shop

# The same cases on every machine and day, so that a verdict is about the code; `make explore` looks for new ones.
settings.register_profile("repeatable", derandomize=True)
settings.register_profile("exploring", derandomize=False)
settings.load_profile("repeatable")

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real and published data sets, which are not part of the repository."""
    folder = Path(os.environ.get("WORKBENCH_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the real data sets are not here; set WORKBENCH_SHARED_DATA to their folder")
    return folder


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a real server with an empty database; each module keeps its tables in a schema of its own."""
    binaries = server_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server is installed here; Debian's package postgresql brings it")
    pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    with postgres_server(binaries) as url:
        yield url


@pytest.fixture(scope="session")
def shops(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The shop's workspace over files, and the same over the server: only the URL and the tables' names differ."""
    embedded, server = (tmp_path_factory.mktemp(name) for name in ("shop_in_files", "shop_on_server"))
    tables = make_shop()
    write_shop(tables, embedded)
    store_shop(tables, postgres_url, "shop", server)
    return embedded, server
