"""What a rule would have brought in a campaign that was drawn at random, told from those for whom the draw agreed with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.wording import count

LEAST_EFFECTIVE = 100.0
Z = 1.959964


@dataclass(frozen=True, kw_only=True)
class PolicyValue:
    """Outcome per customer under a rule, currency; estimates are NaN where they are refused.

    Attributes:
        ips: Inverse propensity score: customers for whom the draw agreed, each standing for one over its probability.
        snips: The same, with weights that sum to one.
        dr: Doubly robust: an outcome model, corrected by its errors on those customers.
        ips_error: Standard error.
        snips_error: Standard error.
        dr_error: Standard error.
        effective: As many customers of equal weight would tell as much.
        scores: Each contact's doubly robust score.
        refused: Why nothing can be told; empty where it can.
    """

    ips: float = np.nan
    snips: float = np.nan
    dr: float = np.nan
    ips_error: float = np.nan
    snips_error: float = np.nan
    dr_error: float = np.nan
    effective: float = 0.0
    scores: np.ndarray | None = None
    refused: str = ""

    def interval(self) -> tuple[float, float]:
        """95% interval of the doubly robust estimate."""
        return self.dr - Z * self.dr_error, self.dr + Z * self.dr_error


def evaluate_policy(logged: pd.DataFrame, policy: np.ndarray, model: np.ndarray) -> PolicyValue:
    """Value of a rule from contacts that another, random rule drew.

    Args:
        logged: One row a contact: action (column of `policy`), probability (of that action, in (0, 1]), outcome (currency), unit
            (number of the customer).
        policy: Probability with which the rule takes each action, shape (contact, action).
        model: Expected outcome of each action, learnt from other customers' contacts, same shape.

    References:
        Dudík, Langford, Li (2011), Doubly robust policy evaluation and learning.
        Swaminathan, Joachims (2015), The self-normalized estimator for counterfactual learning.
    """
    taken, chance = logged.action.to_numpy(dtype=int), logged.probability.to_numpy(dtype=float)
    if refused := _never_drawn(policy, taken, chance):
        return PolicyValue(refused=refused)
    rows = np.arange(len(taken))
    weight, outcome = policy[rows, taken] / chance, logged.outcome.to_numpy(dtype=float)
    effective = float(weight.sum() ** 2 / (weight**2).sum()) if weight.any() else 0.0
    if effective < LEAST_EFFECTIVE:
        return PolicyValue(
            effective=effective,
            refused=(
                f"the draw agreed with the rule so rarely that it tells as much as {count(effective)} customers would; it takes "
                f"{count(LEAST_EFFECTIVE)}"
            ),
        )
    unit = logged.unit.to_numpy(dtype=int)
    weighted = weight * outcome
    snips = float(weighted.sum() / weight.sum())
    scores = (policy * model).sum(axis=1) + weight * (outcome - model[rows, taken])
    return PolicyValue(
        ips=float(weighted.mean()),
        snips=snips,
        dr=float(scores.mean()),
        ips_error=error_of_mean(weighted, unit),
        snips_error=error_of_mean(weight * (outcome - snips) / weight.mean(), unit),
        dr_error=error_of_mean(scores, unit),
        effective=effective,
        scores=scores,
    )


def error_of_mean(values: np.ndarray, unit: np.ndarray) -> float:
    """Standard error of a mean whose rows belong to customers, several perhaps to one."""
    by_unit = np.bincount(unit, values - values.mean())
    return float(np.sqrt((by_unit**2).sum())) / len(values)


def _never_drawn(policy: np.ndarray, taken: np.ndarray, chance: np.ndarray) -> str:
    if not len(taken):
        return "no contact was drawn at random with a recorded probability"
    if not (np.isfinite(chance) & (chance > 0) & (chance <= 1)).all():
        return "some contacts record no probability above 0 with which they were drawn"
    missing = policy.any(axis=0) & (np.bincount(taken, minlength=policy.shape[1]) == 0)
    return "the rule takes an action that the draw never took" if missing.any() else ""
