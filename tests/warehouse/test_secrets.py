"""A planted secret is found nowhere: not in what runs leave, finished or failed, nor in what is printed."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import sys
import time
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pandas as pd
import psycopg
import pytest
import typst
from pypdf import PdfReader

from tests.runs.tiny import write_notebook

pytestmark = pytest.mark.slow
TABLE = "kpi"
# Cells of a notebook that reads the warehouse, looks its key up, and saves what it found.
READ = "from workbench.workspace import open_workspace\ncompany = open_workspace(workspace)\nkpi = company.frame('kpi')"
LOOK_UP = "from workbench.config.references import resolved\nkey = resolved(token, company.root)\nlen(key)"
SAVE = """from workbench.present.display import page_one
from workbench.result import Estimate, Result, estimates_frame
result = Result(
    title="Revenue", findings=("Revenue was counted.",),
    estimates=estimates_frame([Estimate(quantity="revenue", entity="total", estimate=float(kpi.kpi.sum()), lower=0.0, upper=99.0)]),
    provenance=company.provenance("kpi", parameters={"token": token}, seed=1),
)
page_one(result, company.config.workspace.name)"""
# What drivers say when a server lets nobody in: the address that they were given, in errors, logs and on the terminal.
QUOTE = """import os, sys
from workbench.config.secret_url import read_secret_url
address = read_secret_url(company.config.source.url, company.root).text
print("connecting to", address)
print(address, key, file=sys.stderr)
os.write(2, f"driver: {address} {key}".encode())
{"address": address}"""
FAIL = "raise ConnectionError(f'could not connect to {address} with {key}')"
KEEP = "from workbench.runs import save_run\nrun_folder = save_run(result, workspace=company)"


@dataclass
class Planted:
    """A workspace over a server that asks for a password.

    Attributes:
        password: Of the server's reader.
        token: Which a notebook's parameter refers to.
        said: Everything that commands printed.
    """

    folder: Path
    password: str
    token: str
    environment: dict[str, str]
    said: list[str] = field(default_factory=list)

    def run(self, notebook: str, **changed: str) -> subprocess.CompletedProcess[str]:
        return self.command("run", self._path(notebook), **changed)

    def command(self, *arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
        """Run `workbench` with a changed environment, and remember what it says."""
        done = subprocess.run(
            self._command(*arguments), env=self.environment | changed, capture_output=True, text=True, check=False
        )
        self.said += [done.stdout, done.stderr]
        return done

    def killed_while_running(self, notebook: str) -> None:
        """Start a run, and kill whatever it started once its notebook is under way."""
        log = self.folder / "killed.log"
        with log.open("w") as said:
            run = subprocess.Popen(
                self._command("run", self._path(notebook)),
                env=self.environment,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        deadline = time.monotonic() + 120
        while not (self.folder / "under_way").exists():
            assert time.monotonic() < deadline, log.read_text()
            assert run.poll() is None, log.read_text()
            time.sleep(0.2)
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()

    def _path(self, notebook: str) -> str:
        return str(self.folder / f"{notebook}.ipynb")

    def _command(self, *arguments: str) -> list[str]:
        return [str(Path(sys.executable).parent / "workbench"), *arguments, "--workspace", str(self.folder)]


@pytest.fixture(scope="module")
def planted(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """The reader logs in by SCRAM; the password needs escaping in URLs, so that its spellings differ."""
    password, token = f"{secrets.token_hex(12)}@/:%é", secrets.token_hex(16)
    folder = tmp_path_factory.mktemp("planted")
    _let_in_by_password(postgres_url, password)
    socket = postgres_url.partition("host=")[2].partition("&")[0]
    (folder / "workbench.toml").write_text(
        '[workspace]\nname = "Planted"\n[source]\n'
        f'url = "postgres://reader:{{env:PLANTED_PASSWORD}}@/secrets?host={socket}"\n[tables.{TABLE}]\ntable = "public.{TABLE}"\n',
        encoding="utf-8",
    )
    parameters = 'workspace: str = ""\ntoken: str = "env:PLANTED_TOKEN"  # reference to a key'
    write_notebook(folder, "reads", READ, LOOK_UP, SAVE, KEEP, parameters=parameters)
    lingering = "from pathlib import Path\nimport time\n(company.root / 'under_way').touch()\ntime.sleep(600)"
    write_notebook(folder, "lingers", READ, LOOK_UP, lingering, parameters=parameters)
    missing = "company.catalog.connection.table('nowhere').execute()"
    write_notebook(folder, "quotes", READ, LOOK_UP, QUOTE, SAVE, KEEP, parameters=parameters)
    write_notebook(folder, "fails", READ, LOOK_UP, QUOTE, FAIL, parameters=parameters)
    write_notebook(folder, "misses", READ, LOOK_UP, missing, parameters=parameters)
    environment = {**os.environ, "PLANTED_PASSWORD": password, "PLANTED_TOKEN": token}
    return Planted(folder, password, token, environment)


def _let_in_by_password(url: str, password: str) -> None:
    with psycopg.connect(url, autocommit=True) as server:
        server.execute("CREATE DATABASE secrets")
        server.execute(psycopg.sql.SQL("CREATE ROLE reader LOGIN PASSWORD {}").format(password))
        rules = Path(server.execute("SHOW hba_file").fetchone()[0])
        rules.write_text("local all reader scram-sha-256\n" + rules.read_text())
        server.execute("SELECT pg_reload_conf()")
    weeks = pd.date_range("2024-01-01", periods=4, freq="7D")
    with psycopg.connect(url.replace("///postgres", "///secrets"), autocommit=True) as server:
        server.execute(f"CREATE TABLE {TABLE} (week timestamp, market text, kpi float8)")
        server.cursor().executemany(f"INSERT INTO {TABLE} VALUES (%s, 'AT', 10)", [(week,) for week in weeks])
        server.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")


def contents(folder: Path) -> dict[str, bytes]:
    """Everything below a folder, PDFs as the text and the streams that they hold too."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file():
            found[str(path)] = path.read_bytes() + (_unpacked(path) if path.suffix == ".pdf" else b"")
    return found


