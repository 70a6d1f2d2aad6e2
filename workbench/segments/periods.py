"""Which days a model learns from, is judged on, and speaks about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from workbench.config.customers import Segmentation
from workbench.errors import SpecError
from workbench.segments.summaries import DAYS


@dataclass(frozen=True, kw_only=True)
class Periods:
    """All days are included.

    Attributes:
        first_day: First day of the orders.
        calibration_end: Last day that the judged model learns from; None where there is no holdout.
        holdout_until: Last day of the holdout.
        valued_at: Last day that values and segments are made from.
    """

    first_day: date
    calibration_end: date | None
    holdout_until: date
    valued_at: date


def plan_periods(first: date, last: date, config: Segmentation, calibration_end: date | None) -> Periods:
    """Periods of orders from `first` to `last`. A given end of calibration is final: values are of that day. Without one, the last `holdout` units judge the model, which
    is then fitted again on all days; no holdout where it would be longer than what is left to learn from.

    Raises:
        SpecError: If the given end lies outside the orders.
    """
    if calibration_end is None:
        return Periods(
            first_day=first, calibration_end=_before_holdout(first, last, config), holdout_until=last, valued_at=last
        )
    if not first <= calibration_end <= last:
        raise SpecError(
            f"calibration_end is {calibration_end}, and the orders run from {first} to {last}; choose a day of theirs"
        )
    judged = calibration_end if calibration_end < last else None
    return Periods(first_day=first, calibration_end=judged, holdout_until=last, valued_at=calibration_end)


def _before_holdout(first: date, last: date, config: Segmentation) -> date | None:
    holdout = timedelta(days=round(config.holdout * DAYS[config.time_unit]))
    end = last - holdout
    learnt = end - first + timedelta(days=1)
    return end if holdout and learnt >= holdout else None
