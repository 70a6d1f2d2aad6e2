"""Histories in continuous time, made exactly as MBG/NBD and Pareto/NBD say."""

import numpy as np

from workbench.segments.summaries import Triples


def simulate_mbgnbd(r: float, alpha: float, a: float, b: float, *, customers: int, seed: int) -> Triples:
    """Customers may leave after any purchase, the first one too; observed for 26 to 78 time units."""
    rng = np.random.default_rng(seed)
    age = rng.uniform(26, 78, customers)
    purchases = rng.geometric(np.maximum(rng.beta(a, b, customers), 1e-300)) - 1.0
    return _observed(rng.gamma(r, 1 / alpha, customers), age, purchases, np.full(customers, np.inf), rng)


def simulate_paretonbd(r: float, alpha: float, s: float, beta: float, *, customers: int, seed: int) -> Triples:
    """Customers leave at a random moment; observed for 26 to 78 time units."""
    rng = np.random.default_rng(seed)
    age = rng.uniform(26, 78, customers)
    lifetime = rng.exponential(1 / np.maximum(rng.gamma(s, 1 / beta, customers), 1e-300))
    return _observed(rng.gamma(r, 1 / alpha, customers), age, np.full(customers, np.inf), lifetime, rng)


def one(x: float, recency: float, age: float) -> Triples:
    return Triples(frequency=np.array([x]), recency=np.array([recency]), age=np.array([age]), customers=np.ones(1))


def _observed(
    rate: np.ndarray, age: np.ndarray, most: np.ndarray, lifetime: np.ndarray, rng: np.random.Generator
) -> Triples:
    clock, frequency, recency = np.zeros(len(age)), np.zeros(len(age)), np.zeros(len(age))
    active = np.ones(len(age), dtype=bool)
    while active.any():
        clock = clock + rng.exponential(1 / np.maximum(rate, 1e-300))
        active = active & (clock <= np.minimum(age, lifetime)) & (frequency < most)
        frequency[active] += 1
        recency[active] = clock[active]
    return Triples(frequency=frequency, recency=recency, age=age, customers=np.ones(len(age)))
