"""Histories and order values of customers who share all groups and covariates, counted in the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import pandas as pd
from ibis import ir

from workbench.errors import SpecError
from workbench.segments.summaries import TRIPLE, TimeUnit, Triples, as_triples

COHORT = "cohort"
UNKNOWN = "unknown"
MOST_CELLS = 500
# More cells than these must hold some customers each: what tells nearly everyone apart is no group.
FEW_CELLS, FEWEST_EACH = 50, 3
MANY_CUSTOMERS = 200_000
MOST_LEVELS_OF_A_NUMBER = 6
QUARTERS = ("lowest quarter", "second quarter", "third quarter", "highest quarter")


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Customers by cell.

    Attributes:
        table: One row a cell: the columns `groups` and `covariates`; customers; days with a purchase and revenue, with their squares and
            product summed over customers.
        histories: Each cell's histories, in the table's order.
        groups: Columns whose levels are compared.
        covariates: Columns that shift how often customers buy.
    """

    table: pd.DataFrame
    histories: tuple[Triples, ...]
    groups: tuple[str, ...]
    covariates: tuple[str, ...]

    @property
    def sums(self) -> pd.DataFrame:
        """The table without what tells cells apart."""
        return self.table.drop(columns=[*self.groups, *self.covariates])

    def name(self, cell: int) -> str:
        """What the customers of a cell share."""
        return ", ".join(map(str, self.table[[*self.groups, *self.covariates]].iloc[cell]))


def known_columns(columns: Sequence[str], customers: ibis.Table | None) -> tuple[str, ...]:
    """Those that customers can be told apart by."""
    recorded = set() if customers is None else set(customers.columns)
    return tuple(column for column in columns if column == COHORT or column in recorded)


def count_cells(
    summaries: ibis.Table,
    customers: ibis.Table | None,
    *,
    groups: Sequence[str],
    covariates: Sequence[str],
    time_unit: TimeUnit,
) -> Cells:
    """Cells of columns that are recorded; `cohort` is the quarter of the first purchase.

    Of very many customers recency and age count in whole weeks: far fewer histories, and values that differ by a thousandth.

    Raises:
        SpecError: If the columns tell more cells apart than can be compared.
    """
    covariates = tuple(column for column in covariates if column not in groups)
    columns = [*groups, *covariates]
    labelled = _labelled(summaries, customers, columns)
    table = _moments(labelled, columns)
    told = f"segmentation.groups and segmentation.covariates ({', '.join(columns)}) tell {len(table):,} cells of customers apart"
    if len(table) > MOST_CELLS:
        raise SpecError(
            f"{told}, and at most {MOST_CELLS} can be compared; name fewer columns, or ones with fewer values"
        )
    if len(table) > FEW_CELLS and table.customers.mean() < FEWEST_EACH:
        raise SpecError(
            f"{told}, of {table.customers.mean():.1f} customers each on average, and cells are compared from {FEWEST_EACH} on; "
            "name fewer columns, or ones with fewer values"
        )
    return Cells(
        table=table,
        histories=_histories(labelled, table, columns, time_unit),
        groups=tuple(groups),
        covariates=covariates,
    )


def _labelled(summaries: ibis.Table, customers: ibis.Table | None, columns: list[str]) -> ibis.Table:
    recorded = [column for column in columns if column != COHORT]
    rows = summaries.mutate(days=summaries.frequency + 1)
    if customers is not None and recorded:
        attributes = customers.select("customer_id", **{column: _label(customers[column]) for column in recorded})
        rows = rows.left_join(attributes, "customer_id", rname="{name}_of_customer")
    quarter = rows.first_day.year().cast("string") + " Q" + rows.first_day.quarter().cast("string")
    labels = {column: quarter if column == COHORT else rows[column].fill_null(UNKNOWN) for column in columns}
    return rows.select("customer_id", *TRIPLE, "days", "revenue", **labels)


def _label(column: ibis.Column) -> ibis.Column:
    """Levels as text; a number of many values by quarters of customers."""
    if not column.type().is_numeric() or int(column.nunique().execute()) <= MOST_LEVELS_OF_A_NUMBER:
        return column.cast("string")
    bounds = [float(column.quantile(share).execute()) for share in (0.25, 0.5, 0.75)]
    cases = [(column <= bound, name) for bound, name in zip(bounds, QUARTERS, strict=False)]
    return ibis.cases((column.isnull(), UNKNOWN), *cases, else_=QUARTERS[-1])


def _moments(labelled: ibis.Table, columns: list[str]) -> pd.DataFrame:
    days, revenue = labelled.days.cast("float64"), labelled.revenue
    return (
        labelled.group_by(*columns)
        .aggregate(
            customers=labelled.count(),
            days=days.sum(),
            revenue=revenue.sum(),
            days_squared=(days * days).sum(),
            revenue_squared=(revenue * revenue).sum(),
            days_revenue=(days * revenue).sum(),
        )
        .order_by(*columns)
        .to_pandas()
    )


def _histories(
    labelled: ibis.Table, table: pd.DataFrame, columns: list[str], time_unit: TimeUnit
) -> tuple[Triples, ...]:
    if table.customers.sum() > MANY_CUSTOMERS:
        labelled = labelled.mutate(recency_days=_in_weeks(labelled.recency_days), age_days=_in_weeks(labelled.age_days))
    grouped = labelled.group_by(*columns, *TRIPLE).aggregate(customers=labelled.count())
    frame = grouped.order_by(*columns, *TRIPLE).to_pandas()
    parts = dict(iter(frame.groupby(columns, sort=False)))
    return tuple(as_triples(parts[key], time_unit) for key in table[columns].itertuples(index=False, name=None))


def _in_weeks(days: ir.NumericValue) -> ir.NumericValue:
    return (days / 7).round().cast("int64") * 7
