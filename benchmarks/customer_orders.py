"""Orders of customers who buy, spend and leave as BG/NBD and Gamma-Gamma say, written to a file: what all sides read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

FIRST_DAY = np.datetime64("2022-01-03", "D")
WEEKS = 156
HORIZON_WEEKS = 52
# Purchases a week and chance to leave after each: r, alpha (weeks), a, b. Spend: p, q, gamma (currency).
PURCHASES = {"r": 0.9, "alpha": 6.0, "a": 0.5, "b": 4.0}
SPEND = {"p": 6.0, "q": 4.0, "gamma": 15.0}
ORDERS_PER_CUSTOMER = 7.57
CUSTOMERS_AT_ONCE = 100_000
SEED = 5


def write_orders(orders: int, file: Path) -> dict[str, int]:
    """Write about so many orders, batch of customers by batch, each in the order of time.

    Returns:
        `customers`, `orders`, and `next_year`: days on which customers will buy in the year after.
    """
    customers = round(orders / ORDERS_PER_CUSTOMER)
    schema = pa.schema({"customer_id": pa.string(), "ordered_at": pa.timestamp("us"), "revenue": pa.float64()})
    rng, made = np.random.default_rng(SEED), {"customers": customers, "orders": 0, "next_year": 0}
    with pq.ParquetWriter(file, schema) as writer:
        for first in range(0, customers, CUSTOMERS_AT_ONCE):
            size = min(CUSTOMERS_AT_ONCE, customers - first)
            who, day = _purchases(size, rng)
            seen = day < 7 * WEEKS
            later = who[~seen] * (7 * HORIZON_WEEKS) + day[~seen] - 7 * WEEKS
            batch = pa.record_batch(_orders(first, size, who[seen], day[seen], rng), schema=schema)
            writer.write_batch(batch)
            made["orders"] += len(batch)
            made["next_year"] += len(np.unique(later))
    return made


def _orders(first: int, size: int, who: np.ndarray, day: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    scale = rng.gamma(SPEND["q"], 1 / SPEND["gamma"], size)
    order = np.argsort(day, kind="stable")
    return {
        "customer_id": np.char.mod("c%08d", first + who[order]),
        "ordered_at": (FIRST_DAY + day[order]).astype("datetime64[us]"),
        "revenue": np.round(rng.gamma(SPEND["p"], 1 / scale[who[order]]), 2),
    }


def _purchases(customers: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Customer and day of each purchase, those of the year after included; the first one is anywhere in the three years."""
    rate = rng.gamma(PURCHASES["r"], 1 / PURCHASES["alpha"], customers) / 7
    lifetime = rng.geometric(rng.beta(PURCHASES["a"], PURCHASES["b"], customers))
    clock = rng.uniform(0, 7 * WEEKS, customers)
    who, when, bought = [np.arange(customers)], [clock.copy()], np.zeros(customers, dtype=int)
    active = np.arange(customers)
    while len(active):
        clock[active] += rng.exponential(1 / rate[active])
        active = active[clock[active] < 7 * (WEEKS + HORIZON_WEEKS)]
        who.append(active)
        when.append(clock[active])
        bought[active] += 1
        active = active[bought[active] < lifetime[active]]
    return np.concatenate(who), np.floor(np.concatenate(when)).astype(int)
