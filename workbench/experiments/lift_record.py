"""The record of a finished channel test that the media mix reads."""

from __future__ import annotations

from datetime import date

import pandas as pd
from scipy import stats

from workbench.config import GeoExperiment
from workbench.experiments.geo.effects import GeoEffect
from workbench.experiments.result import LIFT_COLUMNS, ExperimentResult, typed_frame


def lift_record(result: ExperimentResult) -> pd.DataFrame:
    """The canonical `lift` row of a readout: one, or none where the test changed no channel's spend by a known amount."""
    return result.lift.copy()


def geo_lift(effect: GeoEffect, experiment_id: str, spec: GeoExperiment) -> pd.DataFrame:
    """The lift record of a geo test, in KPI units over all treated markets and days of the test.

    Its standard error is half the conformal interval divided by the normal quantile of the interval's level: the error of the
    normal likelihood that is as wide as the interval.

    Returns:
        One row of `LIFT_COLUMNS`, or none unless the test names its channel and a change of spend other than zero.
    """
    if spec.channel is None or not spec.spend_change:
        return typed_frame([], LIFT_COLUMNS)
    half_width = (effect.incremental.upper - effect.incremental.lower) / 2
    row: dict[str, object] = {
        "experiment_id": experiment_id,
        "channel": spec.channel,
        "markets": ";".join(spec.markets or spec.treated),
        "start": _timestamp(spec.start),
        "end": _timestamp(spec.end),
        "spend_change": spec.spend_change,
        "lift": effect.incremental.estimate,
        "lift_se": half_width / stats.norm.ppf((1 + spec.confidence) / 2),
        "weight": 1.0,
    }
    return typed_frame([row], LIFT_COLUMNS)


def _timestamp(day: date) -> pd.Timestamp:
    return pd.Timestamp(day)
