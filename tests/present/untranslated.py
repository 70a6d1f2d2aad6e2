"""What of a report the catalogue of a language doesn't know, but for names that the company gave."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from workbench.present.blocks import Figure
from workbench.present.document import Report, read_report
from workbench.present.glossary import glossary
from workbench.present.language.catalogue import catalogue
from workbench.present.language.in_blocks import in_language

TEXT = "{http://www.w3.org/2000/svg}text"


def untranslated(notebook: Path, own: str, language: str = "de") -> list[str]:
    """Pieces of text of an executed notebook that would stay English; `own` holds what the company wrote itself."""
    return unknown_of(read_report(notebook), own, language)


def unknown_of(report: Report, own: str, language: str = "de") -> list[str]:
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
    return [text for text in found if not _is_own(text, own)]


def _drawn(figure: Figure) -> Iterator[str]:
    """The texts of a chart, lines of one text joined as they were before they were broken."""
    root = ElementTree.fromstring(figure.data)
    for group in root.iter("{http://www.w3.org/2000/svg}g"):
        lines = [" ".join("".join(text.itertext()).split()) for text in group if text.tag == TEXT]
        if lines:
            yield " ".join(lines)


def _is_own(text: str, own: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(text.strip())}(?!\w)", own) is not None
