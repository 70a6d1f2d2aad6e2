"""What spend does to revenue: geometric carry-over, then a Hill curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.data.synthetic.business import CHANNELS, SIZES, channel_values


@dataclass(frozen=True, kw_only=True)
class Response:
    """The true response to weekly spend, per market (M) and channel (C).

    Attributes:
        retention: Share of the effect carried into the next week, shape (C,).
        slope: Hill slope, shape (C,).
        half_saturation: Carried spend of half the possible effect, euros a week, shape (M, C).
        coefficient: Largest possible effect, euros of revenue a week, shape (M, C).
    """

    retention: np.ndarray
    slope: np.ndarray
    half_saturation: np.ndarray
    coefficient: np.ndarray

    def contribution(self, spend: np.ndarray) -> np.ndarray:
        """Expected revenue caused by spend, both of shape (week, M, C), with no spend before the first week."""
        carried = normalised_adstock(spend, self.retention)
        return self.coefficient * hill(carried, self.half_saturation, self.slope)


def normalised_adstock(spend: np.ndarray, retention: np.ndarray | float) -> np.ndarray:
    """Geometric carry-over along the first axis; steady spend is carried as itself."""
    carried = np.zeros_like(spend)
    previous = np.zeros_like(spend[0])
    for week, spent in enumerate(spend):
        carried[week] = previous = (1.0 - retention) * spent + retention * previous
    return carried


def hill(carried: np.ndarray, half_saturation: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Share of the possible effect, in [0, 1); one half at `half_saturation`."""
    powered = carried**slope
    return powered / (powered + half_saturation**slope)


def usual_spend(revenue: float) -> np.ndarray:
    """Usual weekly spend of each market and channel of a company with that weekly revenue, shape (M, C)."""
    return revenue * np.outer(SIZES, channel_values("share") / channel_values("roas"))


def draw_response(revenue: float, rng: np.random.Generator) -> Response:
    """Curves that differ somewhat between markets around each channel's own."""
    shape = (len(SIZES), len(CHANNELS))
    slope, relative = channel_values("slope"), channel_values("half_saturation")
    steady_effect = 1.0 / (1.0 + relative**slope)
    strength = np.exp(rng.normal(0.0, 0.12, shape))
    return Response(
        retention=channel_values("retention"),
        slope=slope,
        half_saturation=usual_spend(revenue) * relative * np.exp(rng.normal(0.0, 0.1, shape)),
        coefficient=revenue * np.outer(SIZES, channel_values("share") / steady_effect) * strength,
    )
