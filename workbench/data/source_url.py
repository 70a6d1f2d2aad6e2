"""The URL of a source, whose secrets are looked up where it is opened and never told: a reference, or one with references inside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote

from workbench.config.references import is_reference, resolved
from workbench.config.source import INSIDE, secrets_of

MASK = "***"


@dataclass(frozen=True)
class SourceUrl:
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
        for secret in self._secrets:
            said = said.replace(secret, MASK)
        return said


def read_source_url(url: str, root: Path) -> SourceUrl:
    """Look up what a URL refers to.

    Args:
        url: An Ibis URL; a reference to a whole one, such as `env:WAREHOUSE_URL`; or one with references in braces, such as
            `postgres://reader:{env:PASSWORD}@host/shop`, whose values are escaped as URLs want it.
        root: Folder that paths start from.

    Raises:
        ConfigError: If there is nothing where a reference points.
    """
    found = {reference: resolved(reference, root) for reference in INSIDE.findall(url)}
    text = INSIDE.sub(lambda match: quote(found[match[1]], safe=""), url)
    whole = resolved(url, root) if is_reference(url) else text
    looked_up = [whole, *found.values()] if is_reference(url) or found else []
    return SourceUrl(
        shown=url, text=whole, _secrets=_as_drivers_quote([*looked_up, *(value for _, value in secrets_of(whole))])
    )


def _as_drivers_quote(secrets: Iterable[str]) -> tuple[str, ...]:
    """Each as it is, escaped and unescaped; the longest first, since one may hold another."""
    spelt = {
        form for secret in secrets for form in (secret, unquote(secret), quote(secret, safe=""), repr(secret)[1:-1])
    }
    return tuple(sorted(spelt - {""}, key=len, reverse=True))
