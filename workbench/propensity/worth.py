"""What an outcome is worth, and whom to act on for it: by value, cost and capacity, never by a probability of one half."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from workbench.config.customers import Score
from workbench.propensity.metrics import Judged, Z
from workbench.propensity.rows import TrainingRows

DEPTHS = 51

type Rule = Literal["pays", "capacity", "nothing", "later cases", "unsupported"]


@dataclass(frozen=True, kw_only=True)
class Worth:
    """Currency that one outcome brings.

    Attributes:
        value: NaN where neither the configuration nor the data say it.
        error: Its standard error; 0 where it was declared.
        declared: Whether the configuration says it.
    """

    value: float
    error: float
    declared: bool

    @property
    def known(self) -> bool:
        return bool(np.isfinite(self.value)) and self.value > 0


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Where acting begins.

    Attributes:
        probability: Least probability of a case that is acted on; above 1 where none is.
        selected: How many are acted on.
        rule: Whether it stops where the next case wouldn't pay, or where capacity ends; `nothing` without either. Where later cases
            contradict the probabilities: where `later cases` say that it pays, or `unsupported` where they say so nowhere.
    """

    probability: float
    selected: int
    rule: Rule


def worth_of(rows: TrainingRows, spec: Score) -> Worth:
    """The declared value of an outcome, else the mean of those that the data know."""
    if spec.value > 0:
        return Worth(value=spec.value, error=0.0, declared=True)
    known = rows.value[np.isfinite(rows.value)]
    if len(known) < 2 or known.mean() <= 0:
        return Worth(value=np.nan, error=np.nan, declared=False)
    return Worth(value=float(known.mean()), error=float(known.std(ddof=1) / np.sqrt(len(known))), declared=False)


def choose_cut(probability: np.ndarray, worth: Worth, spec: Score) -> Cut:
    """Act on the likeliest while each brings more than it costs, and while there is capacity.

    Args:
        probability: Of everyone who can be acted on, shape (cases,).
        worth: Of an outcome.
        spec: Cost and capacity.
    """
    cases = len(probability)
    capacity = min(spec.capacity, cases) if spec.capacity else cases
    if not worth.known and not spec.capacity:
        return Cut(probability=np.inf, selected=0, rule="nothing")
    break_even = spec.cost / worth.value if worth.known else 0.0
    paying = int((probability * worth.value > spec.cost).sum()) if worth.known else cases
    if paying <= capacity:
        return Cut(probability=break_even, selected=paying, rule="pays")
    least = float(np.partition(probability, cases - capacity)[cases - capacity])
    return Cut(probability=least, selected=capacity, rule="capacity")


def profit_curve(judged: Judged, worth: Worth, cost: float, seed: int) -> pd.DataFrame:
    """Profit per case of acting on the likeliest share of cases, on cases whose outcome is known.

    Returns:
        share, probability (of the last case acted on), expected (what the probabilities promise), profit (what came), lower,
        upper; currency per case of all. Empty where the worth of an outcome isn't known.
    """
    columns = ["share", "probability", "expected", "profit", "lower", "upper"]
    if not worth.known:
        return pd.DataFrame(columns=columns, dtype=float)
    order = np.argsort(-judged.probability, kind="stable")
    p, came = judged.probability[order], judged.outcome[order].astype(float)
    depth = np.unique(np.linspace(0, len(p), DEPTHS).round().astype(int))

    def profit(outcome: np.ndarray, weights: np.ndarray) -> np.ndarray:
        gained = np.concatenate([[0.0], np.cumsum(weights * (outcome * worth.value - cost))])
        return gained[depth] / weights.sum()

    ones = np.ones(len(p))
    draws = np.array([profit(came, weights[order]) for weights in judged.resampled(seed)])
    realised, spread = profit(came, ones), Z * draws.std(axis=0, ddof=1)
    last = np.concatenate([[1.0], p])[depth]
    return pd.DataFrame(
        {
            "share": depth / len(p),
            "probability": last,
            "expected": profit(p, ones),
            "profit": realised,
            "lower": realised - spread,
            "upper": realised + spread,
        }
    )


def expected_profit(
    probability: np.ndarray, selected: np.ndarray, judged: Judged, worth: Worth, cost: float, seed: int
) -> tuple[float, float, float]:
    """What acting on the selected is expected to bring beyond its cost, with an interval as wide as the test was wrong.

    Args:
        probability: Of all cases, shape (cases,).
        selected: Flags, shape (cases,).
        judged: The test, of which the same share is acted on.
        worth: Of an outcome.
        cost: Of acting on one.
        seed: Of the bootstrap.
    """
    outcomes = float(probability[selected].sum())
    top = max(1, round(len(judged.probability) * selected.mean()))
    acted = np.zeros(len(judged.probability), dtype=bool)
    acted[np.argsort(-judged.probability, kind="stable")[:top]] = True
    promised = float(judged.probability[acted].sum())
    came = [float(weights[acted] @ judged.outcome[acted]) for weights in judged.resampled(seed)]
    miss = float(judged.outcome[acted].sum()) / promised - 1
    error = np.sqrt(np.var(came, ddof=1) / promised**2 + miss**2 + (worth.error / worth.value) ** 2)
    gross, spent = outcomes * worth.value, cost * float(selected.sum())
    return gross - spent, gross * max(0.0, 1 - Z * error) - spent, gross * (1 + Z * error) - spent
