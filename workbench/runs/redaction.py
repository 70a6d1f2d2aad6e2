"""Secrets of a workspace are struck out of what a run leaves: errors of drivers quote the addresses that they were given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.config.references import is_reference, resolved
from workbench.config.secret_url import masked, read_secret_url, references_in, secrets_of, spellings
from workbench.errors import ConfigError

if TYPE_CHECKING:
    from workbench.workspace import Workspace

# Shorter ones are words and numbers of any report.
SHORTEST = 6
_LARGEST_FILE = 1 << 16


class Redaction:
    """Texts without secrets.

    Args:
        secrets: Those shorter than `SHORTEST` are left where they stand.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._spelt = tuple(each for each in spellings(secrets) if len(each) >= SHORTEST)

    def __bool__(self) -> bool:
        return bool(self._spelt)

    def text(self, said: str) -> str:
        """A text without them."""
        return masked(said, self._spelt)

    def plain(self, value: Any) -> Any:
        """A value of JSON without them, keys of it as they are."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {key: self.plain(each) for key, each in value.items()}
        return [self.plain(each) for each in value] if isinstance(value, list | tuple) else value

    def file(self, path: Path) -> None:
        """A file without them; what can't be read as text in it is kept."""
        said = path.read_bytes().decode(errors="surrogateescape")
        without = self.text(said)
        if without != said:
            path.write_bytes(without.encode(errors="surrogateescape"))


def redaction_of(workspace: Workspace, parameters: Mapping[str, object]) -> Redaction:
    """What the references of a workspace and of a run's parameters stand for, as far as it is a secret.

    Keyrings are asked for what a run looks up itself, the source and its parameters: some ask the user in turn.
    """
    config, root = workspace.config, workspace.root
    own = [config.source.url, *_texts(list(parameters.values()))]
    others = [
        config.runs.ledger,
        config.runs.store,
        config.publish.proxy.secret,
        *(to for each in config.notify for to in each.to),
    ]
    asked = [*own, *(text for text in others if not any(map(_is_kept_in_keyring, references_in(text))))]
    return Redaction(secret for text in asked for secret in _secrets(text, root))


def _secrets(text: str, root: Path) -> Iterator[str]:
    """Of a reference all that it stands for; of a URL with references inside only what is a secret, since users and hosts are none."""
    references = references_in(text)
    if references and not any(_is_no_secret(each, root) for each in references):
        with suppress(ConfigError):
            whole = resolved(text, root) if is_reference(text) else read_secret_url(text, root).text
            yield from (value for _, value in secrets_of(whole))
            if is_reference(text):
                yield whole


def _is_kept_in_keyring(reference: str) -> bool:
    return reference.startswith("keyring:")


def _is_no_secret(reference: str, root: Path) -> bool:
    """A parameter may name a file of data just as well."""
    kind, _, name = reference.partition(":")
    with suppress(OSError):
        return kind == "file" and (root / Path(name).expanduser()).stat().st_size > _LARGEST_FILE
    return False


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
