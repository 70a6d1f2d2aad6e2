"""Which language a notebook's charts and pages are shown in: English until it says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from workbench.present.language.catalogue import Catalogue, catalogue

_spoken: list[Catalogue | None] = [None]


def speak(language: str) -> None:
    """Show what follows in a language, such as that of `[report]`; blocks are saved in English all the same, charts as they are shown."""
    _spoken[-1] = catalogue(language)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak a language inside a `with` block."""
    _spoken.append(catalogue(language))
    try:
        yield
    finally:
        _spoken.pop()


def spoken() -> Catalogue | None:
    """What is spoken now; None for English."""
    return _spoken[-1]


def say(text: str) -> str:
    """A text in the language that is spoken."""
    return text if _spoken[-1] is None else _spoken[-1].say(text)
