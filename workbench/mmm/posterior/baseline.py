"""What isn't media: level and trend, season, holidays, controls and what all markets share, by draw, market and week."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

SHARED_WEEKS = "weeks all markets share"


@dataclass(frozen=True, kw_only=True)
class BaselineModel:
    """D draws of the baseline of M markets in the T weeks that were fitted, as K columns with coefficients.

    Draws are kept in single precision, so that what is saved is exactly what was summarised.

    Attributes:
        components: What each column is part of, length K.
        columns: Shape (M, T, K).
        coefficient: KPI units, shape (D, M, K).
        week_effect: What all markets share in a week, relative to their mean KPI, shape (D, T); None where they share nothing.
        kpi_scale: Mean KPI, shape (M,).
    """

    components: tuple[str, ...]
    columns: np.ndarray
    coefficient: np.ndarray
    week_effect: np.ndarray | None
    kpi_scale: np.ndarray

    @classmethod
    def from_dataset(cls, posterior: xr.Dataset) -> Self:
        """Read the `posterior` of a `MediaMixResult`."""
        return cls(
            components=tuple(str(name) for name in posterior["baseline_component"].to_numpy()),
            columns=posterior["baseline_columns"].to_numpy(),
            coefficient=posterior["baseline_coefficient"].to_numpy(),
            week_effect=posterior["week_effect"].to_numpy() if "week_effect" in posterior else None,
            kpi_scale=posterior["kpi_scale"].to_numpy(),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Each component once, in order."""
        shared = () if self.week_effect is None else (SHARED_WEEKS,)
        return tuple(dict.fromkeys((*self.components, *shared)))

    def of_market(self, market: int, weeks: slice = slice(None)) -> np.ndarray:
        """KPI units of each component in one market, shape (D, week, component), in the order of `names`."""
        part_of = np.array(self.components)
        coefficient, columns = self.coefficient[:, market].astype(float), self.columns[market, weeks]
        parts = [
            coefficient[:, part_of == name] @ columns[:, part_of == name].T
            for name in self.names
            if name in self.components
        ]
        if self.week_effect is not None:
            parts.append(self.shared_of_market(market, weeks))
        return np.stack(parts, axis=-1)

    def shared_of_market(self, market: int, weeks: slice = slice(None)) -> np.ndarray:
        """KPI units of what all markets share in one market, shape (D, week); zeros where they share nothing."""
        if self.week_effect is None:
            return np.zeros((len(self.coefficient), len(self.columns[market, weeks])))
        return self.week_effect[:, weeks].astype(float) * self.kpi_scale[market]
