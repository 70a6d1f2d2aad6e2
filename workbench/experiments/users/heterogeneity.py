"""Does the effect differ between kinds of users?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np

from workbench.config import Metric, UserExperiment
from workbench.experiments.users.comparisons import Comparison, reading_difference
from workbench.experiments.users.engine import Moments, pooled
from workbench.experiments.users.estimators import Difference, arm_means
from workbench.experiments.users.measure import MeasuredTest
from workbench.experiments.users.multiplicity import holm
from workbench.experiments.users.partial_pooling import partially_pooled
from workbench.experiments.users.winsorizing import measured_columns

FEWEST_UNITS = 50

type Arms = Mapping[str, Moments]
type Pair = tuple[Moments, Moments]


@dataclass(frozen=True, kw_only=True)
class SegmentEffect:
    """The effect on one metric in the users of one segment value.

    Attributes:
        contrast: The comparison behind the p-value; the two values of a pair share one.
        absolute: Effect after it was drawn towards the whole, with its credible interval.
        spread: Standard deviation of true effects between the values of this segment.
        apart: How far this value's effect lies from all others' together, in standard errors.
        p_adjusted: Of no distance, valid under the reading, by Holm over all segments, values, metrics and treatments.
    """

    variant: str
    metric: Metric
    segment: str
    value: str
    contrast: str
    units: int
    raw: float
    raw_se: float
    absolute: float
    absolute_lower: float
    absolute_upper: float
    spread: float
    apart: float
    p_adjusted: float


def segment_effects(
    measured: MeasuredTest, comparisons: Sequence[Comparison], spec: UserExperiment
) -> tuple[SegmentEffect, ...]:
    """Effects on the primary metrics by segment value, drawn towards the whole.

    Values with fewer than `FEWEST_UNITS` in an arm, or without variation, say nothing about themselves and are left out.
    """
    found = [
        effect
        for comparison in comparisons
        for metric in spec.metrics
        if metric.role == "primary" and metric.kind != "quantile"
        for segment, values in measured.segments.items()
        for effect in _of_segment(segment, values, metric, comparison, spec)
    ]
    adjusted = _adjusted(found)
    return tuple(replace(effect, p_adjusted=p_value) for effect, p_value in zip(found, adjusted, strict=True))


def _of_segment(
    segment: str, values: Mapping[str, Arms], metric: Metric, comparison: Comparison, spec: UserExperiment
) -> Iterator[SegmentEffect]:
    names = (spec.control, comparison.variant)
    enough = {value: (arms[names[0]], arms[names[1]]) for value, arms in values.items() if _enough(arms, names, metric)}
    measured = {value: (pair, _difference(metric, pair, comparison, spec)) for value, pair in enough.items()}
    measured = {value: (pair, found) for value, (pair, found) in measured.items() if found.se > 0}
    if len(measured) < 2:
        return
    pairs, effects = zip(*measured.values(), strict=True)
    drawn = partially_pooled(
        np.array([found.absolute for found in effects]), np.array([found.se for found in effects]), spec.confidence
    )
    for row, (value, rest) in enumerate(zip(measured, _rests(pairs), strict=True)):
        others = _difference(metric, rest, comparison, spec)
        apart = (effects[row].absolute - others.absolute) / math.hypot(effects[row].se, others.se)
        yield SegmentEffect(
            variant=comparison.variant,
            metric=metric,
            segment=segment,
            value=value,
            contrast=" against ".join(measured) if len(measured) == 2 else value,
            units=sum(arm.units for arm in pairs[row]),
            raw=effects[row].absolute,
            raw_se=effects[row].se,
            absolute=float(drawn.mean[row]),
            absolute_lower=float(drawn.lower[row]),
            absolute_upper=float(drawn.upper[row]),
            spread=drawn.spread,
            apart=apart,
            p_adjusted=comparison.reading.p_value(apart),
        )


def _difference(metric: Metric, arms: Pair, comparison: Comparison, spec: UserExperiment) -> Difference:
    return reading_difference(arm_means(metric, *arms), spec.confidence, comparison.reading)[0]


def _enough(arms: Arms, names: tuple[str, str], metric: Metric) -> bool:
    """Units in both arms; of a ratio, also something to divide by."""
    below = measured_columns(metric)[1:]
    return all(
        name in arms and arms[name].units >= FEWEST_UNITS and all(arms[name].mean[column] for column in below)
        for name in names
    )


def _rests(pairs: Sequence[Pair]) -> list[Pair]:
    """All other values together, for each value: what comes before it with what comes after it."""
    before, after = list(accumulate(pairs, _joined)), list(accumulate(pairs[::-1], _joined))[::-1]
    inner = [_joined(left, right) for left, right in zip(before, after[2:], strict=False)]
    return [after[1], *inner, before[-2]]


def _joined(left: Pair, right: Pair) -> Pair:
    return pooled(left[0], right[0]), pooled(left[1], right[1])


def _adjusted(effects: Sequence[SegmentEffect]) -> list[float]:
    contrasts = {_contrast(effect): effect.p_adjusted for effect in effects}
    adjusted = dict(zip(contrasts, holm(np.array(list(contrasts.values()))), strict=True))
    return [float(adjusted[_contrast(effect)]) for effect in effects]


def _contrast(effect: SegmentEffect) -> tuple[str, str, str, str]:
    return effect.variant, effect.metric.name, effect.segment, effect.contrast
