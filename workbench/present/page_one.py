"""A result's page one and its tables as report blocks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

import pandas as pd

from workbench import wording
from workbench.present.blocks import CheckLine, Column, Light, PageOne, Table
from workbench.present.check_titles import check_title
from workbench.present.columns import column_text
from workbench.result import Check, Provenance, Result

LONGEST_TABLE = 2000
_ACRONYMS = {
    "roas",
    "clv",
    "cpa",
    "aov",
    "roi",
    "srm",
    "mde",
    "kpi",
    "rfm",
    "ess",
    "cuped",
    "crm",
    "tv",
    "ltv",
    "att",
    "iroas",
    "l2",
    "psi",
    "cac",
    "aic",
}
_AMOUNT = r"[−+]?(?:[€$£¥]|[A-Z]{3} )?\d[\d,.]*(?:bn|m|k|%)?"
_NUMBER_TEXT = re.compile(rf"(?:[<>] )?{_AMOUNT}(?: to {_AMOUNT})?")
_ORDER: dict[Light, int] = {"failed": 0, "info": 1, "passed": 2}


def page_one_block(result: Result, workspace_name: str = "") -> PageOne:
    """Title, period, findings, checks (failed first) and provenance of a result."""
    lines = sorted(
        (_check_line(check, result.analysis) for check in result.checks), key=lambda line: _ORDER[line.light]
    )
    made = result.provenance.created_at
    return PageOne(
        title=result.title,
        workspace=workspace_name,
        period=period(result.provenance.window),
        findings=result.findings,
        checks=tuple(lines),
        provenance=_provenance_lines(result.provenance),
        created_at=made.isoformat() if made else "",
        stamp=result.stamp,
    )


def estimates_block(
    result: Result, quantity: str | Sequence[str] | None = None, caption: str = "", entity: str = ""
) -> Table:
    """The estimates of one or some quantities with their intervals.

    Args:
        result: Whose estimates.
        quantity: Which of them, in this order; None for all.
        caption: Printed with the table.
        entity: What the rows are, such as `Channel`; heads the first column.
    """
    wanted = _wanted(result.estimates, quantity)
    chosen = pd.concat([result.estimates[result.estimates.quantity == name] for name in wanted])
    texts = [_estimate_cells(part) for _, part in chosen.groupby(["quantity", "unit"], sort=False)]
    cells = pd.concat(texts).loc[chosen.index] if texts else pd.DataFrame(columns=["estimate", "interval"])
    several = len(wanted) > 1
    first = (Column(name="Quantity"),) if several else ()
    estimate = "Estimate" if several else in_words(wanted[0])
    columns = (*first, Column(name=entity), Column(name=estimate, align="right"))
    rows = tuple(
        (*((in_words(str(row.quantity)),) if several else ()), str(row.entity), cells.estimate[i], cells.interval[i])
        for i, row in zip(chosen.index, chosen.itertuples(index=False), strict=True)
    )
    return Table(
        columns=(*columns, Column(name=_interval_name(chosen), align="right")),
        rows=rows[:LONGEST_TABLE],
        caption=caption,
        total_rows=len(rows),
    )


def table_block(frame: pd.DataFrame, caption: str = "", formats: Mapping[str, str] | None = None) -> Table:
    """A data frame as a table; numbers share one scale and one number of decimals within a column.

    Args:
        frame: Its index is not printed.
        caption: What the table shows.
        formats: Unit by column name: a currency's code, `%` (of fractions), `int`; other numbers are printed plainly.

    Raises:
        KeyError: If `formats` names a column that the frame lacks.
    """
    units = dict(formats or {})
    unknown = [name for name in units if name not in frame.columns]
    if unknown:
        raise KeyError(f"formats names {unknown[0]}, which is no column of the table")
    shown = frame.head(LONGEST_TABLE)
    cells = [_column_cells(shown.iloc[:, i], units.get(str(name))) for i, name in enumerate(frame.columns)]
    return Table(
        columns=tuple(
            Column(name=in_words(str(name)), align="right" if _holds_numbers(frame.iloc[:, i], cells[i]) else "left")
            for i, name in enumerate(frame.columns)
        ),
        rows=tuple(zip(*cells, strict=True)) if len(frame.columns) else (),
        caption=caption,
        total_rows=len(frame),
    )


def period(window: tuple[date, date] | None) -> str:
    """A data window in words; empty if unknown.

    >>> period((date(2024, 1, 1), date(2024, 12, 29)))
    '1 Jan 2024 – 29 Dec 2024'
    """
    return "" if window is None else " – ".join(f"{day.day} {day:%b %Y}" for day in window)


def in_words(name: str) -> str:
    """A name of the code as a heading; symbols of one letter, and words that already hold a capital or a space, stay as they are.

    >>> in_words("marginal_roas"), in_words("clv"), in_words("Spend (EUR)"), in_words("r")
    ('Marginal ROAS', 'CLV', 'Spend (EUR)', 'r')
    """
    if " " in name or name != name.lower() or len(name) == 1:
        return name
    words = [word.upper() if word in _ACRONYMS else word for word in name.replace("_", " ").split()]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def _check_line(check: Check, analysis: str) -> CheckLine:
    light: Light = "info" if check.passed is None else "passed" if check.passed else "failed"
    title = check.title or check_title(check.name, analysis) or in_words(check.name)
    return CheckLine(light=light, name=title, detail=check.detail, brief=check.brief)


def _provenance_lines(made: Provenance) -> tuple[tuple[str, str], ...]:
    lines = {
        "Data window": period(made.window),
        "Made": f"{made.created_at:%Y-%m-%d %H:%M} UTC" if made.created_at else "",
        "Code": made.commit[:12],
        "Seed": "" if made.seed is None else str(made.seed),
        "Parameters": ", ".join(f"{name} = {value}" for name, value in made.parameters.items() if value != ""),
        "Inputs": ", ".join(f"{name} {fingerprint[:12]}" for name, fingerprint in made.inputs.items()),
        "Versions": ", ".join(f"{name} {version}" for name, version in made.versions.items()),
    }
    return tuple((label, text) for label, text in lines.items() if text)


def _wanted(estimates: pd.DataFrame, quantity: str | Sequence[str] | None) -> list[str]:
    known = list(dict.fromkeys(estimates.quantity))
    wanted = known if quantity is None else [quantity] if isinstance(quantity, str) else list(quantity)
    for name in wanted:
        if name not in known:
            raise KeyError(f"the result has no estimates of {name}; it has {', '.join(known) or 'none'}")
    return wanted


def _estimate_cells(part: pd.DataFrame) -> pd.DataFrame:
    unit = str(part.unit.iloc[0])
    plain = unit == "%" or wording.is_currency(unit) or not unit
    numbers = [*part.estimate, *part.lower, *part.upper]
    texts = column_text(numbers, unit if plain else "")
    n = len(part)
    lower, upper = texts[n : 2 * n], texts[2 * n :]
    intervals = [
        wording.DASH if pd.isna(low) or pd.isna(high) else f"{low_text} to {high_text}"
        for low, high, low_text, high_text in zip(part.lower, part.upper, lower, upper, strict=True)
    ]
    noun = "" if plain else f" {unit}"
    return pd.DataFrame({"estimate": [text + noun for text in texts[:n]], "interval": intervals}, index=part.index)


def _interval_name(estimates: pd.DataFrame) -> str:
    levels = estimates.level.dropna().unique()
    return f"{100 * levels[0]:.3g}% interval" if len(levels) == 1 else "Interval"


def _is_number(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column))


def _holds_numbers(column: pd.Series, cells: list[str]) -> bool:
    """Numbers, or texts that are numbers, intervals of them, or the dash of an unknown one."""
    if _is_number(column):
        return True
    known = [text for text in cells if text != wording.DASH]
    return bool(known) and not pd.api.types.is_bool_dtype(column) and all(map(_NUMBER_TEXT.fullmatch, known))


def _column_cells(column: pd.Series, unit: str | None) -> list[str]:
    if _is_number(column):
        whole = unit is None and pd.api.types.is_integer_dtype(column)
        return column_text(column.astype("float64").tolist(), "int" if whole else unit or "")
    return [_cell_text(value) for value in column]


def _cell_text(value: object) -> str:
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value) or value is pd.NA:
        return wording.DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}" if value == value.normalize() else f"{value:%Y-%m-%d %H:%M}"
    return str(value)
