"""Returns: what was caused for what was spent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from workbench.mmm.posterior.summaries import summarise


@dataclass(frozen=True, kw_only=True)
class Returns:
    """What M markets × C channels caused and cost over some weeks, in D draws.

    Attributes:
        contribution: Currency, shape (D, M, C); without M in a total over markets, here and below.
        growth: Its derivative for growth of all exposure in proportion, carry-in included.
        units: `contribution` in KPI units, None where the KPI is itself currency.
        spend: Currency, shape (M, C).
    """

    contribution: np.ndarray
    growth: np.ndarray
    units: np.ndarray | None
    spend: np.ndarray

    def over_markets(self) -> Self:
        """The markets' total."""
        return replace(
            self,
            contribution=self.contribution.sum(axis=1),
            growth=self.growth.sum(axis=1),
            units=None if self.units is None else self.units.sum(axis=1),
            spend=self.spend.sum(axis=0),
        )

    def summaries(self, currency: str) -> dict[str, tuple[str, np.ndarray]]:
        """Unit, and mean with the ends of the 90% interval, shape (3, ...), of each quantity; NaN where nothing was spent."""
        spend = np.where(self.spend > 0, self.spend, np.nan)
        nothing = np.full_like(self.spend, np.nan)
        found = {
            "roas": ("", np.stack(summarise(self.contribution / spend))),
            "marginal_roas": ("", np.stack(summarise(self.growth / spend))),
            "contribution": (currency, np.stack(summarise(self.contribution))),
            "spend": (currency, np.stack([self.spend, nothing, nothing])),
        }
        return found if self.units is None else found | {"cost_per_kpi": (currency, cost_per_unit(self.units, spend))}


def cost_per_unit(units: np.ndarray, spend: np.ndarray) -> np.ndarray:
    """Spend over the mean of what it brought, and the interval of spend over what it brought, shape (3, ...)."""
    mean, lower, upper = summarise(units)
    brought = np.stack([mean, upper, lower])
    return np.where(brought > 0, spend / np.where(brought > 0, brought, 1.0), np.nan)
