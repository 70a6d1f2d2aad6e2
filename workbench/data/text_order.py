"""Text sorted by its code points on PostgreSQL too, as every other engine sorts it, whatever the database's own language."""

from __future__ import annotations

from typing import Any

import sqlglot.expressions as sge
from ibis.backends.sql.compilers.postgres import PostgresCompiler


class ByCodePoint(PostgresCompiler):
    """Ibis' own for PostgreSQL, which leaves to the database's collation where `_`, capitals and accents stand."""

    def visit_SortKey(self, op: Any, *, arg: Any, ascending: bool, nulls_first: bool) -> sge.Expression:  # noqa: N802
        if op.arg.dtype.is_string():
            arg = sge.Collate(this=arg, expression=sge.to_identifier("C", quoted=True))
        return super().visit_SortKey(op, arg=arg, ascending=ascending, nulls_first=nulls_first)
