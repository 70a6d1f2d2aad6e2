"""Secrets by reference: `env:NAME`, `file:PATH` or `keyring:SERVICE/USER` stand in files, and are looked up where they are used."""

from __future__ import annotations

import os
import re
from pathlib import Path

from workbench.errors import ConfigError

KINDS = "env:NAME, file:PATH or keyring:SERVICE/USER"
_REFERENCE = re.compile(r"(env|file|keyring):(\S.*)")


def is_reference(text: str) -> bool:
    """Whether a text names where a value is to be found instead of being it."""
    return _REFERENCE.fullmatch(text) is not None


def resolved(text: str, root: Path) -> str:
    """What a reference stands for; any other text as it is.

    Args:
        text: A reference, or the value itself.
        root: Folder that paths are relative to.

    Raises:
        ConfigError: If there is nothing where it points; the message never holds the value.
    """
    found = _REFERENCE.fullmatch(text)
    if found is None:
        return text
    kind, name = found.groups()
    if kind == "env":
        return _of_environment(name)
    return _of_file(root / Path(name).expanduser()) if kind == "file" else _of_keyring(name)


def _of_environment(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise ConfigError(f"env:{name} names an environment variable that isn't set; set {name}")
    return value


def _of_file(path: Path) -> str:
    try:
        value = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(f"file:{path} can't be read ({error.strerror}); write the value into that file") from None
    except UnicodeDecodeError:
        raise ConfigError(f"file:{path} is no text in UTF-8; write the value into that file") from None
    if not value:
        raise ConfigError(f"file:{path} is empty; write the value into that file")
    return value


def _of_keyring(name: str) -> str:
    service, _, user = name.rpartition("/")
    if not service or not user:
        raise ConfigError(f"keyring:{name} lacks a part; write keyring:SERVICE/USER")
    try:
        import keyring
    except ModuleNotFoundError:
        raise ConfigError(f"keyring:{name} needs the package keyring; install it, or use env: or file:") from None
    try:
        value = keyring.get_password(service, user)
    except keyring.errors.KeyringError as error:
        kind = type(error).__name__
        raise ConfigError(
            f"keyring:{name} can't be looked up ({kind}); unlock the keyring, or use env: or file:"
        ) from None
    if not value:
        raise ConfigError(f"keyring:{name} holds nothing; store it by `keyring set {service} {user}`")
    return str(value)
