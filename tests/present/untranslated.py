"""What of a report the catalogue of a language doesn't know, but for names that the company gave."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import ibis

from workbench.present.blocks import Figure
from workbench.present.document import Report, read_report
from workbench.present.glossary import glossary
from workbench.present.language.catalogue import catalogue
from workbench.present.language.in_blocks import in_language
from workbench.workspace import Workspace, open_workspace

MOST_CATEGORIES = 3000
# Of a run or of a model.
ID = re.compile(r"\d{8}T\d{6}-\w+-[0-9a-f]{8}|\d{4}-\d{2}-\d{2}-[0-9a-f]{8}")
TEXT = "{http://www.w3.org/2000/svg}text"


def untranslated(notebook: Path, own: Collection[str], language: str = "de") -> list[str]:
    """Pieces of text of an executed notebook that would stay English; `own` are names that the company gave."""
    return unknown_of(read_report(notebook), own, language)


def unknown_of(report: Report, own: Collection[str], language: str = "de") -> list[str]:
    known = catalogue(language)
    assert known is not None
    found: dict[str, None] = {}

    def say(text: str) -> str:
        found.update(dict.fromkeys(known.told(text).unknown))
        return text

    for text in (report.title, *(part for term in glossary(report) for part in term)):
        say(text)
    for block in (report.page_one, *report.blocks):
        if block is not None:
            in_language(block, say)
        if isinstance(block, Figure) and block.format == "svg":
            for text in _drawn(block):
                say(text)
    names = {_plain(name) for name in own}
    return [text for text in found if not ID.fullmatch(text) and not _is_own(_plain(text).split(), names)]


def _drawn(figure: Figure) -> Iterator[str]:
    """The texts of a chart, lines of one text joined as they were before they were broken."""
    root = ElementTree.fromstring(figure.data)
    for group in root.iter("{http://www.w3.org/2000/svg}g"):
        lines = [" ".join("".join(text.itertext()).split()) for text in group if text.tag == TEXT]
        if lines:
            yield " ".join(lines)


def names_of(workspace: Workspace) -> set[str]:
    """Names that the company gave: keys and texts of its configuration and registry, columns and categories of its tables."""
    names = {workspace.currency, *_texts(workspace.config.model_dump(mode="json", exclude_unset=True))}
    registry = workspace.reports / "learnings.jsonl"
    for line in registry.read_text().splitlines() if registry.is_file() else ():
        # Tags and markets stand in one text.
        names |= {part for text in _texts(json.loads(line)) for part in (text, *text.split(";"))}
    return names.union(*(_names_in(workspace.root, table) for table in workspace.config.tables))


@cache
def _names_in(root: Path, table: str) -> frozenset[str]:
    """Names of columns, and of categories where there are no more than a company has names for."""
    catalog = open_workspace(root).catalog
    raw, mapped = catalog.raw(table), catalog.mapped(table)
    return frozenset({*raw.columns, *_categories(raw), *_categories(mapped)})


def _categories(rows: ibis.Table) -> Iterator[str]:
    for column in (column for column, kind in rows.schema().items() if kind.is_string()):
        values = rows.select(column).distinct().limit(MOST_CATEGORIES + 1).execute()[column].dropna()
        if len(values) <= MOST_CATEGORIES:
            yield from values


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", text).split()).casefold()


def _is_own(words: list[str], names: set[str]) -> bool:
    """Whether the words are one name or several, one after the other."""
    if not words:
        return True
    return any(" ".join(words[:taken]) in names and _is_own(words[taken:], names) for taken in range(len(words), 0, -1))
