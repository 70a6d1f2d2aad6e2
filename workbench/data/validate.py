"""Hold a canonical table to its schema, inside the engine: one pass for all rules, one more for the first offender."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import ibis
import pandas as pd
import pandera.pandas as pa
from pandera.pandas import DataFrameSchema

from workbench.data.cells import shown
from workbench.data.convert import has_offset, is_day_like
from workbench.data.mapping import UNREAD
from workbench.data.repeats import repeated_rows
from workbench.data.schemas import MAY_BE_EMPTY, SCHEMAS, grain, kind, limits
from workbench.errors import DataError
from workbench.wording import count

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_COMPARISONS = {"ge": operator.lt, "gt": operator.le, "le": operator.gt, "ne": operator.eq}
_BROKEN = {"ge": "below {}", "gt": "not above {}", "le": "above {}", "ne": "{}"}
_READ_AS = {
    "number": ("not a number", "write it as digits with a point"),
    "day": ("not a date", 'write dates as 2024-12-31, or give their format: {from = "…", format = "%d.%m.%Y"}'),
    "flag": ("neither true nor false", "write true or false"),
}


@dataclass(frozen=True)
class Rule:
    """One way in which rows can break the schema.

    Attributes:
        column: Column concerned.
        broken: True for each offending row.
        says: What is wrong, after "table.column is".
        shown: Column whose value is shown for the first offender.
        mend: What the user can do.
    """

    column: str
    broken: ibis.expr.types.BooleanValue
    says: str
    shown: str
    mend: str


def violations(
    table: ibis.Table, name: str, schema: DataFrameSchema, *, week_start: str = "monday", unique: bool = True
) -> list[str]:
    """Everything in which a mapped table breaks its schema, one sentence each, none if it is valid.

    Args:
        table: Output of `Mapper.canonical`.
        name: Canonical name.
        schema: Its schema.
        week_start: Weekday on which the column `week` must fall.
        unique: Whether rows that repeat what identifies them are looked for, which takes longer than all else.
    """
    if not table.limit(1).count().execute():
        return [] if name in MAY_BE_EMPTY else [f"{name} is empty; check the path, the filter and the period"]
    rules = list(_rules(table, schema, week_start))
    found = [
        _sentence(table, name, schema, rule, rows)
        for rule, rows in zip(rules, _broken(table, rules), strict=True)
        if rows
    ]
    return [*found, *(repeated_rows(table, name, grain(schema)) if unique else ())]


def require_valid(found: list[str]) -> None:
    """Refuse a table with violations.

    Raises:
        DataError: Naming the first violation and how many more there are.
    """
    if found:
        more = f" (and {len(found) - 1} more: workbench check lists them)" if len(found) > 1 else ""
        raise DataError(found[0] + more)


def require_valid_frame(frame: pd.DataFrame, name: str) -> None:
    """Refuse a pandas frame that breaks a canonical schema.

    Raises:
        DataError: Naming the first violation.
    """
    require_valid(violations(ibis.memtable(frame), name, SCHEMAS[name]))


def without_unread(table: ibis.Table) -> ibis.Table:
    """The table with its canonical columns alone."""
    return table.drop(*[column for column in table.columns if column.startswith(UNREAD)])


def _broken(table: ibis.Table, rules: Sequence[Rule]) -> list[int]:
    """How many rows break each rule."""
    flags = table.select({f"broken{i}": rule.broken for i, rule in enumerate(rules)})
    # Filtered first: an engine that knows a column's range and gaps from where it is stored need not read it.
    suspects = flags.filter(functools.reduce(operator.or_, (flags[name] for name in flags.columns)))
    counted = {name: suspects.count(where=suspects[name]) for name in flags.columns}
    return [int(rows) for rows in suspects.aggregate(counted).execute().iloc[0]]


def _rules(table: ibis.Table, schema: DataFrameSchema, week_start: str) -> Iterator[Rule]:
    for name, column in schema.columns.items():
        if name not in table.columns:
            continue
        unread = UNREAD + name
        if unread in table.columns:
            says, mend = _READ_AS[kind(column)]
            known = _unread_days(table, name, unread) if kind(column) == "day" else ()
            yield from known
            rest = table[unread].notnull()
            for rule in known:
                rest = rest & ~rule.broken
            yield Rule(name, rest, says, unread, mend)
        if not column.nullable:
            known = table[unread].isnull() if unread in table.columns else ibis.literal(True)
            yield Rule(name, table[name].isnull() & known, "missing", name, "fill it in or filter the rows out")
        yield from _limits(table, name, column)
    if "week" in schema.columns and "week" in table.columns:
        yield _weekday(table, week_start)
    if {"start", "end"} <= set(table.columns):
        yield Rule("end", table.end < table.start, "before start", "end", "swap the two dates")


def _unread_days(table: ibis.Table, name: str, unread: str) -> tuple[Rule, ...]:
    """Days that can be read once the user says how."""
    text = table[unread]
    some_read = table.filter(table[name].notnull()).limit(1).count().as_scalar() > 0
    with_offset = has_offset(text).fill_null(False)
    other_notation = (is_day_like(text) & ~with_offset & some_read).fill_null(False)
    return (
        Rule(
            name,
            with_offset,
            "a moment with an offset from UTC",
            unread,
            'name the zone in which it falls on its day: time_zone = "Europe/Berlin" under [workspace]',
        ),
        Rule(
            name,
            other_notation,
            "no day in the notation of the other rows",
            unread,
            f"write all days one way, or read both with SQL: {name} = \"try_strptime(…, ['%Y-%m-%d', '%d.%m.%Y'])\"",
        ),
    )


def _limits(table: ibis.Table, name: str, column: pa.Column) -> Iterator[Rule]:
    for comparison, bound, mend in limits(column):
        says = "negative" if (comparison, bound) == ("ge", 0.0) else _BROKEN[comparison].format(f"{bound:g}")
        yield Rule(name, _COMPARISONS[comparison](table[name], bound), says, name, mend)


def _weekday(table: ibis.Table, week_start: str) -> Rule:
    return Rule(
        "week",
        table.week.day_of_week.index() != WEEKDAYS.index(week_start),
        f"not a {week_start.capitalize()}",
        "week",
        "give each week by its first day, or set workspace.week_start",
    )


def _sentence(table: ibis.Table, name: str, schema: DataFrameSchema, rule: Rule, rows: int) -> str:
    keys = [key for key in grain(schema) if key in table.columns and key != rule.shown.removeprefix(UNREAD)]
    first = table.filter(rule.broken).order_by(keys or [rule.shown]).limit(1).execute().iloc[0]
    named = ", ".join(f"{key} {shown(first[key])}" for key in keys)
    value = "" if rule.says == "missing" else shown(first[rule.shown])
    where = ", ".join(part for part in (named, value) if part)
    first_row = f" (first: {where})" if where else ""
    return f"{name}.{rule.column} is {rule.says} in {_rows(rows)}{first_row}; {rule.mend}"


def _rows(rows: int) -> str:
    return "1 row" if rows == 1 else f"{count(rows)} rows"
