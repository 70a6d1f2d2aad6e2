"""Secrets by reference: what is found, and what is said where nothing is; no sentence ever holds the value."""

import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.config.references import is_reference, resolved
from workbench.errors import ConfigError

SECRET = "mailtos://ann:hunter2@example.com"


class StoredPasswords(ModuleType):
    """Stands for the package keyring, which is optional."""

    class errors:  # noqa: N801
        class KeyringError(Exception):
            pass

    @staticmethod
    def get_password(service: str, user: str) -> str | None:
        if service == "locked":
            raise StoredPasswords.errors.KeyringError(SECRET)
        return {("mail/eu", "ann"): SECRET}.get((service, user))


def test_each_kind_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MAIL_URL", SECRET)
    monkeypatch.setitem(sys.modules, "keyring", StoredPasswords("keyring"))
    (tmp_path / "mail.txt").write_text(f"{SECRET}\n", encoding="utf-8")
    for reference in ("env:MAIL_URL", "file:mail.txt", f"file:{tmp_path / 'mail.txt'}", "keyring:mail/eu/ann"):
        assert is_reference(reference)
        assert resolved(reference, tmp_path) == SECRET


@given(st.text())
def test_any_other_text_stays_as_it_is(text: str):
    if not is_reference(text):
        assert resolved(text, Path("/nowhere")) == text
    assert not is_reference(f"mailto://{text}")


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("env:NOT_SET", "env:NOT_SET names an environment variable that isn't set; set NOT_SET"),
        ("file:none.txt", "none.txt can't be read (No such file or directory); write the value into that file"),
        ("file:empty.txt", "empty.txt is empty; write the value into that file"),
        ("file:bytes.bin", "bytes.bin is no text in UTF-8; write the value into that file"),
        ("keyring:mail", "keyring:mail lacks a part; write keyring:SERVICE/USER"),
        ("keyring:mail/bob", "keyring:mail/bob holds nothing; store it by `keyring set mail bob`"),
        ("keyring:locked/ann", "keyring:locked/ann can't be looked up (KeyringError); unlock the keyring"),
    ],
)
def test_what_is_missing_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: str, sentence: str):
    monkeypatch.setitem(sys.modules, "keyring", StoredPasswords("keyring"))
    (tmp_path / "empty.txt").write_text("\n", encoding="utf-8")
    (tmp_path / "bytes.bin").write_bytes(b"\xff\xfe\x00hunter2")
    with pytest.raises(ConfigError) as told:
        resolved(reference, tmp_path)
    assert sentence in str(told.value)
    assert "hunter2" not in str(told.value)


def test_without_the_package_the_keyring_is_no_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ConfigError, match="needs the package keyring; install it, or use env: or file:"):
        resolved("keyring:mail/ann", tmp_path)
