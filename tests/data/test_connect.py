"""A source is opened by a URL whose secrets are looked up; what can't be opened is a sentence without them."""

import re
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from workbench.config.secret_url import read_secret_url
from workbench.data.connect import connect
from workbench.data.drivers import DRIVERS
from workbench.errors import ConfigError

PASSWORD = "p@ss/wörd:%41 {x}"


def test_references_stand_for_a_whole_url_or_for_its_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "password.txt").write_text(f"{PASSWORD}\n", encoding="utf-8")
    monkeypatch.setenv("READER", "reader")
    monkeypatch.setenv("WHOLE", "postgres://reader:secret@db.example/shop")
    parts = read_secret_url("postgres://{env:READER}:{file:password.txt}@db.example/shop", tmp_path)
    # RFC 3986: everything in a password that isn't unreserved is escaped.
    assert parts.text == "postgres://reader:p%40ss%2Fw%C3%B6rd%3A%2541%20%7Bx%7D@db.example/shop"
    assert parts.scheme == "postgres"
    assert read_secret_url("env:WHOLE", tmp_path).text == "postgres://reader:secret@db.example/shop"
    assert read_secret_url("duckdb://company.db", tmp_path).text == "duckdb://company.db"


@pytest.mark.parametrize("form", [PASSWORD, "p%40ss%2Fw%C3%B6rd%3A%2541%20%7Bx%7D"])
@pytest.mark.parametrize("url", ["postgres://reader:{env:PASSWORD}@db.example/shop", "env:WHOLE"])
def test_what_drivers_quote_is_masked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, form: str) -> None:
    monkeypatch.setenv("PASSWORD", PASSWORD)
    monkeypatch.setenv("WHOLE", "postgres://reader:p%40ss%2Fw%C3%B6rd%3A%2541%20%7Bx%7D@db.example/shop")
    source = read_secret_url(url, tmp_path)
    said = source.masked(f'no such host in "{source.text}", password={form}')
    assert form not in said
    assert said.endswith("password=***")
    assert PASSWORD not in repr(source)
    assert source.shown == url


def test_a_reference_that_leads_nowhere_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^source\.url: env:NOT_SET names an environment variable that isn't set"):
        connect("postgres://reader:{env:NOT_SET}@db.example/shop", tmp_path)


def test_an_engine_that_refuses_is_told_without_the_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """libpq quotes what it can't parse: here the secret itself."""
    monkeypatch.setenv("PORT", "Gloster-77")
    with pytest.raises(ConfigError) as refused:
        connect("postgres://reader@127.0.0.1/shop?port={env:PORT}", tmp_path)
    assert "source.url postgres://reader@127.0.0.1/shop?port={env:PORT} can't be opened" in str(refused.value)
    assert "***" in str(refused.value)
    assert "Gloster-77" not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("scheme", "module"),
    [
        ("bigquery", "google.cloud.bigquery"),
        ("databricks", "databricks"),
        ("pyspark", "pyspark"),
        ("snowflake", "snowflake"),
        ("trino", "trino"),
    ],
)
def test_a_missing_driver_names_the_extra_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, module: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, f"ibis.backends.{scheme}", raising=False)
    warehouse, package = DRIVERS[scheme]
    with pytest.raises(ConfigError) as refused:
        connect(f"{scheme}://reader@host/shop", tmp_path)
    assert f'install the driver of {warehouse} by `pip install "{package}"`' in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_brings_a_driver_is_there_to_be_installed(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    for _, package in DRIVERS.values():
        requirement = Requirement(package)
        if requirement.name == project["name"]:
            assert requirement.extras <= set(project["optional-dependencies"])
        else:
            assert str(requirement.specifier) == "<13,>=12"


@pytest.mark.skipif(sys.platform != "linux", reason="reads the size of this process as Linux tells it")
def test_embedded_engines_reserve_no_memory_ahead(tmp_path: Path) -> None:
    """Linux refuses to fork a process in which one reserved range is larger than the machine's memory; two engines' may lie side by side."""
    before = _address_space()
    engines = [connect("duckdb://", tmp_path) for _ in range(4)]
    assert _address_space() - before < 2**30
    del engines


def _address_space() -> int:
    kilobytes = re.search(r"VmSize:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert kilobytes
    return int(kilobytes[1]) * 1024
