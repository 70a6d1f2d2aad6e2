"""A report as an accessible PDF (PDF/UA-1: tagged, every picture described).

The template reads the report as data (`report.json`), so nothing that a report says is ever Typst source and
nothing needs escaping. Fonts are those that matplotlib carries; the machine's are used for letters alone that those lack.
"""

from __future__ import annotations

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
from workbench.present.house import Logo
from workbench.present.language.in_reports import SaidReport, said
from workbench.present.lettering import Lettering, house_fonts, lettering_of, texts_in
from workbench.present.markdown import tree
from workbench.present.table_fit import Fit, fitted_parts, tails

TEMPLATE = "template.typ"
# What the template itself says.
WORDS = (
    "Run",
    "Data",
    "Page",
    "of",
    "Formula",
    "FAILED",
    "NOTE",
    "PASSED",
    "failed",
    "passed",
    "for information",
    "WHAT WE FOUND",
    "HOW FAR TO TRUST IT",
    "What was checked",
    "Where the numbers come from",
    "What the words mean",
    "rows are shown",
    "more are in the saved result",
)
# Points, of a report's text.
TEXT_SIZES = (8.8, 8.4, 8.0, 7.6)
PAPERS = {"a4": "a4", "letter": "us-letter"}
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]")
_KEPT_TOGETHER = 20


def pdf_bytes(report: Report) -> bytes:
    """Typeset a report; the same report gives the same bytes.

    Text is set smaller where the report would have more pages than it may have, and never smaller than can be read.

    Raises:
        RunError: If a picture of the report can't be read.
    """
    with tempfile.TemporaryDirectory(prefix="workbench-pdf-") as name:
        folder = Path(name)
        told = said(report)
        lettering = lettering_of(texts_in(_printable(_all_that_is_said(told))))
        data, fonts = _printable(_report_data(told, folder, lettering)), _fonts(lettering, folder)
        (folder / TEMPLATE).write_bytes(files("workbench.present").joinpath("templates", TEMPLATE).read_bytes())
        for size in TEXT_SIZES:
            (folder / "report.json").write_text(json.dumps(data | {"size": size}, ensure_ascii=False), encoding="utf-8")
            compiled = _compiled(folder, fonts, report)
            if not report.most_pages or _pages(compiled) <= report.most_pages:
                break
    return compiled


def _compiled(folder: Path, fonts: typst.Fonts, report: Report) -> bytes:
    try:
        compiled = typst.compile(
            str(folder / TEMPLATE),
            root=str(folder),
            font_paths=fonts,
            ignore_system_fonts=True,
            format="pdf",
            pdf_standards=["ua-1"],
            timestamp=_created(report),
        )
    except typst.TypstError as error:
        raise RunError(f"the report {report.title!r} can't be typeset: {error.message}") from None
    return bytes(compiled)


def _pages(pdf: bytes) -> int:
    """How many pages Typst has set."""
    return len(re.findall(rb"/Type ?/Page\b", pdf))


def _printable(data: Any) -> Any:
    """The data without control characters and non-characters, which no PDF may hold."""
    if isinstance(data, str):
        return _UNPRINTABLE.sub("", data)
    if isinstance(data, dict):
        return {key: _printable(value) for key, value in data.items()}
    return [_printable(item) for item in data] if isinstance(data, list | tuple) else data


def _all_that_is_said(told: SaidReport) -> list[Any]:
    """All that a report says, as plain data."""
    report = told.report
    return [
        report.title,
        report.workspace,
        told.glossary,
        to_json(report.page_one) if report.page_one else "",
        *map(to_json, report.blocks),
    ]


def _fonts(lettering: Lettering, folder: Path) -> typst.Fonts:
    """The house's fonts; where the machine's have every letter besides, those instead of the boxes of last resort."""
    if not lettering.fonts:
        return _house_fonts()
    together = folder / "fonts"
    together.mkdir()
    last_resort = () if lettering.without else house_fonts().glob("LastResort*")
    for file in {*house_fonts().glob("*.ttf"), *lettering.fonts} - set(last_resort):
        (together / file.name).symlink_to(file)
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(together)])


