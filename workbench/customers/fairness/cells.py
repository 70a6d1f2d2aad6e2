"""Customers counted by group and score: all that a fairness audit reads, made inside the engine."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from workbench.errors import SpecError

UNKNOWN = "unknown"
SCORE_BINS = 20
COUNTED = ("customers", "outcomes", "selected", "expected", "value")
VALUE_SQUARES = "value_squares"
CELL_COLUMNS = ("group", "score_bin", *COUNTED)


def fairness_cells(people: ibis.Table, attribute: str) -> pd.DataFrame:
    """Count scored people by group and score; no row of a person leaves the engine.

    Args:
        people: One row a person: the attribute, score (probability in [0, 1]), selected (flag), [outcome (flag), value (currency)].
        attribute: Column by whose values people are compared.

    Returns:
        One row a group and bin: the columns `CELL_COLUMNS`, and value_squares, the sum of squared values. Outcomes
        are NaN where they are not known of all people of a cell: beside those who were expected, some would be missing.

    Raises:
        SpecError: If the table lacks the attribute.
    """
    if attribute not in people.columns:
        raise SpecError(f"fairness asks for {attribute!r}, which customers lack; they have {', '.join(people.columns)}")
    score = people.score.cast("float64")
    rows = people.select(
        group=people[attribute].cast("string"),
        # Most probabilities are small: on the scale of their roots, the bins follow them.
        score_bin=(score.sqrt() * SCORE_BINS).floor().cast("int64"),
        selected=_number(people.selected),
        expected=score,
        outcome=_number(people.outcome) if "outcome" in people.columns else ibis.null("float64"),
        value=people.value.cast("float64") if "value" in people.columns else ibis.null("float64"),
    )
    all_known = rows.outcome.count() == rows.count()
    cells = rows.group_by("group", "score_bin").aggregate(
        customers=rows.count(),
        outcomes=all_known.ifelse(rows.outcome.sum(), ibis.null("float64")),
        selected=rows.selected.sum(),
        expected=rows.expected.sum(),
        value=rows.value.sum(),
        value_squares=(rows.value * rows.value).sum(),
    )
    return cells.to_pandas().sort_values(["group", "score_bin"], ignore_index=True)


def tidy_cells(rows: pd.DataFrame) -> pd.DataFrame:
    """Cells as the audit counts with them: unknown values in a group of their own, numbers as floats, none empty.

    Raises:
        SpecError: If a column is missing, or a cell holds more outcomes or selected people than people.
    """
    missing = [column for column in CELL_COLUMNS if column not in rows.columns]
    if missing:
        raise SpecError(f"the cells of a fairness audit lack {missing[0]}; they take {', '.join(CELL_COLUMNS)}")
    group = rows.group.astype("object").where(rows.group.notna(), "").astype(str).str.strip().replace("", UNKNOWN)
    squares = rows[VALUE_SQUARES] if VALUE_SQUARES in rows.columns else np.nan
    cells = rows.assign(group=group, **{VALUE_SQUARES: squares}).astype(
        dict.fromkeys((*COUNTED, VALUE_SQUARES), "float64")
    )
    cells = cells[cells.customers > 0]
    for part in ("outcomes", "selected"):
        broken = cells[(cells[part] > cells.customers) | (cells[part] < 0)]
        if len(broken):
            first = broken.iloc[0]
            raise SpecError(
                f"a cell of {first.group} holds {first[part]:g} {part} of {first.customers:g} customers; count each person once"
            )
    return cells


def _number(flag: ir.Value) -> ir.Value:
    """1, 0 or unknown; not every engine casts flags."""
    if not flag.type().is_boolean():
        return flag.cast("float64")
    return flag.ifelse(1.0, (~flag).ifelse(0.0, ibis.null("float64")))
