"""What a plan is worth, by draw and in intervals: the step that reports and sliders share."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from workbench.scenarios.problem.value import MediaValue
from workbench.scenarios.response import ResponseValue

LEVEL = 0.9
NEXT_STEP = 0.01


@dataclass(frozen=True)
class Interval:
    """Mean of the draws with the interval that holds `LEVEL` of them."""

    estimate: float
    lower: float
    upper: float


@dataclass(frozen=True, kw_only=True)
class Worth:
    """A plan and what it is worth as a whole.

    Attributes:
        budget: What was to be spent at most, in currency.
        spend: Shape (H, M, C).
        judged: What the plan is judged by, in currency.
        bound: No plan within the same limits is judged higher.
        revenue: Incremental revenue of the plan.
        gain: Revenue above that of the same money in the mix of the reference period.
        probability_of_gain: Share of draws in which the plan is worth more than that.
    """

    budget: float
    spend: np.ndarray
    judged: float
    bound: float
    revenue: Interval
    gain: Interval
    probability_of_gain: float

    @property
    def gap(self) -> float:
        """Share of the bound that the plan may fall short of, at least 0."""
        return max(0.0, (self.bound - self.judged) / abs(self.bound)) if self.bound else 0.0

    @property
    def unspent(self) -> float:
        return max(0.0, self.budget - float(self.spend.sum()))

    @property
    def channel_spend(self) -> np.ndarray:
        return np.asarray(self.spend.sum(axis=(0, 1)))


@dataclass(frozen=True, kw_only=True)
class Answer(Worth):
    """A plan, what it is worth, and what each channel brings of it.

    Attributes:
        by_channel: Incremental revenue by channel: estimate, lower, upper; shape (3, C).
    """

    by_channel: np.ndarray


def answer(
    value: MediaValue,
    media: ResponseValue,
    spend: np.ndarray,
    reference: np.ndarray,
    *,
    budget: float,
    judged: float,
    bound: float,
    kept: np.ndarray | None = None,
) -> Answer:
    """Say what a plan is worth, in all and by channel.

    Args:
        value: What plans are judged by; differs from `media` where capacity limits what media can bring.
        media: What media cause.
        spend: The plan, shape (H, M, C).
        reference: Spend of the reference period, shape (H, M, C).
        budget: Currency over the horizon.
        judged: See `Worth`.
        bound: See `Worth`.
        kept: What is left under capacity of each unit of currency that media cause; see `CapacityValue.kept`.
    """
    worth = worth_of(value, spend, reference, value.worth(spend), budget=budget, judged=judged, bound=bound)
    return Answer(**vars(worth), by_channel=summary_of(by_channel(media, spend, kept).T))


def worth_of(
    value: MediaValue,
    spend: np.ndarray,
    reference: np.ndarray,
    outcomes: np.ndarray,
    *,
    budget: float,
    judged: float,
    bound: float,
) -> Worth:
    """Say what a plan is worth as a whole; see `answer`.

    Args:
        outcomes: What the plan is worth by draw.
    """
    gain = outcomes - value.worth(same_mix(reference, float(spend.sum())))
    return Worth(
        budget=budget,
        spend=spend,
        judged=judged,
        bound=bound,
        revenue=interval_of(outcomes),
        gain=interval_of(gain),
        probability_of_gain=float(np.mean(gain > 0)),
    )


def same_mix(reference: np.ndarray, budget: float) -> np.ndarray:
    """A budget in the proportions of the reference period, shape (H, M, C)."""
    return reference * (budget / reference.sum())


def by_channel(media: ResponseValue, spend: np.ndarray, counts: np.ndarray | None = None) -> np.ndarray:
    """Currency that each channel causes over spending nothing, shape (D, C): effects add up over channels.

    Args:
        media: What media cause.
        spend: The plan, shape (H, M, C).
        counts: How much each unit of a week and market counts, shape (D, T, M); unset for 1.
    """
    blocks = media.blocks
    if counts is None:
        apart = replace(blocks, market=blocks.channel, markets=spend.shape[2])
        return replace(media, blocks=apart).weekly(spend).sum(axis=1)
    alone = [_of_market(media, market).weekly(spend[:, [market]]) for market in range(blocks.markets)]
    return np.asarray(sum(np.einsum("dtc,dt->dc", each, counts[:, :, m]) for m, each in enumerate(alone)))


def _of_market(media: ResponseValue, market: int) -> ResponseValue:
    """What media cause in one market, with channels in the place of markets."""
    own = media.blocks.of_blocks(np.flatnonzero(media.blocks.market == market))
    return replace(
        media,
        blocks=replace(own, market=own.channel, markets=len(own.channel)),
        lower=media.lower[:, [market]],
        upper=media.upper[:, [market]],
    )


def marginal_returns(
    media: ResponseValue, spend: np.ndarray, pattern: np.ndarray, price: np.ndarray | None = None
) -> np.ndarray:
    """Currency per unit of currency that the next 1% of each channel's spend brings, by draw: shape (D, C).

    Args:
        media: What media cause.
        spend: The plan, shape (H, M, C).
        pattern: Where money would go first in a channel that gets none, of the same shape.
        price: What is left under capacity of one more unit that media cause; see `CapacityValue.price`.
    """
    silent = spend.sum(axis=(0, 1)) <= 0
    step = NEXT_STEP * np.where(silent, pattern, spend)
    more = by_channel(media, spend + step, price) - by_channel(media, spend, price)
    size = step.sum(axis=(0, 1))
    return np.divide(more, size, out=np.zeros_like(more), where=size > 0)


def interval_of(draws: np.ndarray) -> Interval:
    estimate, lower, upper = summary_of(draws)
    return Interval(float(estimate), float(lower), float(upper))


def summary_of(draws: np.ndarray) -> np.ndarray:
    """Mean, lower and upper end over the last axis, stacked in front."""
    tail = (1 - LEVEL) / 2
    return np.stack([draws.mean(axis=-1), *np.quantile(draws, [tail, 1 - tail], axis=-1)])
