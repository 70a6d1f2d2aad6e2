"""Response curves of the media-mix app: of one channel or of the whole mix, everywhere or in one market."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.mmm.posterior.media import acting_spend
from workbench.mmm.posterior.summaries import summarise
from workbench.mmm.posterior.tables import CURRENT_WEEKS, CURVE_POINTS, CURVE_REACH, curves_frame
from workbench.mmm.response import ResponseModel
from workbench.mmm.result import MediaMixResult


@dataclass(frozen=True)
class Curve:
    """Response to constant weekly spend.

    Attributes:
        spend: Currency a week, ascending.
        summary: What it brings a week in the long run: mean, lower and upper end, shape (3, point).
        today: Place of the mean spend of the last 13 weeks.
        seen: Least and most spend that has acted in a week.
    """

    spend: np.ndarray
    summary: np.ndarray
    today: int
    seen: tuple[float, float]


def curve_of_channel(result: MediaMixResult, market: str, channel: str) -> Curve:
    """As in the report; `market` is empty for all of them, whose spend is split as in the history."""
    frame = curves_frame(_response(result, market)) if market else result.curves
    rows = frame[frame["channel"] == channel]
    seen = rows.loc[rows["observed"], "spend"]
    return Curve(
        spend=rows["spend"].to_numpy(),
        summary=rows[["estimate", "lower", "upper"]].to_numpy().T,
        today=int(rows["current"].to_numpy().argmax()),
        seen=(float(seen.min()), float(seen.max())) if len(seen) else (np.nan, np.nan),
    )


def curve_of_mix(result: MediaMixResult, market: str) -> Curve:
    """All channels grown or cut together from today's spend in every market; seen as far as every one of them was."""
    response = _response(result, market)
    today = response.spend_history[-CURRENT_WEEKS:].mean(axis=0)
    total, largest = float(today.sum()), float(response.spend_history.sum(axis=(1, 2)).max())
    factors = np.unique(np.append(np.linspace(0, CURVE_REACH * largest / total, CURVE_POINTS), 1.0))
    brought = response.steady_contribution(factors[:, None, None] * today).sum(axis=(2, 3))
    return Curve(
        spend=factors * total,
        summary=np.stack(summarise(brought)),
        today=int(np.flatnonzero(factors == 1.0)[0]),
        seen=_seen_together(acting_spend(response), today.sum(axis=0)),
    )


def _seen_together(acted: np.ndarray, today: np.ndarray) -> tuple[float, float]:
    """Total spend at which every channel's part of today's mix has acted in some week; `acted` is (week, C)."""
    used = today > 0
    least = float((acted.min(axis=0)[used] / today[used]).max())
    most = float((acted.max(axis=0)[used] / today[used]).min())
    return (least * today.sum(), most * today.sum()) if least <= most else (np.nan, np.nan)


def _response(result: MediaMixResult, market: str) -> ResponseModel:
    return result.response.of_market(result.response.markets.index(market)) if market else result.response
