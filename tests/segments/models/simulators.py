"""Histories in continuous time, made exactly as BG/NBD, MBG/NBD and Pareto/NBD say."""

import numpy as np

from workbench.segments.summaries import Triples


def simulate_mbgnbd(r: float, alpha: float, a: float, b: float, *, customers: int, seed: int) -> Triples:
    """Customers may leave after any purchase, the first one too; observed for 26 to 78 time units."""
    return simulate_future("MBG/NBD", (r, alpha, a, b), customers=customers, ahead=0.0, seed=seed)[0]


def simulate_paretonbd(r: float, alpha: float, s: float, beta: float, *, customers: int, seed: int) -> Triples:
    """Customers leave at a random moment; observed for 26 to 78 time units."""
    return simulate_future("Pareto/NBD", (r, alpha, s, beta), customers=customers, ahead=0.0, seed=seed)[0]


def simulate_future(
    name: str, parameters: tuple[float, float, float, float], *, customers: int, ahead: float, seed: int
) -> tuple[Triples, np.ndarray]:
    """Histories of 26 to 78 time units, and how often each customer buys in the time `ahead`."""
    r, alpha, *leaving = parameters
    rng = np.random.default_rng(seed)
    age = rng.uniform(26, 78, customers)
    most, lifetime = np.full(customers, np.inf), np.full(customers, np.inf)
    if name == "Pareto/NBD":
        s, beta = leaving
        lifetime = rng.exponential(1 / np.maximum(rng.gamma(s, 1 / beta, customers), 1e-300))
    else:
        chances = rng.geometric(np.maximum(rng.beta(*leaving, customers), 1e-300))
        most = chances - (1.0 if name == "MBG/NBD" else 0.0)
    return _observed(rng.gamma(r, 1 / alpha, customers), age, most, lifetime, ahead, rng)


def one(x: float, recency: float, age: float) -> Triples:
    return Triples(frequency=np.array([x]), recency=np.array([recency]), age=np.array([age]), customers=np.ones(1))


def _observed(
    rate: np.ndarray, age: np.ndarray, most: np.ndarray, lifetime: np.ndarray, ahead: float, rng: np.random.Generator
) -> tuple[Triples, np.ndarray]:
    clock, bought, frequency, recency = (np.zeros(len(age)) for _ in range(4))
    active = np.ones(len(age), dtype=bool)
    while active.any():
        clock = clock + rng.exponential(1 / np.maximum(rate, 1e-300))
        active = active & (clock <= np.minimum(age + ahead, lifetime)) & (bought < most)
        bought[active] += 1
        past = active & (clock <= age)
        frequency[past] += 1
        recency[past] = clock[past]
    triples = Triples(frequency=frequency, recency=recency, age=age, customers=np.ones(len(age)))
    return triples, bought - frequency
