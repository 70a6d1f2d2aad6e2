"""How much money to hold back for an opportunity, by simulating quarters in which it comes or doesn't.

A two-stage decision: the plan is made with the budget less the reserve; once an opportunity has come, or its week has
passed, the rest of the quarter is planned anew with the whole budget. With linear returns this is the newsvendor's
problem, and the answer its fractile.

References:
    Arrow, Harris & Marschak (1951), Optimal Inventory Policy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import InfeasiblePlan
from workbench.scenarios.contingency.states import State
from workbench.scenarios.contingency.worlds import Worlds

QUARTERS = 20_000
RESAMPLES = 400
LEVEL = 0.9
AMOUNTS = 4
FINE = 201
# Draws by which plans are chosen; what they bring counts all.
SEARCHED = 250
# A gain below this share of revenue is within what the search for plans leaves open.
NOTABLE = 2e-4


@dataclass(frozen=True, kw_only=True)
class Reserve:
    """Money to hold back.

    Attributes:
        amount: Currency.
        amount_lower: Of the interval that the simulation leaves, 90%.
        amount_upper: Likewise.
        gain: Revenue above that of holding nothing back, expected over all quarters.
        gain_error: Standard error of `gain` by the number of quarters simulated.
        called: Chance that an opportunity comes in the horizon.
        quarters: Simulated.
        search_error: Revenue that the search for plans was seen to leave open; a gain must exceed it.
    """

    amount: float
    amount_lower: float
    amount_upper: float
    gain: float
    gain_error: float
    called: float
    quarters: int
    search_error: float


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """Revenue of whole quarters by what comes and what was held back.

    Attributes:
        amounts: Held back, ascending from 0, shape (G,).
        probability: Of each opportunity and, last, of none, shape (S,); sums to 1.
        revenue: Shape (S, G, D).
    """

    amounts: np.ndarray
    probability: np.ndarray
    revenue: np.ndarray

    @property
    def search_error(self) -> float:
        """What holding back seems to bring though nothing comes: whoever holds nothing back could have spent alike."""
        nothing_came = self.revenue[-1].mean(axis=1)
        return max(0.0, float(nothing_came.max() - nothing_came[0]))


def size_reserve(outcomes: Outcomes, *, quarters: int = QUARTERS, seed: int) -> tuple[Reserve, pd.DataFrame]:
    """The amount whose simulated quarters bring most, and `amount`, `gain`, `gain_lower`, `gain_upper` of all amounts.

    Intervals of `gain` are those of the mean over the simulated quarters.
    """
    rng = np.random.default_rng(seed)
    scenario = rng.choice(len(outcomes.probability), size=quarters, p=outcomes.probability)
    draw = rng.integers(outcomes.revenue.shape[2], size=quarters)
    gain = outcomes.revenue - outcomes.revenue[:, :1]
    simulated = gain[scenario, :, draw]
    fine = np.linspace(0, outcomes.amounts[-1], FINE) if outcomes.amounts[-1] > 0 else outcomes.amounts
    mean = _refined(outcomes.amounts, simulated.mean(axis=0), fine)
    # Means of as many quarters drawn again, which are normal: drawing 20,000 rows 400 times would say the same.
    spread = np.atleast_2d(np.cov(simulated, rowvar=False)) / quarters
    again = rng.multivariate_normal(simulated.mean(axis=0), spread, size=RESAMPLES, method="eigh")
    resampled = _refined(outcomes.amounts, again, fine)
    revenue = float(outcomes.probability @ outcomes.revenue[:, 0].mean(axis=1))
    pays = simulated.mean(axis=0).max() > outcomes.search_error + NOTABLE * revenue
    best = int(mean.argmax()) if pays else 0
    at_best = fine[resampled.argmax(axis=1)] if best else np.zeros(RESAMPLES)
    low, high = np.quantile(at_best, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    lower, upper = np.quantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    reserve = Reserve(
        amount=float(fine[best]),
        amount_lower=float(low),
        amount_upper=float(high),
        gain=float(mean[best]),
        gain_error=float(resampled[:, best].std()),
        called=float(outcomes.probability[:-1].sum()),
        quarters=quarters,
        search_error=outcomes.search_error,
    )
    return reserve, pd.DataFrame({"amount": fine, "gain": mean, "gain_lower": lower, "gain_upper": upper})


def reserve_outcomes(
    worlds: Worlds, expected: State, opportunities: Sequence[State], planned: np.ndarray, *, share_upper: float
) -> Outcomes:
    """Plans of all amounts held back and all that may come.

    Amounts that leave too little for the limits are left out. Without an opportunity the money is released in the week
    after the last one could have come.
    """
    release = max(state.from_week for state in opportunities) + 1
    worlds_to_come = [*((state, state.from_week) for state in opportunities), (expected, release)]
    chances = [state.probability for state in opportunities]
    amounts, revenue = [], []
    for amount in np.linspace(0, share_upper * expected.budget, AMOUNTS if share_upper > 0 else 1):
        try:
            first = (
                worlds.replan(expected, planned, budget=expected.budget - amount, draws=SEARCHED).spend
                if amount
                else planned
            )
            rest = [
                worlds.replan(state, first, budget=expected.budget, from_week=week, draws=SEARCHED).spend
                for state, week in worlds_to_come
            ]
        except InfeasiblePlan:
            break
        amounts.append(amount)
        revenue.append(
            [worlds.value(state).worth(spend) for (state, _), spend in zip(worlds_to_come, rest, strict=True)]
        )
    return Outcomes(
        amounts=np.array(amounts),
        probability=np.array([*chances, 1 - sum(chances)]),
        revenue=np.array(revenue).transpose(1, 0, 2),
    )


def _refined(amounts: np.ndarray, gain: np.ndarray, fine: np.ndarray) -> np.ndarray:
    """Gains between the amounts that were planned, shape (..., G) to (..., F); the most may lie between two of them."""
    from scipy.interpolate import CubicSpline  # here, because apps only load results and start faster without

    return CubicSpline(amounts, gain, axis=-1)(fine) if len(amounts) > 1 else gain


NO_RESERVE = Reserve(
    amount=0.0, amount_lower=0.0, amount_upper=0.0, gain=0.0, gain_error=0.0, called=0.0, quarters=0, search_error=0.0
)
