"""What a report is made of: plain frozen blocks that notebooks show and PDF and HTML are written from.

A block travels inside a notebook's output as JSON under `BLOCK_MIME`; `to_json` and `from_json` are inverses.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from workbench.errors import RunError

BLOCK_MIME = "application/vnd.workbench.block+json"

type Align = Literal["left", "right"]
type Light = Literal["failed", "info", "passed"]


@dataclass(frozen=True, kw_only=True)
class CheckLine:
    """One check as page one prints it: a light, a name in words, a sentence; a brief one where that is long and told again at the end."""

    light: Light
    name: str
    detail: str
    brief: str = ""


@dataclass(frozen=True, kw_only=True)
class PageOne:
    """What an executive reads.

    Attributes:
        title: The report's title.
        workspace: The company's name.
        period: The data window in words.
        findings: Sentences, in order of money at stake.
        checks: Failed ones first.
        provenance: Label and value of what made the numbers, printed at the report's end.
        created_at: When the result was made, ISO 8601, empty if unknown.
        stamp: Why the result may not be used, printed at the top of every page; empty for one that may.
    """

    kind: Literal["page_one"] = "page_one"
    title: str
    workspace: str = ""
    period: str = ""
    findings: tuple[str, ...] = ()
    checks: tuple[CheckLine, ...] = ()
    provenance: tuple[tuple[str, str], ...] = ()
    created_at: str = ""
    stamp: str = ""


@dataclass(frozen=True, kw_only=True)
class Heading:
    """A heading; level 1 is a section of the report."""

    kind: Literal["heading"] = "heading"
    level: int
    text: str


@dataclass(frozen=True, kw_only=True)
class Prose:
    """Paragraphs, lists and small tables in Markdown."""

    kind: Literal["prose"] = "prose"
    markdown: str


@dataclass(frozen=True, kw_only=True)
class Column:
    name: str
    align: Align = "left"


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of finished text; numbers were formatted when it was made.

    Attributes:
        columns: Names and alignment; right-aligned columns are aligned on the decimal point.
        rows: Text of each cell.
        caption: What the table shows.
        total_rows: How many rows there were before the table was cut to `len(rows)`.
    """

    kind: Literal["table"] = "table"
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    total_rows: int = 0

    @property
    def omitted(self) -> int:
        return max(0, self.total_rows - len(self.rows))


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A picture.

    Attributes:
        data: The SVG's text, or a PNG in base64.
        format: Which of the two.
        caption: Printed below.
        alt: What the picture shows, for readers who can't see it.
    """

    kind: Literal["figure"] = "figure"
    data: str
    format: Literal["svg", "png"] = "svg"
    caption: str = ""
    alt: str = ""

    def content(self) -> bytes:
        """The picture's file.

        Raises:
            RunError: If it is said to be a PNG and isn't base64.
        """
        if self.format == "svg":
            return self.data.encode()
        try:
            return base64.b64decode(self.data, validate=True)
        except ValueError:
            raise RunError("a picture of the notebook is no valid PNG; run the notebook again") from None


@dataclass(frozen=True, kw_only=True)
class Note:
    """A remark set apart from the text."""

    kind: Literal["note"] = "note"
    text: str


type Block = Annotated[PageOne | Heading | Prose | Table | Figure | Note, Field(discriminator="kind")]

_ADAPTER: TypeAdapter[Any] = TypeAdapter(Block)


def to_json(block: Block) -> dict[str, Any]:
    """The block as JSON-able data."""
    return dict(_ADAPTER.dump_python(block, mode="json"))


def from_json(data: Any) -> Block:
    """The block that `to_json` wrote.

    Raises:
        RunError: If the data is no block of this version.
    """
    try:
        block: Block = _ADAPTER.validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "kind"
        raise RunError(
            f"the notebook holds a report block that can't be read ({place}: {first['msg']}); run the notebook again"
        ) from None
    return block