@cache
def _house_fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(house_fonts())])


def _created(report: Report) -> datetime:
    try:
        moment = datetime.fromisoformat(report.created_at)
    except ValueError:
        moment = datetime.fromtimestamp(0, UTC)
    # Typst refuses microseconds.
    moment = moment.replace(microsecond=0)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _report_data(told: SaidReport, folder: Path, lettering: Lettering) -> dict[str, Any]:
    report, created = told.report, _created(told.report)
    return {
        "language": told.language,
        "fonts": list(lettering.families),
        "words": {word: told.say(word) for word in WORDS},
        "title": report.title,
        "workspace": report.workspace,
        "period": report.period,
        "run_id": report.run_id,
        "created": list(created.timetuple()[:6]) if report.created_at else None,
        "palette": asdict(report.house.palette),
        "paper": PAPERS[report.house.paper],
        "logo": _logo(report.house.logo, folder),
        "page_one": _page_one(report.page_one) if report.page_one else None,
        "glossary": told.glossary,
        "blocks": [
            part
            for index, block in enumerate(report.blocks)
            for part in _block_data(block, index, folder, told.decimal, lettering)
        ],
        "lettering": lettering.told(),
    }


def _logo(logo: Logo | None, folder: Path) -> dict[str, str] | None:
    if logo is None:
        return None
    name = f"logo.{logo.format}"
    (folder / name).write_bytes(logo.content)
    return {"data": name, "alt": logo.alt}


def _page_one(page: PageOne) -> dict[str, Any]:
    return {**to_json(page), "findings": [amounts_apart(finding) for finding in page.findings]}


def _block_data(block: Block, index: int, folder: Path, decimal: str, lettering: Lettering) -> list[dict[str, Any]]:
    """A block as the template takes it; a wide table comes in parts."""
    if isinstance(block, Table):
        return [_table_data(part, fit, decimal) for part, fit in fitted_parts(block, decimal)]
    if isinstance(block, Prose):
        return [{"kind": "prose", "nodes": tree(block.markdown)}]
    if isinstance(block, Figure):
        picture = _write_picture(block, index, folder, lettering)
        return [{**to_json(block), "data": picture, "alt": block.alt or block.caption or "Picture"}]
    if isinstance(block, PageOne):
        return [{**_page_one(block), "kind": "page_one"}]
    return [to_json(block)]


def _write_picture(figure: Figure, index: int, folder: Path, lettering: Lettering) -> str:
    name = f"figure-{index}.{figure.format}"
    content = figure.content()
    if figure.format == "svg" and lettering.without:
        content = lettering.drawable(content.decode("utf-8")).encode("utf-8")
    (folder / name).write_bytes(content)
    return name


def _table_data(table: Table, fit: Fit, decimal: str) -> dict[str, Any]:
    return {
        "kind": "table",
        "caption": table.caption,
        "omitted": table.omitted,
        "shown": len(table.rows),
        "columns": [asdict(column) for column in table.columns],
        **asdict(fit),
        "breakable": len(table.rows) > _KEPT_TOGETHER,
        "rows": _split_rows(table.columns, table.rows, decimal),
    }


def _split_rows(columns: tuple[Column, ...], rows: tuple[tuple[str, ...], ...], decimal: str) -> list[list[list[str]]]:
    """Each cell as `[text, what follows its decimal point, the column's widest such part]`."""
    ends = [
        tails([row[i] for row in rows], decimal) if column.align == "right" else [""] * len(rows)
        for i, column in enumerate(columns)
    ]
    widest = [max(column, key=len, default="") for column in ends]
    return [[[row[i], ends[i][r], widest[i]] for i in range(len(columns))] for r, row in enumerate(rows)]
