"""Worlds of creatives whose click rates are known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from scipy.special import expit, logit

from workbench.experiments.creative.cells import Cells

FACTORS = ("headline", "image", "button")
CREATIVES = tuple(product(("a", "b", "c"), ("x", "y"), ("1", "2")))


@dataclass(frozen=True)
class World:
    """True click rates, shape (creative, segment)."""

    rates: np.ndarray

    def show(self, units: np.ndarray, rng: np.random.Generator) -> Cells:
        return cells_of(rng.binomial(units, self.rates), units)


def cells_of(clicks: np.ndarray, units: np.ndarray) -> Cells:
    creatives, segments = units.shape
    factors = FACTORS if creatives == len(CREATIVES) else ("banner",)
    names = CREATIVES if len(factors) > 1 else tuple((f"banner{number}",) for number in range(creatives))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = clicks / units
        variance = np.where(units > 0, mean * (1 - mean) / units, np.inf)
    return Cells(
        factors=factors,
        creatives=names,
        segments=tuple("st"[:segments]),
        units=units.astype(float),
        mean=mean,
        variance=variance,
        proportion=True,
    )


def added(one: Cells, other: Cells) -> Cells:
    """Two periods of the same creatives taken together."""
    units = one.units + other.units
    mean = (one.units * np.nan_to_num(one.mean) + other.units * np.nan_to_num(other.mean)) / units
    return replace(one, units=units, mean=mean, variance=mean * (1 - mean) / units)


def draw_world(rng: np.random.Generator, *, rate: float = 0.05, segments: int = 2) -> World:
    """Parts with a spread of 0.2 on the log-odds, pairs and parts by segment with half of it."""
    log_odds = np.full((len(CREATIVES), segments), logit(rate))
    for f in range(len(FACTORS)):
        effects = {part: rng.normal(0, 0.2) for part in {c[f] for c in CREATIVES}}
        apart = {part: rng.normal(0, 0.1, segments) for part in effects}
        log_odds += [effects[c[f]] + apart[c[f]] for c in CREATIVES]
        for g in range(f):
            both = {pair: rng.normal(0, 0.1) for pair in {(c[f], c[g]) for c in CREATIVES}}
            log_odds += np.array([both[c[f], c[g]] for c in CREATIVES])[:, None]
    return World(rates=expit(log_odds))
