"""Several quantiles of several columns in one query, as each engine wants to be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ibis
from ibis import ir


def quantiles_of(
    table: ibis.Table, columns: Mapping[str, ir.NumericColumn], shares: Sequence[float]
) -> dict[str, tuple[float, ...]]:
    """Quantiles at `shares` by the columns' names; none of a column in which nothing is known."""
    if table.get_backend().name == "snowflake":
        asked = {f"{name}_{at}": columns[name].quantile(share) for name in columns for at, share in enumerate(shares)}
        row = table.aggregate(**asked).to_pandas().iloc[0]
        found = {name: [row[f"{name}_{at}"] for at in range(len(shares))] for name in columns}
    else:
        # One sort of a column serves all of its quantiles.
        row = (
            table.aggregate(**{name: column.quantile(list(shares)) for name, column in columns.items()})
            .to_pandas()
            .iloc[0]
        )
        found = {name: [] if row[name] is None else list(row[name]) for name in columns}
    return {name: tuple(float(value) for value in values if value == value) for name, values in found.items()}
