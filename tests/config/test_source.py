"""No secret stands in `workbench.toml`: a URL that holds one is refused, in words that don't repeat it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.config import CONFIG_FILE, load_config
from workbench.config.secret_url import secrets_of
from workbench.errors import ConfigError

SECRET = "Gloster-77"
OPEN = [
    "duckdb://",
    "duckdb://company.db",
    "postgres://reader@db.example:5432/shop",
    "postgres:///shop?host=/var/run/postgresql&user=reader",
    "postgres://reader:{env:PASSWORD}@db.example:5432/shop",
    "snowflake://reader:{keyring:warehouse/reader}@account/SHOP/PUBLIC?warehouse=SMALL",
    "databricks://dbc.example/sql/1.0?access_token={file:token.txt}&catalog=main",
    "bigquery://project/dataset",
    "trino://reader@trino.example:8080/hive/shop?http_scheme=https",
    "env:WAREHOUSE_URL",
    "keyring:warehouse/url",
]
HELD = [
    (f"postgres://reader:{SECRET}@db.example/shop", "a password"),
    (f"postgres://reader:{SECRET}/with@signs?@db.example/shop", "a password"),
    (f"postgres:///shop?host=/run&user=reader&password={SECRET}", "a secret (password)"),
    (f"databricks://dbc.example/sql?access_token={SECRET}", "a secret (access_token)"),
    (f"duckdb://md:shop?motherduck_token={SECRET}", "a secret (motherduck_token)"),
    (f"snowflake://reader@account/SHOP?private_key={SECRET}", "a secret (private_key)"),
    (f"trino://{{env:WHO}}:{SECRET}@trino.example/hive", "a password"),
]


def write(folder: Path, url: str) -> Path:
    file = folder / CONFIG_FILE
    file.write_text(f"[workspace]\nname = \"Shop\"\n[source]\nurl = '{url}'\n")
    return file


@pytest.mark.parametrize("url", OPEN)
def test_an_address_without_a_secret_is_taken_as_it_is(tmp_path: Path, url: str) -> None:
    assert load_config(write(tmp_path, url)).source.url == url


@pytest.mark.parametrize(("url", "part"), HELD)
def test_a_secret_is_refused_and_not_repeated(tmp_path: Path, url: str, part: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_config(write(tmp_path, url))
    said = str(refused.value)
    assert f"source: url holds {part}" in said
    assert "write {env:NAME} in its place" in said
    assert SECRET not in said
    assert "\n" not in said


@pytest.mark.parametrize("key", ["ledger", "store"])
@pytest.mark.parametrize(("url", "part"), HELD)
def test_neither_does_one_stand_in_what_runs_are_kept_in(tmp_path: Path, key: str, url: str, part: str) -> None:
    file = tmp_path / CONFIG_FILE
    file.write_text(f"[workspace]\nname = \"Shop\"\n[runs]\n{key} = '{url}'\n")
    with pytest.raises(ConfigError) as refused:
        load_config(file)
    assert f"runs: {key} holds {part}" in str(refused.value)
    assert SECRET not in str(refused.value)


@given(
    user=st.text("abc-_.", max_size=8),
    password=st.text(min_size=1).filter(lambda text: "?" not in text and "\n" not in text),
)
def test_any_password_is_found(user: str, password: str) -> None:
    assert ("a password", password) in secrets_of(f"postgres://{user}:{password}@db.example:5432/shop")
