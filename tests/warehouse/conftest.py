"""The path from tables to reports, once over files and once over a server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.warehouse.company import company_tables, store_company, write_company
from tests.warehouse.recording import Sent, recorded
from tests.warehouse.replay import PATH, replay_path

CUSTOMERS, FEWER = 2000, 600


@dataclass(frozen=True)
class Walked:
    """The path's runs.

    Attributes:
        files: Folders of the runs over files.
        server: Of the same over the server.
        sent: What went over the wire, by step of the path.
        sizes: Rows of each table.
    """

    files: list[Path]
    server: list[Path]
    sent: list[Sent]
    sizes: dict[str, int]


def new_database(url: str, name: str) -> str:
    """The URL of an empty database that sorts text as American English does."""
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} LOCALE_PROVIDER icu ICU_LOCALE 'en-US' TEMPLATE template0")
    return url.replace("///postgres", f"///{name}")


@pytest.fixture(scope="session")
def walked(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Walked:
    tables, database = company_tables(CUSTOMERS), new_database(postgres_url, "company")
    files = write_company(tables, tmp_path_factory.mktemp("files"))
    server = store_company(tables, database, tmp_path_factory.mktemp("server"), source="env:WORKBENCH_TEST_WAREHOUSE")
    sent, runs = [], []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_TEST_WAREHOUSE", database)
        for step in PATH:
            with recorded() as seen:
                runs += replay_path(server, (step,))
            sent.append(seen)
    return Walked(replay_path(files), runs, sent, {name: len(table) for name, table in tables.items()})


@pytest.fixture(scope="session")
def of_fewer(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> list[Sent]:
    """What the steps that read customers and units send for a company of a third of the size."""
    url = new_database(postgres_url, "smaller_company")
    folder = store_company(
        company_tables(FEWER), url, tmp_path_factory.mktemp("fewer"), source="env:WORKBENCH_TEST_WAREHOUSE"
    )
    sent = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_TEST_WAREHOUSE", url)
        for step in PATH[:4]:
            with recorded() as seen:
                replay_path(folder, (step,))
            sent.append(seen)
    return sent
