"""What the words of a report mean: the terms that it uses, from one file of definitions."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from workbench.present.blocks import Block, Figure, Heading, Note, PageOne, Prose, Table
from workbench.present.document import Report

_SVG_TEXT = re.compile(r"<text[^>]*>([^<]*)</text>")


@dataclass(frozen=True, kw_only=True)
class Term:
    """A word and its meaning.

    Attributes:
        name: As the glossary prints it.
        forms: By which a text is known to use it.
        meaning: One plain sentence.
    """

    name: str
    forms: tuple[str, ...]
    meaning: str

    def used_in(self, text: str) -> bool:
        return any(_pattern(form).search(text) for form in self.forms)


@cache
def terms() -> tuple[Term, ...]:
    """All that are defined, in the order of the alphabet."""
    source = files("workbench.present").joinpath("glossary.toml").read_text(encoding="utf-8")
    return tuple(
        Term(name=entry["name"], forms=tuple(entry["as"]), meaning=entry["means"])
        for entry in tomllib.loads(source)["term"]
    )


def glossary(report: Report) -> tuple[tuple[str, str], ...]:
    """Name and meaning of the terms that a report uses."""
    text = "\n".join(_texts(report))
    return tuple((term.name, term.meaning) for term in terms() if term.used_in(text))


@cache
def _pattern(form: str) -> re.Pattern[str]:
    whole = re.escape(form) if form.endswith("=") else rf"{re.escape(form)}\b"
    return re.compile(rf"(?<![\w-]){whole}", 0 if form.isupper() else re.IGNORECASE)


def _texts(report: Report) -> Iterator[str]:
    if report.page_one is not None:
        yield from _block_texts(report.page_one)
    for block in report.blocks:
        yield from _block_texts(block)


def _block_texts(block: Block) -> Iterator[str]:
    match block:
        case PageOne():
            yield from block.findings
            yield from (f"{line.name}. {line.detail}" for line in block.checks)
        case Heading() | Note():
            yield block.text
        case Prose():
            yield block.markdown
        case Table():
            yield from (block.caption, *(column.name for column in block.columns))
        case Figure():
            yield from (block.caption, block.alt, *_SVG_TEXT.findall(block.data if block.format == "svg" else ""))
