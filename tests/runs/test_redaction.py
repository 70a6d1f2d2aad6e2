"""Secrets of a workspace are struck out of texts, and nothing else is."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.runs.tiny import make_workspace
from workbench.errors import ConfigError, RunError
from workbench.runs.ledger import Ledger
from workbench.runs.redaction import SHORTEST, Redaction, redaction_of

PASSWORD = "Gloster-77/@x"
TEXTS = st.text(max_size=30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


def strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for each in inside for text in strings(each)]


@given(secret=st.text("abcXYZ019-_/@:% é", min_size=SHORTEST, max_size=30), around=TEXTS, value=JSON)
def test_a_secret_is_found_nowhere_in_what_is_told(secret: str, around: str, value: object) -> None:
    quoting = {"text": f"{around}{secret}{around}", "lines": [f"line {secret}\n", value], "other": {"deep": secret}}
    assert not any(secret in text for text in strings(Redaction([secret]).plain(quoting)))


@given(value=JSON)
def test_without_secrets_everything_is_as_it_was(value: object) -> None:
    assert not Redaction([])
    assert Redaction(["short", ""]).plain(value) == value


def test_what_references_stand_for_is_struck_out_and_users_and_hosts_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("READER", "marketing")
    monkeypatch.setenv("PASSWORD", PASSWORD)
    monkeypatch.setenv("MAIL", "mailtos://ann:Severn-Bore@mail.example.com")
    monkeypatch.setenv("TOKEN", "Stroud-Valley-5")
    monkeypatch.delenv("NOT_SET", raising=False)
    workspace = make_workspace(
        tmp_path,
        '[source]\nurl = "postgres://{env:READER}:{env:PASSWORD}@host.example/shop"\n'
        '[runs]\nstore = "env:NOT_SET"\n'
        '[[notify]]\nname = "mail"\nto = "env:MAIL"\n',
    )
    redaction = redaction_of(workspace, {"token": "env:TOKEN", "market": "AT", "weeks": 4})
    said = "marketing@host.example says: Gloster-77%2F%40x, Gloster-77/@x, ann:Severn-Bore@, Stroud-Valley-5, AT, 4"
    assert redaction.text(said) == "marketing@host.example says: ***, ***, ann:***@, ***, AT, 4"


def test_a_file_of_data_that_a_parameter_names_is_not_read(tmp_path: Path) -> None:
    rows = "Ann,Bob,Charlotte\n" * 10_000
    (tmp_path / "orders.csv").write_text(rows)
    assert not redaction_of(make_workspace(tmp_path), {"orders": "file:orders.csv"})


def test_a_file_is_rewritten_without_them_and_keeps_what_is_no_text(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_bytes(b"\xff\xfe " + PASSWORD.encode() + b"\n")
    Redaction([PASSWORD]).file(log)
    assert log.read_bytes() == b"\xff\xfe ***\n"


def test_figures_of_a_cell_are_as_they_were() -> None:
    message = {"data": {"text/html": f"<b>{PASSWORD}</b>", "image/png": "iVBORw0KGgo="}, "metadata": {}}
    assert json.dumps(Redaction([PASSWORD]).plain(message)) == json.dumps(
        {"data": {"text/html": "<b>***</b>", "image/png": "iVBORw0KGgo="}, "metadata": {}}
    )


def test_a_ledger_that_lets_nobody_in_is_told_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.runs.ledger.database.BUSY_SECONDS", 0.0)
    monkeypatch.setenv("PASSWORD", PASSWORD)
    ledger = "postgresql://ann:{env:PASSWORD}@127.0.0.1:1/history?sslpassword={env:PASSWORD}"
    workspace = make_workspace(tmp_path, f'[runs]\nledger = "{ledger}"\n')
    with pytest.raises(RunError, match=r"the ledger postgresql.*can't be used") as refused:
        Ledger.of(workspace)
    assert "Gloster" not in str(refused.value)
    monkeypatch.delenv("PASSWORD")
    with pytest.raises(ConfigError, match="env:PASSWORD names an environment variable that isn't set"):
        Ledger.of(workspace)
