"""From a media-mix result to the planner's curves: what money spent in the coming weeks will cause."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import SpecError
from workbench.mmm import MediaMixResult, ResponseModel
from workbench.scenarios.curves import ChannelCurves, spend_nodes

EXACT_NODES = 65
REFINEMENT = 4
WEEKS_A_YEAR = 52


@dataclass(frozen=True, kw_only=True)
class Horizon:
    """The coming weeks, and the past ones that they are compared with.

    The reference period is the last weeks of the history, as many as the horizon has (fewer are scaled up).

    Attributes:
        weeks: First day of each week of the horizon, length H.
        channels: Length C.
        markets: Length M.
        reference: Spend of the reference period, shape (C,).
        market_share: Each channel's split over markets in the reference period, shape (M, C), summing to 1 by channel.
        observed: Most ever spent in H weeks in a row, shape (C,).
        year_ago: Spend of the same weeks a year earlier, shape (C,); zeros where the history doesn't reach back so far.
    """

    weeks: pd.DatetimeIndex
    channels: tuple[str, ...]
    markets: tuple[str, ...]
    reference: np.ndarray
    market_share: np.ndarray
    observed: np.ndarray
    year_ago: np.ndarray

    def weekly(self, spend: np.ndarray) -> np.ndarray:
        """Spread each channel's spend, shape (C,), evenly over weeks and by share over markets: shape (H, M, C)."""
        one_week = self.market_share * spend / len(self.weeks)
        return np.broadcast_to(one_week, (len(self.weeks), *one_week.shape))


def build_horizon(media_mix: MediaMixResult, horizon_weeks: int) -> Horizon:
    """Lay out the weeks after the history of a media-mix result.

    Raises:
        SpecError: If the horizon has no week, or nothing was spent in its reference period.
    """
    if horizon_weeks < 1:
        raise SpecError(f"horizon_weeks is {horizon_weeks}; a plan needs at least 1 week")
    response = media_mix.response
    history = response.spend_history
    recent = history[-horizon_weeks:]
    reference = recent.sum(axis=(0, 1)) * horizon_weeks / len(recent)
    if not reference.sum() > 0:
        raise SpecError(
            f"nothing was spent in the last {len(recent)} weeks of the media mix; a plan needs a reference period with spend"
        )
    last_week = pd.Timestamp(media_mix.posterior["week"].to_numpy()[-1])
    return Horizon(
        weeks=pd.date_range(last_week + pd.Timedelta(weeks=1), periods=horizon_weeks, freq="7D"),
        channels=response.channels,
        markets=response.markets,
        reference=reference,
        market_share=_market_share(recent, history),
        observed=np.maximum(_largest_window(history, horizon_weeks), reference),
        year_ago=_same_weeks_a_year_ago(history, horizon_weeks),
    )


def channel_curves(response: ResponseModel, horizon: Horizon, reach: np.ndarray) -> ChannelCurves:
    """Value of each channel up to a spend of `reach`, shape (C,).

    Exact at 65 nodes, refined by monotone cubic interpolation.
    """
    from scipy.interpolate import PchipInterpolator  # here, because apps only load curves and start faster without

    coarse, fine = spend_nodes(reach, EXACT_NODES), spend_nodes(reach, (EXACT_NODES - 1) * REFINEMENT + 1)
    exact = caused_by(response, horizon, coarse)
    value = np.stack(
        [PchipInterpolator(nodes, known, axis=0)(at) for nodes, known, at in zip(coarse, exact, fine, strict=True)]
    )
    return ChannelCurves(
        channels=horizon.channels, spend=fine, value=value, current=horizon.reference, observed=horizon.observed
    )


def caused_by(response: ResponseModel, horizon: Horizon, spend: np.ndarray) -> np.ndarray:
    """Currency that spend in the horizon causes, in it or by carry-over after it, on top of the past's carry-over.

    Nothing is counted as spent after the horizon, so that what is carried out acts alone.

    Args:
        response: The fitted response.
        horizon: The weeks to plan.
        spend: Alternatives for each channel's spend, shape (C, G).

    Returns:
        Shape (C, G, D).
    """
    nothing = _revenue(response, horizon, np.zeros(len(horizon.channels)))
    columns = [_revenue(response, horizon, alternative) - nothing for alternative in spend.T]
    return np.stack(columns, axis=0).transpose(2, 0, 1)


def _revenue(response: ResponseModel, horizon: Horizon, spend: np.ndarray) -> np.ndarray:
    """Currency of the horizon and the carry-over after it, shape (D, C)."""
    weekly = horizon.weekly(spend)
    after = np.zeros((response.carry_over_weeks, *weekly.shape[1:]))
    return response.contribution(np.concatenate([weekly, after])).sum(axis=(1, 2))


def _market_share(recent: np.ndarray, history: np.ndarray) -> np.ndarray:
    """Shares of the reference period; of the whole history, else even ones, for a channel without spend in it."""
    even = np.ones(history.shape[1:])
    totals = np.stack([recent.sum(axis=0), history.sum(axis=0), even])
    first = (totals.sum(axis=1) > 0).argmax(axis=0)
    chosen = np.take_along_axis(totals, first[None, None, :], axis=0)[0]
    return chosen / chosen.sum(axis=0)


def _same_weeks_a_year_ago(history: np.ndarray, weeks: int) -> np.ndarray:
    first = len(history) - WEEKS_A_YEAR
    same = history[max(first, 0) : first + weeks] if first + weeks > 0 else history[:0]
    return same.sum(axis=(0, 1)) * (weeks / len(same) if len(same) else 0.0)


def _largest_window(history: np.ndarray, weeks: int) -> np.ndarray:
    by_week = history.sum(axis=1)
    totals = np.cumsum(np.concatenate([np.zeros((1, by_week.shape[1])), by_week]), axis=0)
    width = min(weeks, len(by_week))
    return (totals[width:] - totals[:-width]).max(axis=0)
