"""Which columns may be learnt from: identifiers, constants and what can't be read are left out and named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from pandas.api import types

from workbench.config.customers import Score
from workbench.customers.amounts import as_number, as_text, is_number
from workbench.errors import SpecError
from workbench.propensity.encoding import LEAST_IN_LEVEL

LEAST_ROWS_FOR_IDENTIFIER = 50
UNIQUE_SHARE = 0.9
LATER_SHARE = 0.001


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Columns to learn from.

    Attributes:
        features: Numbers as float64, everything else as text with None where missing.
        exclusions: Columns left out: column, reason.
    """

    features: pd.DataFrame
    exclusions: pd.DataFrame


def choose_columns(attributes: pd.DataFrame, scored_at: pd.Series, spec: Score, units: int = 0) -> Chosen:
    """Attributes that may be learnt from; days become days before the moment of scoring.

    Args:
        attributes: Columns of the company's own, one row a case.
        scored_at: The moment of scoring of each row.
        spec: Names wanted and unwanted columns.
        units: How many customers the cases belong to; 0 where each is another's.

    Raises:
        SpecError: If `features`, `exclude` or `known_before` name a column that isn't there.
    """
    _refuse_unknown(attributes.columns, spec)
    kept: dict[str, pd.Series] = {}
    exclusions: list[tuple[str, str]] = []
    for name in attributes.columns:
        if spec.features and name not in spec.features:
            continue
        reason = "excluded in the configuration" if name in spec.exclude else ""
        column = attributes[name]
        if not reason and types.is_datetime64_any_dtype(column):
            reason = "" if name in spec.known_before else _later(column, scored_at)
            column = (scored_at - column).dt.total_seconds() / 86400
            column = column.where(column >= 0)
        elif is_number(column):
            column = as_number(column)
        reason = reason or _unusable(column, units or len(column))
        if reason:
            exclusions.append((name, reason))
        else:
            kept[name] = column if types.is_numeric_dtype(column) else as_text(column)
    features = pd.DataFrame(kept, index=attributes.index)
    return Chosen(features=features, exclusions=pd.DataFrame(exclusions, columns=["column", "reason"]))


def _refuse_unknown(columns: Sequence[str] | pd.Index, spec: Score) -> None:
    for key in ("features", "exclude", "known_before"):
        unknown = [name for name in getattr(spec, key) if name not in columns]
        if unknown:
            there = ", ".join(map(str, columns)) or "none"
            raise SpecError(f"{key} names {unknown[0]}, which the table doesn't have; columns of its own: {there}")


def _later(column: pd.Series, scored_at: pd.Series) -> str:
    later = float((column > scored_at).mean())
    if later <= LATER_SHARE:
        return ""
    return f"leakage: {100 * later:.0f}% of its days lie after the moment of scoring"


def _unusable(column: pd.Series, units: int) -> str:
    present = column.dropna()
    if present.empty:
        return "always missing"
    if types.is_list_like(present.iloc[0]):
        return "holds lists, which can't be learnt from"
    distinct = int(present.nunique())
    if distinct == 1 and len(present) == len(column):
        return "the same in every row"
    countable = not types.is_float_dtype(column) or bool((present == present.round()).all())
    if countable and units >= LEAST_ROWS_FOR_IDENTIFIER:
        share = distinct / units
        if share == 1 or (share >= UNIQUE_SHARE and not types.is_numeric_dtype(column)):
            return "an identifier: all but unique to each case"
        if not types.is_numeric_dtype(column) and present.value_counts().iloc[0] < LEAST_IN_LEVEL:
            return f"none of its {distinct:,} levels occurs in {LEAST_IN_LEVEL} cases"
    return ""
