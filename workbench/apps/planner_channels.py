"""What channels bring, where the response may change within the plan."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from workbench.scenarios.answer import by_channel, marginal_returns
from workbench.scenarios.contingency.changed_value import ChangedValue
from workbench.scenarios.response import ResponseValue

type Media = ResponseValue | ChangedValue


def channel_draws(media: Media, spend: np.ndarray, counts: np.ndarray | None) -> np.ndarray:
    """As `answer.by_channel`, shape (D, C)."""
    return np.asarray(sum(by_channel(part, spend, counted) for part, counted in _parts(media, counts)))


def marginal_draws(media: Media, spend: np.ndarray, pattern: np.ndarray, price: np.ndarray | None) -> np.ndarray:
    """As `answer.marginal_returns`, shape (D, C)."""
    return np.asarray(sum(marginal_returns(part, spend, pattern, counted) for part, counted in _parts(media, price)))


def _parts(media: Media, counts: np.ndarray | None) -> Iterator[tuple[ResponseValue, np.ndarray | None]]:
    """Each response with how much its weeks and markets count, shape (D, T, M)."""
    if isinstance(media, ResponseValue):
        yield media, counts
        return
    blocks = media.before.blocks
    full = np.ones((blocks.draws, blocks.weeks, blocks.markets)) if counts is None else counts
    since = (np.arange(blocks.weeks) >= media.from_week)[None, :, None]
    yield media.before, np.where(since, 0.0, full)
    yield media.after, np.where(since, full, 0.0)
