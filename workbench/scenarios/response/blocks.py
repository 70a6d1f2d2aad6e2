"""A response model laid out for the kernel: one block a market and channel, draws first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from workbench.mmm import ResponseModel

FORMS = {"hill": 0, "michaelis_menten": 0, "logistic": 1, "none": 2}


@dataclass(frozen=True, kw_only=True)
class Blocks:
    """N = M·C blocks in the order of a plan's cells of one week.

    Attributes:
        markets: How many, M.
        market: Index of each block's market, shape (N,).
        channel: Likewise.
        form: Of each block's curve, shape (N,).
        exposure_per_spend: Shape (N, H).
        carry_in: Exposure of the weeks before the plan, shape (N, L).
        after: Exposure of each week after it, shape (N,).
        weights: Share of the effect by lag, shape (D, C, L + 1).
        half: Half-saturation, shape (D, N); 1 where the form has none.
        slope: Shape (D, C).
        coefficient: Currency at full saturation, shape (D, N).
    """

    markets: int
    market: np.ndarray
    channel: np.ndarray
    form: np.ndarray
    exposure_per_spend: np.ndarray
    carry_in: np.ndarray
    after: np.ndarray
    weights: np.ndarray
    half: np.ndarray
    slope: np.ndarray
    coefficient: np.ndarray

    @property
    def draws(self) -> int:
        return len(self.half)

    @property
    def weeks(self) -> int:
        """Of the plan and the carry-over after it."""
        return self.exposure_per_spend.shape[1] + self.carry_in.shape[1]

    def exposure(self, spend: np.ndarray) -> np.ndarray:
        """Of a plan, shape (H, M, C), with the weeks before and after that act along: shape (N, L + H + L)."""
        own = spend.reshape(len(spend), -1).T * self.exposure_per_spend
        after = np.broadcast_to(self.after[:, None], self.carry_in.shape)
        return np.concatenate([self.carry_in, own, after], axis=1)

    def of_draws(self, kept: np.ndarray | slice) -> Self:
        return replace(
            self,
            weights=self.weights[kept],
            half=self.half[kept],
            slope=self.slope[kept],
            coefficient=self.coefficient[kept],
        )

    def of_blocks(self, kept: np.ndarray) -> Self:
        return replace(
            self,
            market=self.market[kept],
            channel=self.channel[kept],
            form=self.form[kept],
            exposure_per_spend=self.exposure_per_spend[kept],
            carry_in=self.carry_in[kept],
            after=self.after[kept],
            half=np.ascontiguousarray(self.half[:, kept]),
            coefficient=np.ascontiguousarray(self.coefficient[:, kept]),
        )

    def alone(self, block: int) -> Self:
        """One block as the only one of one channel in one market."""
        channel, first = self.channel[[block]], np.zeros(1, dtype=int)
        return replace(
            self.of_blocks(np.array([block])),
            markets=1,
            market=first,
            channel=first,
            weights=np.ascontiguousarray(self.weights[:, channel]),
            slope=np.ascontiguousarray(self.slope[:, channel]),
        )


def blocks_of(response: ResponseModel, price: np.ndarray, after: np.ndarray) -> Blocks:
    """Lay out the response for a plan.

    Args:
        price: Of exposure, as a factor on today's, shape (H, M, C).
        after: Currency a week that goes on being spent when the plan is over, at today's prices, shape (M, C).
    """
    markets, channels = len(response.markets), len(response.channels)
    draws = response.draws
    per_spend = (response.exposure_per_spend / price).reshape(len(price), -1).T
    coefficient = response.coefficient * response.value_per_kpi[:, None]
    channel = np.tile(np.arange(channels), markets)
    return Blocks(
        markets=markets,
        market=np.repeat(np.arange(markets), channels),
        channel=channel,
        form=np.array([FORMS[form] for form in response.saturation])[channel],
        exposure_per_spend=np.ascontiguousarray(per_spend),
        carry_in=np.ascontiguousarray(response.carry_in.reshape(response.carry_over_weeks, markets * channels).T),
        after=(after * response.exposure_per_spend).reshape(-1),
        weights=np.ascontiguousarray(response.lag_weights.transpose(1, 0, 2)),
        half=np.nan_to_num(response.half_saturation, nan=1.0).reshape(draws, -1),
        slope=np.ascontiguousarray(response.slope),
        coefficient=np.ascontiguousarray(coefficient.reshape(draws, -1)),
    )
