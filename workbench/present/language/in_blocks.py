"""Blocks in another language: every text of theirs but names of the company and what machines read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from workbench.present.blocks import Block, CheckLine, Figure, Heading, Note, PageOne, Prose, Table

type Say = Callable[[str], str]

# What of the provenance is words and days, not what machines read.
IN_WORDS = ("Data window", "Compared with")
_FENCE = "~~~"
_MARKER = re.compile(r"(\s*(?:[-*+]|\d+\.|#{1,6}|>)\s+)(.*)")


def in_language(block: Block, say: Say) -> Block:
    """A block with its texts said by `say`; pictures stay as they were drawn."""
    match block:
        case PageOne():
            return page_one_in_language(block, say)
        case Heading() | Note():
            return replace(block, text=say(block.text))
        case Prose():
            return replace(block, markdown=markdown_in_language(block.markdown, say))
        case Table():
            columns = tuple(replace(column, name=say(column.name)) for column in block.columns)
            rows = tuple(tuple(map(say, row)) for row in block.rows)
            return replace(block, columns=columns, rows=rows, caption=say(block.caption))
        case Figure():
            return replace(block, caption=say(block.caption), alt=say(block.alt))


def markdown_in_language(source: str, say: Say) -> str:
    """Markdown paragraph by paragraph, item by item and cell by cell; listings stay as they are."""
    done: list[str] = []
    listing = False
    for paragraph in _paragraphs(source):
        if paragraph.startswith(_FENCE):
            listing = not listing
        elif not listing and paragraph.strip():
            paragraph = _told(paragraph, say)
        done.append(paragraph)
    return "\n".join(done)


def _paragraphs(source: str) -> list[str]:
    """Lines that belong together as one, each blank line, marker, row and fence beginning anew."""
    whole: list[str] = []
    open_, listing = False, False
    for line in source.splitlines():
        fence = line.startswith(_FENCE)
        alone = listing or fence or not line.strip() or line.lstrip().startswith("|")
        if open_ and not alone and not _MARKER.match(line):
            whole[-1] += " " + line.strip()
        else:
            whole.append(line)
        open_ = not alone
        listing = listing != fence
    return whole


def _told(paragraph: str, say: Say) -> str:
    if paragraph.lstrip().startswith("|"):
        cells = paragraph.split("|")
        return "|".join(cell if set(cell) <= set(" :-") else f" {say(cell.strip())} " for cell in cells)
    if item := _MARKER.match(paragraph):
        return item[1] + say(item[2])
    return say(paragraph)


def page_one_in_language(page: PageOne, say: Say) -> PageOne:
    """What an executive reads; of the provenance only its labels and what is in words."""
    return replace(
        page,
        title=say(page.title),
        period=say(page.period),
        findings=tuple(map(say, page.findings)),
        checks=tuple(_check(line, say) for line in page.checks),
        provenance=tuple((say(label), say(value) if label in IN_WORDS else value) for label, value in page.provenance),
        stamp=say(page.stamp),
    )


def _check(line: CheckLine, say: Say) -> CheckLine:
    return replace(line, name=say(line.name), detail=say(line.detail), brief=say(line.brief))
