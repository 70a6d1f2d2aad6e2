"""What subscriptions with so many renewals will still bring: the mean, and what chance and ignorance leave open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.segments.models.likelihood import Fit
from workbench.segments.models.sbg import fit_sbg, renewal_probabilities
from workbench.segments.subscriptions.lifetimes import lifetimes_of

DRAWS = 1000
# With fewer ends a plan's own fit is so vague that its interval, made as if the fit were near the truth, is too narrow.
LEAST_ENDED = 50
ALL_PLANS = "all plans"


@dataclass(frozen=True, kw_only=True)
class PlanFit:
    """The model of a plan's subscriptions.

    Attributes:
        plan: Its name.
        rows: Its rows of `lifetimes.subscription_lifetimes`.
        fit: Of the plan, or of all plans where too few of it have ended.
        fitted_on: Which of the two.
    """

    plan: str
    rows: pd.DataFrame
    fit: Fit
    fitted_on: str

    def column(self, name: str) -> np.ndarray:
        return self.rows[name].to_numpy(dtype=float)


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """A total over subscriptions; the draws are what may come, by unknown parameters and by chance."""

    mean: float
    draws: np.ndarray

    def interval(self, level: float) -> tuple[float, float]:
        lower, upper = np.quantile(self.draws, [(1 - level) / 2, (1 + level) / 2])
        return float(lower), float(upper)


def fit_plans(counts: pd.DataFrame) -> list[PlanFit]:
    """Fit each plan on its own where enough of its subscriptions ended, else on all plans together.

    Args:
        counts: Rows of `lifetimes.subscription_lifetimes`.

    Raises:
        FitError: If too few ended in all plans together.
    """
    together = fit_sbg(lifetimes_of(counts))
    several, fits = counts.plan.nunique() > 1, []
    for plan, rows in counts.groupby("plan"):
        own = several and rows.ended.sum() >= LEAST_ENDED
        fit, fitted_on = (fit_sbg(lifetimes_of(rows)), str(plan)) if own else (together, ALL_PLANS)
        fits.append(PlanFit(plan=str(plan), rows=rows, fit=fit, fitted_on=fitted_on))
    return fits


def forecast(
    plan: PlanFit, weights: np.ndarray, squares: np.ndarray, worth: np.ndarray, rng: np.random.Generator
) -> Forecast:
    """What the plan's active subscriptions will bring together.

    Args:
        weights: What a renewal counts, summed over active subscriptions by row of the plan: 1 each, or their price.
        squares: Squares of that, summed.
        worth: Worth of the next renewal, the one after it, …, up to the horizon.
    """
    renewals = plan.column("renewals")
    mean, _ = remaining(plan.fit.parameters, renewals, worth)
    means, variances = remaining(plan.fit.draws(DRAWS, rng), renewals, worth)
    chance = np.sqrt(np.maximum(variances @ squares, 0.0))
    outcomes = np.maximum(means @ weights + chance * rng.standard_normal(DRAWS), 0.0)
    return Forecast(mean=float(weights @ mean), draws=outcomes)


def together(forecasts: Sequence[Forecast]) -> Forecast:
    """The total of several forecasts, taken to be independent."""
    return Forecast(mean=sum(each.mean for each in forecasts), draws=np.sum([each.draws for each in forecasts], axis=0))


def remaining(parameters: np.ndarray, renewals: np.ndarray, worth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of what one subscription with so many renewals will bring, each of shape (A,), of draws (D, A).

    It makes at least k more with probability s_k, so E[W] = Σ s_k w_k and E[W²] = Σ s_k (W_k² − W_{k−1}²), W_k being the worth of
    the next k.
    """
    probability = renewal_probabilities(parameters, renewals, len(worth))
    mean = probability @ worth
    return mean, probability @ np.diff(np.cumsum(worth) ** 2, prepend=0.0) - mean**2
