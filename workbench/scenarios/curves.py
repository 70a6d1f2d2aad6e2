"""What each channel is worth over the horizon, as a function of what is spent on it: the planner's whole world."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import xarray as xr

NODES = 257


@dataclass(frozen=True, kw_only=True)
class ChannelCurves:
    """Incremental revenue of each channel against its spend in the horizon, by posterior draw.

    Channels add up: the value of a plan is the sum of its channels' values. Between the nodes a curve is linear,
    beyond the last one it is flat. With C channels, G nodes and D draws:

    Attributes:
        channels: Length C.
        spend: Nodes in currency for the whole horizon, ascending from 0, shape (C, G).
        value: Currency, shape (C, G, D); zero where nothing is spent.
        current: Spend of the reference period, shape (C,).
        observed: Most ever spent in as many weeks as the horizon has, shape (C,).
    """

    channels: tuple[str, ...]
    spend: np.ndarray
    value: np.ndarray
    current: np.ndarray
    observed: np.ndarray

    def at(self, spend: np.ndarray) -> np.ndarray:
        """Value of each channel at `spend`, shape (C,), by draw: shape (C, D)."""
        return interpolate(self.spend, self.value, spend)

    def total(self, spend: np.ndarray) -> np.ndarray:
        """Value of the whole plan by draw, shape (D,)."""
        return self.at(spend).sum(axis=0)

    def weighted(self, weights: np.ndarray) -> Self:
        """The curves averaged over draws with `weights`, shape (D,): one draw is left."""
        return replace(self, value=(self.value @ weights)[..., None])

    def expected(self) -> Self:
        return replace(self, value=self.value.mean(axis=2, keepdims=True))

    @property
    def draws(self) -> int:
        return int(self.value.shape[2])

    def to_dataset(self) -> xr.Dataset:
        return xr.Dataset(
            {
                "spend": (("channel", "node"), self.spend),
                "value": (("channel", "node", "draw"), self.value),
                "current": ("channel", self.current),
                "observed": ("channel", self.observed),
            },
            coords={"channel": np.array(self.channels, dtype=object)},
        )

    @classmethod
    def from_dataset(cls, dataset: xr.Dataset) -> Self:
        return cls(
            channels=tuple(str(name) for name in dataset.channel.values),
            spend=dataset.spend.values,
            value=dataset.value.values,
            current=dataset.current.values,
            observed=dataset.observed.values,
        )


def interpolate(nodes: np.ndarray, values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Linear interpolation of every channel at its own point.

    Args:
        nodes: Ascending, shape (C, G).
        values: Shape (C, G, D).
        at: Shape (C,); points outside the nodes take the nearest end's value.

    Returns:
        Shape (C, D).
    """
    rows = np.arange(len(nodes))
    left = (nodes[:, 1:-1] <= at[:, None]).sum(axis=1)
    start, end = nodes[rows, left], nodes[rows, left + 1]
    share = np.clip((at - start) / (end - start), 0.0, 1.0)[:, None]
    return (1 - share) * values[rows, left] + share * values[rows, left + 1]


def spend_nodes(reach: np.ndarray, count: int = NODES) -> np.ndarray:
    """Nodes from 0 to `reach`, shape (C,), dense near 0 where saturating curves bend most: shape (C, count)."""
    return np.asarray(reach, dtype=float)[:, None] * np.linspace(0.0, 1.0, count) ** 2
