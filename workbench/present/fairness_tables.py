"""How groups of customers are selected, foreseen and valued: a table for each attribute, under what may be said of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from workbench.present.blocks import Column, Table
from workbench.present.display import Display, prose
from workbench.wording import DASH, count, money, percent

_MEASURES = {"selection": "Selected", "calibration": "Came of 100 expected", "value": "Value each"}
# The largest groups; those too small to be judged may be thousands.
MOST_ROWS = 40
MOST_SMALL = 5
_CAPTION = (
    "Groups by {attribute}, each against all others, with 95% intervals. A * marks a difference that is larger than allowed "
    "and more than chance."
)


def fairness_tables(
    audited: pd.DataFrame, statements: Sequence[str], currency: str, heading: str = ""
) -> tuple[Display, ...]:
    """The statements and one table an attribute; nothing where nothing was audited.

    Args:
        audited: Rows of `FairnessAudit.table` with a column attribute.
        statements: What the audits say.
        currency: Unit of value.
        heading: Stands above the statements, on the same page as they.
    """
    if audited.empty:
        return ()
    by_attribute = audited.groupby("attribute", sort=False)
    tables = [_table(str(name), rows, currency) for name, rows in by_attribute if rows.estimate.notna().any()]
    # What is said under every attribute is said once, behind them all.
    told = list(dict.fromkeys(reversed(statements)))[::-1]
    return (headed(heading, "\n".join(f"- {sentence}" for sentence in told)), *tables)


def headed(heading: str, markdown: str) -> Display:
    """A paragraph that no page parts from its heading."""
    return prose(f"### {heading}\n\n{markdown}" if heading else markdown)


def _table(attribute: str, rows: pd.DataFrame, currency: str) -> Display:
    known = [measure for measure in _MEASURES if rows.estimate[rows.measure == measure].notna().any()]
    heads = [head for measure in known for head in (_MEASURES[measure], "Against others")[: _told_of(measure)]]
    groups = [group for _, group in rows.groupby("group", sort=False)]
    small = [group for group in groups if group.estimate.isna().all()]
    told = groups if len(small) <= MOST_SMALL else [group for group in groups if group.estimate.notna().any()]
    cells = [_cells(group, known, currency) for group in told]
    if len(told) < len(groups):
        people = sum(float(group.customers.iloc[0]) for group in small)
        cells.append((f"{count(len(small))} smaller groups", count(people), *[DASH] * len(heads)))
    return Display(
        Table(
            columns=(
                Column(name=_told(attribute)),
                *(Column(name=head, align="right") for head in ("Number", *heads)),
            ),
            rows=tuple(cells[:MOST_ROWS]),
            caption=_CAPTION.format(attribute=_told(attribute).lower()),
            total_rows=len(cells),
        )
    )


def _cells(group: pd.DataFrame, known: Sequence[str], currency: str) -> tuple[str, ...]:
    by_measure = {row["measure"]: row for row in group.to_dict("records")}
    compared = [
        text for measure in known for text in _compared(measure, by_measure[measure], currency)[: _told_of(measure)]
    ]
    first = next(iter(by_measure.values()))
    return (str(first["group"]), count(first["customers"]), *compared)


def _compared(measure: str, row: dict[Any, Any], currency: str) -> tuple[str, str]:
    value = row["estimate"]
    level = {
        "selection": lambda: percent(value),
        "calibration": lambda: count(100 * value),
        "value": lambda: money(value, currency),
    }[measure]()
    if pd.isna(row["gap"]):
        return level if pd.notna(value) else DASH, DASH
    bounds = f"{percent(row['gap_lower'], 0)} to {percent(row['gap_upper'], 0)}"
    return level, f"{percent(row['gap'], 0)} ({bounds}){'*' if row['alarm'] else ''}"


def _told_of(measure: str) -> int:
    """Level and gap, but of value the level alone: groups may be worth differently, so it is not judged."""
    return 1 if measure == "value" else 2


def _told(attribute: str) -> str:
    return attribute.replace("_", " ").capitalize()
