"""Simulated shops with known truth: customers buy, spend and drop out exactly as BG/NBD and Gamma-Gamma say."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import numpy as np
import pandas as pd

from tests.embedded import ENGINE, in_engine
from workbench.segments.summaries import Triples

DAY_ONE = date(2023, 1, 2)
__all__ = ["DAY_ONE", "ENGINE", "day", "in_engine", "simulate_orders", "simulate_triples", "threads"]


def simulate_triples(
    r: float,
    alpha: float,
    a: float,
    b: float,
    *,
    customers: int,
    seed: int,
    longest: float = 78.0,
    shortest: float = 26.0,
) -> Triples:
    """Histories in continuous time, each observed from its first purchase for `shortest` to `longest` time units."""
    rng = np.random.default_rng(seed)
    age = rng.uniform(shortest, longest, customers)
    rate, dropout = rng.gamma(r, 1 / alpha, customers), rng.beta(a, b, customers)
    lifetime = rng.geometric(np.maximum(dropout, 1e-300))
    clock, frequency, recency = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    active = np.ones(customers, dtype=bool)
    while active.any():
        clock = clock + rng.exponential(1 / np.maximum(rate, 1e-300))
        active = active & (clock <= age) & (frequency < lifetime)
        frequency[active] += 1
        recency[active] = clock[active]
    return Triples(frequency=frequency, recency=recency, age=age, customers=np.ones(customers))


def simulate_orders(
    *,
    customers: int,
    days: int,
    seed: int,
    purchases: tuple[float, float, float, float] = (0.6, 8.0, 0.8, 3.0),
    spend: tuple[float, float, float] = (6.0, 4.0, 15.0),
    first_until: int | None = None,
) -> pd.DataFrame:
    """Orders on whole days: customer_id, ordered_at, revenue. The parameters' time unit is the week."""
    rng = np.random.default_rng(seed)
    r, alpha, a, b = purchases
    p, q, gamma = spend
    start = rng.integers(0, first_until or days, customers)
    rate, dropout = rng.gamma(r, 1 / alpha, customers) / 7, rng.beta(a, b, customers)
    scale = rng.gamma(q, 1 / gamma, customers)
    lifetime = rng.geometric(dropout)
    clock, bought, active = start.astype(float), np.zeros(customers), np.ones(customers, dtype=bool)
    who, when = [np.arange(customers)], [start.astype(float)]
    while active.any():
        clock = clock + rng.exponential(1 / rate)
        active = active & (clock < days) & (bought < lifetime)
        bought[active] += 1
        who.append(np.flatnonzero(active))
        when.append(clock[active])
    customer = np.concatenate(who)
    moment = pd.Timestamp(DAY_ONE) + pd.to_timedelta(np.floor(np.concatenate(when)), unit="D")
    revenue = rng.gamma(p, 1 / scale[customer])
    frame = pd.DataFrame({"customer_id": customer, "ordered_at": moment, "revenue": revenue})
    return frame.assign(customer_id=[f"c{number:07d}" for number in customer])


@contextmanager
def threads(count: int) -> Iterator[None]:
    """So many threads in the engine, which then adds in another order."""
    ENGINE.con.execute(f"SET threads = {count}")
    try:
        yield
    finally:
        ENGINE.con.execute("RESET threads")


def day(offset: int) -> date:
    return DAY_ONE + timedelta(days=offset)
