"""Expressions cut off from the engine that they were made for, so that they can be compiled for another one."""

from __future__ import annotations

from typing import Any

import ibis
from ibis.expr import operations as ops

from workbench.data.digests import md5_digits, text_hash

STORED = (ops.SQLQueryResult, ops.DatabaseTable, ops.InMemoryTable)


def unbound(expression: ibis.Expr) -> ibis.Expr:
    """The same over tables that are known by their columns alone."""

    def replaced(node: Any, parts: dict[str, Any] | None) -> Any:
        if isinstance(node, STORED):
            return ops.UnboundTable(name=getattr(node, "name", "source"), schema=node.schema)
        return node.__recreate__(parts) if parts else node

    return expression.op().replace(replaced).to_expr()


def spelt_for(expression: ibis.Expr, engine: str) -> ibis.Expr:
    """The same with digests and quantiles as `workbench.data` asks an engine for them."""

    def replaced(node: Any, parts: dict[str, Any] | None) -> Any:
        made = node.__recreate__(parts) if parts else node
        if isinstance(made, ops.Hash):
            return text_hash(made.arg.to_expr(), engine).op()
        if isinstance(made, ops.MultiQuantile) and engine == "snowflake":
            # See `workbench.data.quantiles`: asked one by one, of which the first stands for all.
            return ops.Quantile(made.arg, quantile=0.5, where=made.where)
        if isinstance(made, ops.ScalarUDF) and getattr(made, "__func_name__", "") == "md5":
            return md5_digits(made.args[0].to_expr(), engine).op()
        return made

    return expression.op().replace(replaced).to_expr()
