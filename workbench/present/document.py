"""An executed notebook as a report: its blocks in reading order, without code, logs or progress bars."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from workbench.errors import RunError
from workbench.present.blocks import BLOCK_MIME, Block, Column, Figure, Heading, Note, PageOne, Prose, Table, from_json
from workbench.present.house import OWN, House
from workbench.present.markdown import split_at_headings

TABLE_MIME = "application/vnd.dataresource+json"
PLOTLY_MIME = "application/vnd.plotly.v1+json"
WIDGET_MIME = "application/vnd.jupyter.widget-view+json"
UNTITLED = "Report"
HIDE_CELL = "remove_cell"
HIDE_OUTPUT = "remove_output"


@dataclass(frozen=True, kw_only=True)
class Report:
    """What PDF and HTML are written from.

    Attributes:
        title: The report's title.
        workspace: The company's name, empty if unknown.
        period: The data window in words, empty if unknown.
        run_id: Which run made it, empty for a notebook that a person ran.
        created_at: ISO 8601, empty if unknown; also the PDF's creation date.
        page_one: What an executive reads; None for a notebook without one.
        blocks: The rest, in order.
        house: How it looks.
        most_pages: So many pages it may have if smaller letters can do it; 0 for as many as it takes.
    """

    title: str
    workspace: str = ""
    period: str = ""
    run_id: str = ""
    created_at: str = ""
    page_one: PageOne | None = None
    blocks: tuple[Block, ...] = ()
    house: House = OWN
    most_pages: int = 0


def read_report(path: Path, run: Mapping[str, Any] | None = None, house: House | None = None) -> Report:
    """Read an executed notebook.

    Raises:
        RunError: If there is no such notebook, it isn't one, or one of its cells failed.
    """
    try:
        notebook = nbformat.read(Path(path), as_version=4)
    except FileNotFoundError:
        raise RunError(f"{path} does not exist; name an executed notebook") from None
    except (OSError, ValueError, nbformat.validator.ValidationError) as error:
        raise RunError(f"{path} is no readable notebook ({error}); run it again") from None
    return report_of(notebook, run, name=Path(path).stem, house=house)


def report_of(
    notebook: NotebookNode, run: Mapping[str, Any] | None = None, name: str = UNTITLED, house: House | None = None
) -> Report:
    """The report that an executed notebook holds.

    Args:
        notebook: Format 4.
        run: The content of `run.json`: `run_id` and `created_at` or `started_at` are used.
        name: The title of a notebook that has neither page one nor heading.
        house: How it looks; None for the house's own look.
    """
    blocks = [block for index, cell in enumerate(notebook.cells) for block in _cell_blocks(cell, index)]
    first = next((block for block in blocks if isinstance(block, PageOne)), None)
    heading = next((block.text for block in blocks if isinstance(block, Heading) and block.level == 1), name)
    facts = dict(run or {})
    made = (first.created_at if first else "") or facts.get("created_at") or facts.get("started_at") or ""
    return Report(
        title=(first.title if first else heading).strip() or UNTITLED,
        workspace=first.workspace if first else "",
        period=first.period if first else "",
        run_id=str(facts.get("run_id", "")),
        created_at=str(made),
        page_one=first,
        blocks=tuple(_body(block for block in blocks if block is not first)),
        house=house or OWN,
    )


def _cell_blocks(cell: NotebookNode, index: int) -> Iterator[Block]:
    tags = cell.metadata.get("tags", [])
    if HIDE_CELL in tags:
        return
    if cell.cell_type == "markdown":
        yield from split_at_headings(cell.source)
    if cell.cell_type == "code":
        for output in cell.outputs:
            if output.output_type == "error":
                raise RunError(_failure(output, index))
            if output.output_type in ("display_data", "execute_result") and HIDE_OUTPUT not in tags:
                yield from _output_blocks(output.data)


def _failure(output: NotebookNode, index: int) -> str:
    message = " ".join(str(output.get("evalue", "")).split())[:300]
    return (
        f"cell {index + 1} of the notebook failed with {output.get('ename', 'an error')}: {message}; "
        "a report is made from a complete run, mend the cell and run the notebook again"
    )


def _output_blocks(data: Mapping[str, Any]) -> Iterator[Block]:
    """The richest form of an output that a page can show."""
    if BLOCK_MIME in data:
        yield from_json(data[BLOCK_MIME])
    elif TABLE_MIME in data:
        yield _resource_table(data[TABLE_MIME])
    elif PLOTLY_MIME in data or WIDGET_MIME in data:
        yield Note(text="An interactive part of the notebook is not shown here.")
    elif "image/svg+xml" in data:
        yield Figure(data=_joined(data["image/svg+xml"]), alt="Chart")
    elif "image/png" in data:
        yield Figure(data="".join(_joined(data["image/png"]).split()), format="png", alt="Chart")
    elif "text/markdown" in data:
        yield from split_at_headings(_joined(data["text/markdown"]))
    elif "text/plain" in data:
        yield from _plain_text(_joined(data["text/plain"]))


def _plain_text(text: str) -> Iterator[Block]:
    """Printed values as a listing; the bare names of objects say nothing to a reader."""
    if text.strip() and not (text.startswith("<") and text.endswith(">")):
        yield Prose(markdown="\n".join(("~~~~~~", text, "~~~~~~")))


def _resource_table(resource: Mapping[str, Any]) -> Table:
    fields = resource["schema"]["fields"]
    keys = set(resource["schema"].get("primaryKey", []))
    shown = [field for field in fields if not (field["name"] == "index" and "index" in keys)]
    numeric = [field.get("type") in ("integer", "number") for field in shown]
    rows = tuple(tuple(_value_text(row.get(field["name"])) for field in shown) for row in resource["data"])
    columns = tuple(
        Column(name=str(field["name"]), align="right" if number else "left")
        for field, number in zip(shown, numeric, strict=True)
    )
    return Table(columns=columns, rows=rows, total_rows=len(rows))


def _value_text(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.6g}".replace("-", "−") if isinstance(value, float) else str(value)


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _body(blocks: Iterable[Block]) -> list[Block]:
    return _without_skipped_levels(_without_title(_without_empty_sections(blocks)))


def _without_skipped_levels(blocks: list[Block]) -> list[Block]:
    """Headings go one level deeper at a time, below the title's: screen readers navigate by them."""
    stepped: list[Block] = []
    level = 1
    for block in blocks:
        if isinstance(block, Heading):
            level = min(max(block.level, 2), level + 1)
            block = replace(block, level=level)
        stepped.append(block)
    return stepped


def _without_title(blocks: list[Block]) -> list[Block]:
    """The first level-1 heading is the report's title and isn't repeated."""
    title = next((block for block in blocks if isinstance(block, Heading) and block.level == 1), None)
    return [block for block in blocks if block is not title]


def _without_empty_sections(blocks: Iterable[Block]) -> list[Block]:
    """Drop headings with nothing under them: their cells held only code."""
    kept: list[Block] = []
    deepest_with_content = 0
    for block in reversed(list(blocks)):
        if not isinstance(block, Heading):
            deepest_with_content = 7
            kept.append(block)
        elif block.level == 1 or deepest_with_content > block.level:
            kept.append(block)
            deepest_with_content = min(deepest_with_content, block.level)
    return kept[::-1]
