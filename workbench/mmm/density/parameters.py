"""The sampled parameters: one flat, unconstrained vector, and what its places mean.

Channel quantities are sampled as standard scores of their log-normal priors, noise and spreads as logarithms, differences
between markets as standard scores of those spreads: on all of these the posterior is close to round.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from workbench.mmm.inputs.priors import Priors

CHANNEL_BLOCKS = ("roas", "half_saturation", "slope", "half_life")
SPREAD_BLOCKS = ("roas_spread", "half_saturation_spread")
OFFSET_BLOCKS = ("roas_offset", "half_saturation_offset")


@dataclass(frozen=True)
class Layout:
    """Where each block of parameters stands in the flat vector, for M markets and C channels."""

    markets: int
    channels: int

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        each = dict.fromkeys(CHANNEL_BLOCKS, (self.channels,)) | {"noise": (self.markets,)}
        if self.markets == 1:
            return each
        spreads = dict.fromkeys(SPREAD_BLOCKS, (self.channels,))
        return each | spreads | dict.fromkeys(OFFSET_BLOCKS, (self.markets, self.channels))

    @property
    def size(self) -> int:
        return sum(int(np.prod(shape)) for shape in self.shapes.values())

    def split(self, position: np.ndarray) -> dict[str, np.ndarray]:
        """Blocks of unconstrained vectors of shape (..., size), by name."""
        blocks, start = {}, 0
        for name, shape in self.shapes.items():
            stop = start + int(np.prod(shape))
            blocks[name] = position[..., start:stop].reshape(*position.shape[:-1], *shape)
            start = stop
        return blocks


@dataclass(frozen=True, kw_only=True)
class Draws:
    """Parameters in their natural units, D draws.

    Attributes:
        roas: Return per unit of spend, shape (D, M, C).
        half_saturation: Relative to the channel's typical active week, shape (D, M, C).
        slope: Shape (D, C).
        half_life: Weeks, shape (D, C).
        noise: Relative to the market's mean KPI, shape (D, M).
    """

    roas: np.ndarray
    half_saturation: np.ndarray
    slope: np.ndarray
    half_life: np.ndarray
    noise: np.ndarray


def natural(position: np.ndarray, layout: Layout, priors: Priors) -> Draws:
    """Turn unconstrained vectors, shape (D, size), into parameters in their natural units."""
    blocks = layout.split(position)
    mu, sigma = channel_priors(priors, layout.channels)
    log = {name: (mu[i], sigma[i], blocks[name]) for i, name in enumerate(CHANNEL_BLOCKS)}
    return Draws(
        roas=np.exp(_by_market("roas", *log["roas"], blocks)),
        half_saturation=np.exp(_by_market("half_saturation", *log["half_saturation"], blocks)),
        slope=np.exp(_one(*log["slope"])),
        half_life=np.exp(_one(*log["half_life"])),
        noise=np.exp(blocks["noise"]),
    )


def channel_priors(priors: Priors, channels: int) -> tuple[np.ndarray, np.ndarray]:
    """Means and standard deviations on the log scale, each of shape (block, C) in the order of `CHANNEL_BLOCKS`."""
    rows = [priors.roas, (priors.half_saturation,) * channels, (priors.slope,) * channels, priors.half_life]
    return np.array([[p.mu for p in row] for row in rows]), np.array([[p.sigma for p in row] for row in rows])


def _one(mu: np.ndarray, sigma: np.ndarray, score: np.ndarray) -> np.ndarray:
    return mu + sigma * score


def _by_market(
    name: str, mu: np.ndarray, sigma: np.ndarray, score: np.ndarray, blocks: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Each market's logarithm: Normal(centre, spread²) around a centre ~ Normal(mu, sigma²), with the centre integrated out.

    The mean over M markets then has variance sigma² + spread² / M and is independent of the differences from it. Sampling
    these two, which the data know, instead of the centre, which they don't, avoids a ridge.
    """
    if f"{name}_spread" not in blocks:
        return _one(mu, sigma, score)[..., None, :]
    spread, offset = np.exp(blocks[f"{name}_spread"]), blocks[f"{name}_offset"]
    markets = offset.shape[-2]
    mean = mu + np.sqrt(sigma**2 + spread**2 / markets) * score
    return mean[..., None, :] + spread[..., None, :] * (offset - offset.mean(axis=-2, keepdims=True))
