"""Users of one simulated test, written to a file by the engine itself; the columns that all sides read."""

from __future__ import annotations

from pathlib import Path

import duckdb

EXPERIMENT = "benchmark"
CONTROL, TREATMENT = "control", "offer"
METRICS = ("revenue", "margin", "orders", "items", "sessions")
# How many values each segment has.
SEGMENTS = {"country": 6, "device": 3, "source": 5, "age": 6, "loyal": 2}
EFFECT = 0.1
DAYS = 28
_HASHES = 2**32


def before(metric: str) -> str:
    """The pre-period column of a metric."""
    return f"{metric}_before"


def write_units(users: int, file: Path, *, by_day: bool = False) -> None:
    """Write `users` rows in no order of their identifiers: every metric has its mean of 16 from exponentials, and 0.1 more where treated.

    Args:
        users: How many.
        file: Where to.
        by_day: Whether rows are stored in the order of their days of assignment, which are mixed otherwise.
    """
    day = f"i * {DAYS} // {users}" if by_day else f"i % {DAYS}"
    columns = [
        f"'{EXPERIMENT}' AS experiment_id",
        # An odd factor modulo a power of two shuffles the identifiers without repeating one.
        f"format('{{:08x}}', (i * 2654435761) % {_HASHES}) AS unit_id",
        f"CASE WHEN {_random('arm')} % 2 = 0 THEN '{CONTROL}' ELSE '{TREATMENT}' END AS variant",
        f"TIMESTAMP '2025-03-01' + INTERVAL ({day}) DAY AS assigned_at",
        *(f"'{name} ' || ({_random(name)} % {values}) AS {name}" for name, values in SEGMENTS.items()),
        *(f"round({_exponential(before(name))}, 2) AS {before(name)}" for name in METRICS),
        *(
            f"round(0.6 * {before(name)} + {_exponential(name)} + {EFFECT} * (variant = '{TREATMENT}')::INT, 2) AS {name}"
            for name in METRICS
        ),
    ]
    with duckdb.connect() as connection:
        connection.execute("SET preserve_insertion_order = false; SET enable_progress_bar = false")
        connection.execute(
            f"COPY (SELECT {', '.join(columns)} FROM range({users}) AS t(i)) TO '{file}' (FORMAT parquet)"
        )


def _exponential(salt: str) -> str:
    return f"-10 * ln(({_random(salt)} % {_HASHES} + 0.5) / {_HASHES})"


def _random(salt: str) -> str:
    # Hashed once, the numbers of two salts would differ by the same bits in every row.
    return f"hash(hash(i, '{salt}'))"
