"""A report as PDF.

The template reads the report as data (`report.json`), so nothing that a report says is ever Typst source and
nothing needs escaping. Fonts are those that matplotlib carries; neither the machine's fonts nor the network are used.
"""

from __future__ import annotations

import base64
import json
import re
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import typst

from workbench.errors import RunError
from workbench.present.amounts import amounts_apart
from workbench.present.blocks import Block, Column, Figure, PageOne, Prose, Table, to_json
from workbench.present.document import Report
from workbench.present.markdown import tree
from workbench.present.palette import PALETTE

TEMPLATE = "template.typ"
_NARROW = 72


def pdf_bytes(report: Report) -> bytes:
    """Typeset a report; the same report gives the same bytes.

    Raises:
        RunError: If a picture of the report can't be read.
    """
    with tempfile.TemporaryDirectory(prefix="workbench-pdf-") as name:
        folder = Path(name)
        data = _report_data(report, folder)
        (folder / "report.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        (folder / TEMPLATE).write_bytes(files("workbench.present").joinpath("templates", TEMPLATE).read_bytes())
        try:
            compiled = typst.compile(
                str(folder / TEMPLATE),
                root=str(folder),
                font_paths=_fonts(),
                ignore_system_fonts=True,
                format="pdf",
                timestamp=_created(report),
            )
        except typst.TypstError as error:
            raise RunError(f"the report {report.title!r} can't be typeset: {error.message}") from None
    return bytes(compiled)


@cache
def _fonts() -> typst.Fonts:
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(folder)])


def _created(report: Report) -> datetime:
    try:
        moment = datetime.fromisoformat(report.created_at)
    except ValueError:
        moment = datetime.fromtimestamp(0, UTC)
    # Typst refuses microseconds.
    moment = moment.replace(microsecond=0)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _report_data(report: Report, folder: Path) -> dict[str, Any]:
    created = _created(report)
    return {
        "title": report.title,
        "workspace": report.workspace,
        "period": report.period,
        "run_id": report.run_id,
        "created": list(created.timetuple()[:6]) if report.created_at else None,
        "palette": asdict(PALETTE),
        "page_one": _page_one(report.page_one) if report.page_one else None,
        "blocks": [_block_data(block, index, folder) for index, block in enumerate(report.blocks)],
    }


def _page_one(page: PageOne) -> dict[str, Any]:
    return {**to_json(page), "findings": [amounts_apart(finding) for finding in page.findings]}


def _block_data(block: Block, index: int, folder: Path) -> dict[str, Any]:
    if isinstance(block, Prose):
        return {"kind": "prose", "nodes": tree(block.markdown)}
    if isinstance(block, Figure):
        return {**to_json(block), "data": _write_picture(block, index, folder)}
    if isinstance(block, Table):
        return _table_data(block)
    if isinstance(block, PageOne):
        return {**_page_one(block), "kind": "page_one"}
    return to_json(block)


def _write_picture(figure: Figure, index: int, folder: Path) -> str:
    name = f"figure-{index}.{figure.format}"
    try:
        content = figure.data.encode() if figure.format == "svg" else base64.b64decode(figure.data, validate=True)
    except ValueError:
        raise RunError("a picture of the notebook is no valid PNG; run the notebook again") from None
    (folder / name).write_bytes(content)
    return name


def _table_data(table: Table) -> dict[str, Any]:
    cells = list(zip(*table.rows, strict=True)) if table.rows else [() for _ in table.columns]
    longest = [max(map(len, (column.name, *texts))) for column, texts in zip(table.columns, cells, strict=True)]
    narrow = sum(longest) + 3 * len(longest) <= _NARROW
    return {
        "kind": "table",
        "caption": table.caption,
        "omitted": table.omitted,
        "shown": len(table.rows),
        "columns": [asdict(column) for column in table.columns],
        "widths": [
            0 if narrow or column.align == "right" else min(max(n, 8), 60)
            for column, n in zip(table.columns, longest, strict=True)
        ],
        "size": 7.8 if sum(longest) <= 95 else 6.8 if sum(longest) <= 130 else 6.0,
        "rows": _split_rows(table.columns, table.rows),
    }


def _split_rows(columns: tuple[Column, ...], rows: tuple[tuple[str, ...], ...]) -> list[list[list[str]]]:
    """Each cell as `[text, what follows its decimal point, the column's widest such part]`."""
    tails = [[_tail(row[i]) if column.align == "right" else "" for row in rows] for i, column in enumerate(columns)]
    widest = [max(column, key=len, default="") for column in tails]
    return [[[row[i], tails[i][r], widest[i]] for i in range(len(columns))] for r, row in enumerate(rows)]


def _tail(text: str) -> str:
    number = re.fullmatch(r"[^\d]*[\d,]+(\.\d+)?(\D{0,3})", text)
    return (number.group(1) or "") + number.group(2) if number else ""
