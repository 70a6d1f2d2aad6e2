"""What media return, evaluated from saved posterior draws with numpy alone.

The planner and the apps read a media-mix result through this file; it never imports the model that was fitted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np

from workbench.errors import SpecError
from workbench.mmm.shapes.adstock import AdstockForm, adstock, lag_weights, with_history
from workbench.mmm.shapes.saturation import SaturationForm, saturate, saturation_growth

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True, kw_only=True)
class ResponseModel:
    """Response of the KPI to media, D draws of it, for M markets and C channels.

    Attributes:
        markets: Length M.
        channels: Length C.
        saturation: Form of each channel's curve, length C.
        adstock: Form of each channel's carry-over, length C.
        carry_over_weeks: Longest lag.
        half_life: Weeks, shape (D, C).
        carry_over_shape: Second parameter of the carry-over, shape (D, C); see `shapes.adstock`.
        half_saturation: Exposure a week that reaches one half, shape (D, M, C); NaN where the form is `none`.
        slope: Hill slope, shape (D, C); ones for the other forms.
        coefficient: KPI units a week at full saturation (`none`: KPI units per exposure), in the last week that was fitted,
            shape (D, M, C).
        effectiveness: How effectiveness came there, on the log scale: coefficients of the ramps, shape (D, C, R).
        effectiveness_ramps: Shape (R, T), over the weeks that were fitted.
        exposure_per_spend: Exposure that one unit of currency buys, shape (M, C).
        value_per_kpi: Currency per KPI unit that plans count with, shape (M,).
        spend_history: Currency, shape (week, M, C), up to the last week that was fitted.
        exposure_history: Exposure of the same weeks.
    """

    markets: tuple[str, ...]
    channels: tuple[str, ...]
    saturation: tuple[SaturationForm, ...]
    adstock: tuple[AdstockForm, ...]
    carry_over_weeks: int
    half_life: np.ndarray
    carry_over_shape: np.ndarray
    half_saturation: np.ndarray
    slope: np.ndarray
    coefficient: np.ndarray
    effectiveness: np.ndarray
    effectiveness_ramps: np.ndarray
    exposure_per_spend: np.ndarray
    value_per_kpi: np.ndarray
    spend_history: np.ndarray
    exposure_history: np.ndarray

    @classmethod
    def from_dataset(cls, posterior: xr.Dataset) -> Self:
        """Read the `posterior` of a `MediaMixResult`."""
        arrays = {
            field.name: np.asarray(posterior[field.name].to_numpy(), dtype=float)
            for field in fields(cls)
            if field.name in posterior and field.name not in ("saturation", "adstock")
        }
        return cls(
            markets=tuple(str(name) for name in posterior["market"].to_numpy()),
            channels=tuple(str(name) for name in posterior["channel"].to_numpy()),
            saturation=tuple(str(form) for form in posterior["saturation"].to_numpy()),  # type: ignore[misc]
            adstock=tuple(str(form) for form in posterior["adstock"].to_numpy()),  # type: ignore[misc]
            carry_over_weeks=int(posterior.attrs["carry_over_weeks"]),
            **arrays,
        )

    @property
    def draws(self) -> int:
        return len(self.half_life)

    @cached_property
    def lag_weights(self) -> np.ndarray:
        """Share of the effect by lag, shape (C, D, L + 1)."""
        by_channel = zip(self.half_life.T, self.carry_over_shape.T, self.adstock, strict=True)
        return np.stack([lag_weights(h, k, form, self.carry_over_weeks) for h, k, form in by_channel])

    @cached_property
    def carry_in(self) -> np.ndarray:
        """Exposure of the last `carry_over_weeks` weeks of history, shape (L, M, C)."""
        empty = self.exposure_history[:0]
        return with_history(empty, self.exposure_history, self.carry_over_weeks)

    def thinned(self, draws: int) -> Self:
        """The same model with about `draws` evenly spaced draws."""
        kept = np.unique(np.linspace(0, self.draws - 1, min(draws, self.draws)).astype(int))
        return replace(
            self,
            half_life=self.half_life[kept],
            carry_over_shape=self.carry_over_shape[kept],
            half_saturation=self.half_saturation[kept],
            slope=self.slope[kept],
            coefficient=self.coefficient[kept],
            effectiveness=self.effectiveness[kept],
        )

    def of_market(self, market: int) -> Self:
        """The same model of one market, by its index: all draws of many markets at once may not fit into memory."""
        one = slice(market, market + 1)
        return replace(
            self,
            markets=self.markets[one],
            half_saturation=self.half_saturation[:, one],
            coefficient=self.coefficient[:, one],
            exposure_per_spend=self.exposure_per_spend[one],
            value_per_kpi=self.value_per_kpi[one],
            spend_history=self.spend_history[:, one],
            exposure_history=self.exposure_history[:, one],
        )

    def of_channels(self, kept: np.ndarray) -> Self:
        """The same model of some channels, given as a mask of shape (C,)."""
        which = np.flatnonzero(kept)
        return replace(
            self,
            channels=tuple(self.channels[c] for c in which),
            saturation=tuple(self.saturation[c] for c in which),
            adstock=tuple(self.adstock[c] for c in which),
            half_life=self.half_life[:, which],
            carry_over_shape=self.carry_over_shape[:, which],
            half_saturation=self.half_saturation[..., which],
            slope=self.slope[:, which],
            coefficient=self.coefficient[..., which],
            effectiveness=self.effectiveness[:, which],
            exposure_per_spend=self.exposure_per_spend[:, which],
            spend_history=self.spend_history[..., which],
            exposure_history=self.exposure_history[..., which],
        )

    def contribution(self, spend: np.ndarray, carry_in: np.ndarray | None = None) -> np.ndarray:
        """Currency that media cause in each week of a plan, carry-over from before it included.

        Args:
            spend: Currency, shape (week, M, C); at today's price of exposure.
            carry_in: Exposure of the weeks before, shape (any, M, C); unset for the end of the fitted history, so that
                the plan starts in the week after it.

        Returns:
            Shape (D, week, M, C).

        Raises:
            SpecError: If the shape is wrong or a spend is negative or missing.
        """
        exposure = self._checked(spend) * self.exposure_per_spend
        return self.kpi_of_exposure(exposure, carry_in) * self.value_per_kpi[:, None]

    @cached_property
    def path(self) -> np.ndarray:
        """Effectiveness in the fitted weeks relative to the last of them, shape (D, T, C)."""
        if not self.effectiveness.any():
            return np.broadcast_to(1.0, (self.draws, self.fitted_weeks, len(self.channels)))
        log_path = np.einsum("dcr,rt->dtc", self.effectiveness, self.effectiveness_ramps)
        return np.exp(log_path - log_path[:, -1:])

    @property
    def fitted_weeks(self) -> int:
        return self.effectiveness_ramps.shape[1]

    def kpi_of_exposure(self, exposure: np.ndarray, carry_in: np.ndarray | None = None) -> np.ndarray:
        """KPI units that an exposure, shape (week, M, C), causes: shape (D, week, M, C); `carry_in` as in `contribution`."""
        acting = self._acting(exposure, self.carry_in if carry_in is None else carry_in)
        return np.stack(
            [
                saturate(acted, half, slope, form) * coefficient
                for acted, (half, slope, coefficient, form) in zip(acting, self._by_channel(), strict=True)
            ],
            axis=-1,
        )

    def kpi_growth_of_exposure(self, exposure: np.ndarray, carry_in: np.ndarray | None = None) -> np.ndarray:
        """Derivative of `kpi_of_exposure` for growth of all exposure in proportion, carry-in included."""
        acting = self._acting(exposure, self.carry_in if carry_in is None else carry_in)
        return np.stack(
            [
                saturation_growth(acted, half, slope, form) * coefficient
                for acted, (half, slope, coefficient, form) in zip(acting, self._by_channel(), strict=True)
            ],
            axis=-1,
        )

    def steady_contribution(self, spend: np.ndarray) -> np.ndarray:
        """Currency a week that a constant weekly spend causes in the long run.

        Args:
            spend: Currency a week, shape (..., M, C).

        Returns:
            Shape (D, ..., M, C).
        """
        return self._steady(spend, saturate)

    def steady_marginal(self, spend: np.ndarray) -> np.ndarray:
        """Currency that the next unit of constant weekly spend causes, shape (D, ..., M, C); `spend` above 0."""
        positive = np.maximum(np.asarray(spend, dtype=float), np.finfo(float).tiny)
        return self._steady(positive, saturation_growth) / positive

    def channel_curve(self, channel: str, weekly_spend: np.ndarray) -> np.ndarray:
        """Currency a week over all markets for a channel's constant weekly spend.

        Args:
            channel: One of `channels`.
            weekly_spend: Totals over all markets, shape (G,), split as in the history.

        Returns:
            Shape (D, G).
        """
        index = self.channels.index(channel)
        form, slope = self.saturation[index], self.slope[:, index, None]
        total = np.zeros((self.draws, len(weekly_spend)))
        for m, share in enumerate(self.market_shares[:, index]):
            exposure = np.asarray(weekly_spend, dtype=float) * share * self.exposure_per_spend[m, index]
            half, coefficient = (of[:, m, index, None] for of in (self.half_saturation, self.coefficient))
            total += saturate(exposure, half, slope, form) * coefficient * self.value_per_kpi[m]
        return total

    @cached_property
    def market_shares(self) -> np.ndarray:
        """Share of each channel's historic spend by market, shape (M, C)."""
        total = self.spend_history.sum(axis=0)
        return total / total.sum(axis=0)

    def _steady(self, spend: np.ndarray, curve: object) -> np.ndarray:
        exposure = np.asarray(spend, dtype=float) * self.exposure_per_spend
        middle = (slice(None), *([None] * (exposure.ndim - 2)))
        response = [
            curve(exposure[..., c], half[:, 0][middle], slope[:, 0][middle], form) * coefficient[:, 0][middle]  # type: ignore[operator]
            for c, (half, slope, coefficient, form) in enumerate(self._by_channel())
        ]
        return np.stack(response, axis=-1) * self.value_per_kpi[:, None]

    def _acting(self, exposure: np.ndarray, carry_in: np.ndarray) -> Iterator[np.ndarray]:
        """Exposure after carry-over, channel by channel, each of shape (D, week, M)."""
        full = with_history(np.asarray(exposure, dtype=float), carry_in, self.carry_over_weeks)
        for c in range(len(self.channels)):
            yield adstock(full[..., c], self.lag_weights[c])

    def _by_channel(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, SaturationForm]]:
        """Half-saturation, slope and coefficient of each channel, shaped (D, 1, M) against (D, week, M)."""
        for c, form in enumerate(self.saturation):
            yield (
                self.half_saturation[:, None, :, c],
                self.slope[:, None, None, c],
                self.coefficient[:, None, :, c],
                form,
            )

    def _checked(self, spend: np.ndarray) -> np.ndarray:
        spend = np.asarray(spend, dtype=float)
        wanted = (len(self.markets), len(self.channels))
        if spend.ndim != 3 or spend.shape[1:] != wanted:
            raise SpecError(f"spend has shape {spend.shape}; give (week, {wanted[0]} markets, {wanted[1]} channels)")
        if not np.all(spend >= 0):
            raise SpecError(
                "spend holds a negative or missing amount; every week of a plan needs an amount of at least 0"
            )
        return spend
