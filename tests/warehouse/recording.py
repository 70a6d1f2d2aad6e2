"""What is sent to a PostgreSQL server, and how many rows come back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import ibis
import psycopg
import pytest
from ibis.backends.postgres import Backend

from tests.warehouse.unbound import unbound


@dataclass
class Sent:
    """Everything that went over the wire while it was recorded.

    Attributes:
        statements: SQL, in order.
        fetched: Rows by each fetch that brought all of a result at once.
        streamed: Rows by each batch of a result that is handed on piece by piece.
        expressions: What Ibis was asked for, each once, cut off from its engine.
    """

    statements: list[str] = field(default_factory=list)
    fetched: list[int] = field(default_factory=list)
    streamed: list[int] = field(default_factory=list)
    expressions: list[ibis.Expr] = field(default_factory=list)


@contextmanager
def recorded() -> Iterator[Sent]:
    """While it lasts, what this process sends to any server through psycopg."""
    sent, asked = Sent(), dict[object, ibis.Expr]()
    with pytest.MonkeyPatch.context() as patch:
        for kind in (psycopg.Cursor, psycopg.ServerCursor):
            _before(patch, kind, "execute", lambda sql, *_: sent.statements.append(_text(sql)))
            _after(patch, kind, "fetchall", sent.fetched)
            _after(patch, kind, "fetchmany", sent.streamed)
        _before(patch, psycopg.Cursor, "executemany", lambda sql, *_: sent.statements.append(_text(sql)))
        for name in ("execute", "to_pyarrow", "to_pyarrow_batches", "create_table"):
            _before(patch, Backend, name, lambda *given: asked.update(_by_operation(given)))
        yield sent
    sent.expressions += map(unbound, asked.values())


def _by_operation(given: tuple[object, ...]) -> dict[object, ibis.Expr]:
    return {each.op(): each for each in given if isinstance(each, ibis.Expr)}


def _before(patch: pytest.MonkeyPatch, kind: type, name: str, tell: Callable[..., object]) -> None:
    found = getattr(kind, name)

    def told(self: object, *given: Any, **named: Any) -> object:
        tell(*given, *named.values())
        return found(self, *given, **named)

    patch.setattr(kind, name, told)


def _after(patch: pytest.MonkeyPatch, kind: type, name: str, counts: list[int]) -> None:
    found = getattr(kind, name)

    def counted(self: object, *given: Any, **named: Any) -> list[object]:
        rows = found(self, *given, **named)
        counts.append(len(rows))
        return rows

    patch.setattr(kind, name, counted)


def _text(sql: object) -> str:
    return sql if isinstance(sql, str) else str(sql)
