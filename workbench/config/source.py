"""`[source]`: where the company's tables are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Self
from urllib.parse import parse_qsl

from pydantic import model_validator

from workbench.config.base import Section
from workbench.config.references import KINDS, is_reference

# A reference in braces stands for one part of a URL.
INSIDE = re.compile(r"\{((?:env|file|keyring):[^{}\s]+)\}")
_PASSWORD = re.compile(r"[^:/]+://[^:/@]*:(.+)@")
_SECRET_KEY = re.compile(
    r"pass(word|wd|code|phrase)?$|pwd$|token|secret|private_key$|credential|api_?key", re.IGNORECASE
)


class SourceConfig(Section):
    """`[source]`.

    Attributes:
        url: Ibis connection URL; `duckdb://` alone reads files through an embedded engine. Secrets stand in it by reference alone.
    """

    url: str = "duckdb://"

    # Of the whole section: a refused field would be quoted with its value.
    @model_validator(mode="after")
    def _no_secret_stands_here(self) -> Self:
        refuse_secret(self.url)
        return self


def refuse_secret(url: str) -> None:
    """Refuse a URL that holds a secret instead of referring to it.

    Raises:
        ValueError: Naming the part, not its value.
    """
    part = "" if is_reference(url) else _secret_part(url)
    if part:
        raise ValueError(
            f"url holds {part}, which would be read by whoever reads this file; write {{env:NAME}} in its place, "
            f"or refer to the whole URL ({KINDS})"
        )


def secrets_of(url: str) -> Iterator[tuple[str, str]]:
    """What of a URL nobody else may know: what it is, and its value."""
    address, _, options = url.partition("?")
    # Not by the standard library: passwords that nobody escaped are found too, and no error of it quotes them.
    if password := _PASSWORD.match(address):
        yield "a password", password[1]
    yield from ((f"a secret ({key})", value) for key, value in parse_qsl(options) if _SECRET_KEY.search(key))


def _secret_part(url: str) -> str:
    """What of a URL is a secret, empty if nothing is; references in braces are none."""
    return next((part for part, _ in secrets_of(INSIDE.sub("", url))), "")
