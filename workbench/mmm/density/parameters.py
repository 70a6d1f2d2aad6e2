"""The sampled parameters: one flat, unconstrained vector, and what its places mean.

Channel quantities are sampled as standard scores of their log-normal priors, differences between markets and effects of a
market's own columns as standard scores of their scales, noise and spreads as logarithms: on all of these the posterior is
close to round.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbench.mmm.inputs.design import Baseline, Design
from workbench.mmm.inputs.priors import Priors

CHANNEL_BLOCKS = ("roas", "half_saturation", "slope", "half_life", "carry_over_shape")
POOLED_BLOCKS = ("roas", "half_saturation")
BLOCKS = (
    *CHANNEL_BLOCKS,
    "noise",
    "roas_spread",
    "half_saturation_spread",
    "roas_offset",
    "half_saturation_offset",
    "week_spread",
    "own",
    "effectiveness_spread",
    "effectiveness",
)

# Of the mean KPI: no week of a market is known better, or one whose KPI repeats another's would have a likelihood without bound.
LEAST_NOISE = 1e-3


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where each block of parameters stands in the flat vector.

    Attributes:
        markets: M.
        channels: C.
        shaped: Whether any carry-over has a second parameter.
        shared_weeks: Whether markets share an effect of the week.
        own: Columns of each market's own.
        knots: Knots of the channels' effectiveness; 0 for a constant one.
    """

    markets: int
    channels: int
    shaped: bool = False
    shared_weeks: bool = False
    own: int = 0
    knots: int = 0

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Shape of each block that is there, in order."""
        by_channel, by_cell = (self.channels,), (self.markets, self.channels)
        several = self.markets > 1
        present = {
            **dict.fromkeys(CHANNEL_BLOCKS[:-1], (by_channel, True)),
            "carry_over_shape": (by_channel, self.shaped),
            "noise": ((self.markets,), True),
            **{f"{name}_spread": (by_channel, several) for name in POOLED_BLOCKS},
            **{f"{name}_offset": (by_cell, several) for name in POOLED_BLOCKS},
            "week_spread": ((1,), self.shared_weeks),
            "own": ((self.markets, self.own), self.own > 0),
            "effectiveness_spread": (by_channel, self.knots > 0),
            "effectiveness": ((self.channels, self.knots), self.knots > 0),
        }
        return {name: shape for name, (shape, there) in present.items() if there}

    @property
    def size(self) -> int:
        return sum(int(np.prod(shape)) for shape in self.shapes.values())

    @property
    def signature(self) -> str:
        """Names and shapes of all blocks: vectors of two layouts mean the same where these agree."""
        return "; ".join(f"{name} {'×'.join(map(str, shape))}" for name, shape in self.shapes.items())

    @cached_property
    def starts(self) -> np.ndarray:
        """First place of each of `BLOCKS`, −1 where it is absent."""
        ends = np.cumsum([int(np.prod(shape)) for shape in self.shapes.values()])
        start = dict(zip(self.shapes, [0, *ends], strict=False))
        return np.array([start.get(name, -1) for name in BLOCKS])

    def split(self, position: np.ndarray) -> dict[str, np.ndarray]:
        """Blocks of unconstrained vectors of shape (..., size), by name."""
        blocks, start = {}, 0
        for name, shape in self.shapes.items():
            stop = start + int(np.prod(shape))
            blocks[name] = position[..., start:stop].reshape(*position.shape[:-1], *shape)
            start = stop
        return blocks

    def join(self, blocks: Mapping[str, np.ndarray]) -> np.ndarray:
        """The flat vector of shape (size,) whose blocks these are; `blocks` broadcast to their shapes."""
        return np.concatenate([np.broadcast_to(blocks[name], shape).ravel() for name, shape in self.shapes.items()])


@dataclass(frozen=True, kw_only=True)
class Draws:
    """Parameters in their natural units, D draws.

    Attributes:
        roas: Return per unit of spend, shape (D, M, C).
        half_saturation: Relative to the channel's typical active week, shape (D, M, C).
        slope: Shape (D, C).
        half_life: Weeks, shape (D, C).
        carry_over_shape: Second parameter of the carry-over, shape (D, C); ones where no channel has one.
        noise: Relative to the market's mean KPI, shape (D, M).
        week_spread: Standard deviation of what all markets share in a week, relative to the mean KPI, shape (D,).
        own: Coefficients of the markets' own columns, relative to the mean KPI, shape (D, M, J).
        effectiveness: Of each channel over weeks, on the log scale, relative to its start: coefficients of
            `Design.effectiveness_ramps`, shape (D, C, knots).
    """

    roas: np.ndarray
    half_saturation: np.ndarray
    slope: np.ndarray
    half_life: np.ndarray
    carry_over_shape: np.ndarray
    noise: np.ndarray
    week_spread: np.ndarray
    own: np.ndarray
    effectiveness: np.ndarray


def density_layout(design: Design) -> Layout:
    """The parameters that this design has."""
    _, markets, channels = design.shape
    return Layout(
        markets=markets,
        channels=channels,
        shaped=any(form != "geometric" for form in design.adstock),
        shared_weeks=design.shared_weeks,
        own=len(design.baseline.own_sign),
        knots=len(design.effectiveness_ramps),
    )


def natural(position: np.ndarray, design: Design, priors: Priors) -> Draws:
    """Turn unconstrained vectors, shape (D, size), into parameters in their natural units."""
    layout = density_layout(design)
    blocks = layout.split(position)
    mu, sigma = channel_priors(priors)
    scored = {name: np.exp(mu[i] + sigma[i] * blocks[name]) for i, name in enumerate(CHANNEL_BLOCKS) if name in blocks}
    pooled = {
        name: np.exp(_by_market(name, mu[i], sigma[i], blocks))
        for i, name in enumerate(CHANNEL_BLOCKS)
        if name in POOLED_BLOCKS
    }
    draws = len(position)
    return Draws(
        **pooled,
        slope=scored["slope"],
        half_life=scored["half_life"],
        carry_over_shape=scored.get("carry_over_shape", np.ones((draws, layout.channels))),
        noise=np.hypot(np.exp(blocks["noise"]), LEAST_NOISE),
        week_spread=np.exp(blocks["week_spread"][:, 0]) if layout.shared_weeks else np.zeros(draws),
        own=_own(blocks["own"], design.baseline) if layout.own else np.zeros((draws, layout.markets, 0)),
        effectiveness=_effectiveness(blocks, layout),
    )


def channel_priors(priors: Priors) -> tuple[np.ndarray, np.ndarray]:
    """Means and standard deviations on the log scale, each of shape (block, C) in the order of `CHANNEL_BLOCKS`."""
    rows = [getattr(priors, name) for name in CHANNEL_BLOCKS]
    return np.array([[p.mu for p in row] for row in rows]), np.array([[p.sigma for p in row] for row in rows])


def half_normal_scales(layout: Layout, priors: Priors, baseline: Baseline) -> np.ndarray:
    """Scale of the half-normal whose logarithm a place holds, shape (size,); 0 where it holds a standard score."""
    zero = np.zeros(1)
    scales = dict.fromkeys(layout.shapes, zero) | {
        "noise": np.array(priors.noise_scale),
        "roas_spread": np.array(priors.roas_spread_scale),
        "half_saturation_spread": np.array(priors.half_saturation_spread_scale),
        "week_spread": np.array(priors.week_spread_scale),
        "own": np.where(baseline.own_sign != 0, baseline.own_prior_sd, 0.0),
        "effectiveness_spread": np.array(priors.effectiveness_spread_scale),
    }
    return layout.join(scales)


def _by_market(name: str, mu: np.ndarray, sigma: np.ndarray, blocks: Mapping[str, np.ndarray]) -> np.ndarray:
    """Each market's logarithm: its mean over these markets is Normal(mu, sigma²), which is what an opinion is about, and the
    markets differ from it with standard deviation `spread`."""
    mean = mu + sigma * blocks[name]
    if f"{name}_spread" not in blocks:
        return mean[..., None, :]
    spread, offset = np.exp(blocks[f"{name}_spread"]), blocks[f"{name}_offset"]
    return mean[..., None, :] + spread[..., None, :] * (offset - offset.mean(axis=-2, keepdims=True))


def _own(position: np.ndarray, baseline: Baseline) -> np.ndarray:
    """A coefficient of known sign is sampled as its logarithm, the others as standard scores."""
    signed = baseline.own_sign != 0
    logarithm = np.where(signed, position, 0.0)
    return np.where(signed, baseline.own_sign * np.exp(logarithm), baseline.own_prior_sd * position)


def _effectiveness(blocks: Mapping[str, np.ndarray], layout: Layout) -> np.ndarray:
    if not layout.knots:
        return np.zeros((len(blocks["noise"]), layout.channels, 0))
    return np.exp(blocks["effectiveness_spread"])[..., None] * blocks["effectiveness"]