def _unpacked(path: Path) -> bytes:
    """What a PDF's pages say, and its streams: metadata, outlines and attachments too."""
    packed = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", path.read_bytes(), flags=re.DOTALL)
    streams = [zlib.decompressobj().decompress(each) for each in packed if each[:1] == b"x"]
    return b"\n".join([*streams, *(page.extract_text().encode() for page in PdfReader(path).pages)])


def spellings(secret: str) -> set[bytes]:
    """A secret as it is, as URLs and JSON write it, and the part of it that no writing changes."""
    return {secret.encode(), quote(secret, safe="").encode(), secret.encode("unicode_escape"), secret[:24].encode()}


def test_the_secret_is_found_nowhere(planted: Planted) -> None:
    finished = planted.run("reads")
    assert finished.returncode == 0, finished.stderr
    quoted = planted.run("quotes")
    assert quoted.returncode == 0, quoted.stderr
    failed = planted.run("fails")
    assert "could not connect to postgres://reader:***@" in failed.stdout + failed.stderr
    refused = planted.run("reads", PLANTED_PASSWORD=planted.password[::-1])
    assert "password authentication failed" in refused.stdout + refused.stderr
    missed = planted.run("misses")
    assert missed.returncode != 0
    assert "nowhere" in missed.stdout + missed.stderr
    planted.killed_while_running("lingers")
    assert planted.command("runs").returncode == 0
    assert planted.command("check").returncode == 0
    unset = planted.command("check", PLANTED_PASSWORD="")
    assert "set PLANTED_PASSWORD" in " ".join((unset.stdout + unset.stderr).split())

    written = contents(planted.folder)
    kinds = {Path(name).suffix for name in written}
    assert {".json", ".pdf", ".html", ".ipynb", ".parquet", ".log"} <= kinds
    assert any("sqlite" in name or name.endswith(".db") for name in written), sorted(written)
    logs = [content for name, content in written.items() if name.endswith("worker.log")]
    assert any(b"driver: postgres://reader:***@" in content for content in logs), logs
    # The reference itself is what stands there.
    assert any(b"env:PLANTED_TOKEN" in content for name, content in written.items() if name.endswith("run.json"))
    everything = written | {f"said {number}": text.encode() for number, text in enumerate(planted.said)}
    for secret in (planted.password, planted.password[::-1], planted.token):
        for spelling in spellings(secret):
            assert [name for name, content in everything.items() if spelling in content] == []


def test_the_search_would_find_it(tmp_path: Path) -> None:
    """In what a PDF shows, and in what it only carries along."""
    (tmp_path / "shown.pdf").write_bytes(typst.compile(b"Gloster-77"))
    (tmp_path / "carried.pdf").write_bytes(typst.compile(b'#pdf.attach("a.txt", bytes("Gloster-77" * 20))\nNothing'))
    assert not any(b"Gloster-77" in path.read_bytes() for path in tmp_path.iterdir())
    assert {Path(name).name for name, content in contents(tmp_path).items() if b"Gloster-77" in content} == {
        "shown.pdf",
        "carried.pdf",
    }
