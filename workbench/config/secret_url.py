"""URLs with secrets: they stand in files by reference, are looked up where they are opened, and are never told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote

from workbench.config.references import KINDS, is_reference, resolved

MASK = "***"
# A reference in braces stands for one part of a URL.
_INSIDE = re.compile(r"\{((?:env|file|keyring):[^{}\s]+)\}")
_PASSWORD = re.compile(r"[^:/]+://[^:/@]*:(.+)@")
_SECRET_KEY = re.compile(
    r"pass(word|wd|code|phrase)?$|pwd$|token|secret|private_key$|credential|api_?key", re.IGNORECASE
)


@dataclass(frozen=True)
class SecretUrl:
    """A URL to open, and how messages call it.

    Attributes:
        shown: As `workbench.toml` has it, without any secret.
        text: With its secrets, for the driver alone.
    """

    shown: str
    text: str = field(repr=False)
    _secrets: tuple[str, ...] = field(repr=False)

    @property
    def scheme(self) -> str:
        return self.text.partition("://")[0]

    def masked(self, said: str) -> str:
        """What a driver said, without the secrets that it quotes: neither the whole URL nor any part that was looked up."""
        return masked(said, self._secrets)


def read_secret_url(url: str, root: Path) -> SecretUrl:
    """Look up what a URL refers to.

    Args:
        url: A URL; a reference to a whole one, such as `env:WAREHOUSE_URL`; or one with references in braces, such as
            `postgres://reader:{env:PASSWORD}@host/shop`, whose values are escaped as URLs want it.
        root: Folder that paths start from.

    Raises:
        ConfigError: If there is nothing where a reference points.
    """
    found = {reference: resolved(reference, root) for reference in references_in(url)}
    text = _INSIDE.sub(lambda match: quote(found[match[1]], safe=""), url)
    whole = found[url] if is_reference(url) else text
    looked_up = [whole, *found.values()] if found else []
    return SecretUrl(
        shown=url, text=whole, _secrets=spellings([*looked_up, *(value for _, value in secrets_of(whole))])
    )


def references_in(text: str) -> list[str]:
    """The references that a text is, or that stand in braces inside it."""
    return [text] if is_reference(text) else _INSIDE.findall(text)


def refuse_secret(key: str, url: str) -> None:
    """Refuse a URL that holds a secret instead of referring to it.

    Args:
        key: What it is called in the file.
        url: As the file has it.

    Raises:
        ValueError: Naming the part, not its value.
    """
    part = "" if is_reference(url) else _secret_part(url)
    if part:
        raise ValueError(
            f"{key} holds {part}, which would be read by whoever reads this file; write {{env:NAME}} in its place, "
            f"or refer to the whole URL ({KINDS})"
        )


def secrets_of(url: str) -> Iterator[tuple[str, str]]:
    """What of a URL nobody else may know: what it is, and its value."""
    address, _, options = url.partition("?")
    # Not by the standard library: passwords that nobody escaped are found too, and no error of it quotes them.
    if password := _PASSWORD.match(address):
        yield "a password", password[1]
    yield from ((f"a secret ({key})", value) for key, value in parse_qsl(options) if _SECRET_KEY.search(key))


def masked(said: str, secrets: Iterable[str]) -> str:
    """A text without secrets, given in all their `spellings`."""
    for secret in secrets:
        said = said.replace(secret, MASK)
    return said


def spellings(secrets: Iterable[str]) -> tuple[str, ...]:
    """Each secret as it is, escaped and unescaped; the longest first, since one may hold another."""
    spelt = {
        form for secret in secrets for form in (secret, unquote(secret), quote(secret, safe=""), repr(secret)[1:-1])
    }
    return tuple(sorted(spelt - {""}, key=len, reverse=True))


def _secret_part(url: str) -> str:
    """What of a URL is a secret, empty if nothing is; references in braces are none."""
    return next((part for part, _ in secrets_of(_INSIDE.sub("", url))), "")
