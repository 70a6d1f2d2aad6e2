"""A metric's mean in one arm, and its difference between two: Welch, delta method, CUPED, Fieller.

Each metric is, to first order, a linear form in the arm's column means: the column itself, the gradient of a ratio, less
the slopes on pre-period covariates. So one variance, `w' S w / n`, serves all kinds, and their sum in money too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from workbench.config import Metric
from workbench.experiments.sequential.students import to_students
from workbench.experiments.users.engine import Moments, covariance, pooled
from workbench.experiments.users.winsorizing import measured_columns

COLLINEAR = 1e-10

type Weights = dict[str, float]


@dataclass(frozen=True, kw_only=True)
class ArmMean:
    """A mean in one arm.

    Attributes:
        units: Number of units.
        mean: The mean, adjusted by the covariates where there are any.
        weights: The linear form in the columns that carries its variance.
        variance: Variance of the mean (not of a unit), so far as the other arm's doesn't share it: that of its part in a difference.
        level_variance: Variance of the mean itself. It is another one where covariates adjust the mean to both arms' common level,
            which cancels in differences and doesn't in ratios; None where it is the same.
    """

    units: int
    mean: float
    weights: Weights
    variance: float
    level_variance: float | None = None

    @property
    def shared(self) -> float:
        """What its own and the other arm's common level add to its variance."""
        return 0.0 if self.level_variance is None else self.level_variance - self.variance


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Treatment less control.

    Attributes:
        absolute: Difference of the means, with its interval.
        relative: The same as a fraction of the control's size, with Fieller's interval: it contains zero exactly where the
            absolute one does. NaN where the control's mean can't be told from zero.
        se: Standard error of the absolute difference.
        df: Welch's degrees of freedom.
        p_value: Two-sided, of no difference.
    """

    control: float
    treatment: float
    absolute: float
    absolute_lower: float
    absolute_upper: float
    relative: float
    relative_lower: float
    relative_upper: float
    se: float
    df: float
    p_value: float


def arm_means(metric: Metric, control: Moments, treatment: Moments) -> tuple[ArmMean, ArmMean]:
    """A metric's mean in both arms, with the covariates' slopes fitted on both together (CUPED).

    References:
        Deng, Xu, Kohavi, Walker (2013), Improving the Sensitivity of Online Controlled Experiments by Utilizing
        Pre-Experiment Data; Deng, Knoblich, Lu (2018), Applying the Delta Method in Metric Analytics.
    """
    total = pooled(control, treatment)
    slopes = _slopes(metric, total) if metric.before else {}
    level = _level_variance(slopes, control, treatment)
    return _arm_mean(metric, control, total, slopes, level), _arm_mean(metric, treatment, total, slopes, level)


def weighted_sum(means: list[ArmMean], values: list[float], moments: Moments) -> ArmMean:
    """Several metrics' means in one arm, each times its value, with their covariances."""
    weights: Weights = {}
    for mean, value in zip(means, values, strict=True):
        for name, weight in mean.weights.items():
            weights[name] = weights.get(name, 0.0) + value * weight
    return ArmMean(
        units=moments.units,
        mean=sum(value * mean.mean for mean, value in zip(means, values, strict=True)),
        weights=weights,
        variance=max(covariance(weights, weights, moments), 0.0) / moments.units,
    )


def difference(control: ArmMean, treatment: ArmMean, level: float, critical: float | None = None) -> Difference:
    """Welch's comparison of two means, absolute and relative.

    Args:
        control: The control's mean.
        treatment: The treatment's mean.
        level: Probability of the intervals.
        critical: Half width of the intervals in known standard errors, such as that of an always-valid reading, widened as t is
            against the normal distribution; Welch's without it. The p-value stays the one of a single look at the planned end.
    """
    absolute = treatment.mean - control.mean
    se, df = math.sqrt(control.variance + treatment.variance), _welch_df(control, treatment)
    welch = float(stats.t.ppf((1 + level) / 2, df)) if se > 0 else 0.0
    quantile = welch if critical is None else to_students(critical, df)
    relative, relative_lower, relative_upper = _fieller(control, treatment, quantile)
    return Difference(
        control=control.mean,
        treatment=treatment.mean,
        absolute=absolute,
        absolute_lower=absolute - quantile * se,
        absolute_upper=absolute + quantile * se,
        relative=relative,
        relative_lower=relative_lower,
        relative_upper=relative_upper,
        se=se,
        df=df,
        p_value=_p_value(absolute, se, df),
    )


def _slopes(metric: Metric, total: Moments) -> Weights:
    """Least-squares slopes of the metric's linear form on its covariates, fitted on both arms together."""
    before = metric.before
    gradient = _gradient(metric, total)
    spread = np.array([math.sqrt(max(total.covariance[name, name], 0.0)) for name in before])
    # Among correlations, a covariate that others repeat shows as a zero whatever its unit; it then takes no slope of its own.
    scale = np.where(spread > 0, spread, 1.0)
    correlations = np.array([[total.covariance[a, b] for b in before] for a in before]).reshape(len(before), -1)
    products = np.array([covariance(gradient, {name: 1.0}, total) for name in before])
    solved = np.linalg.lstsq(correlations / np.outer(scale, scale), products / scale, rcond=COLLINEAR)[0]
    return dict(zip(before, map(float, solved / scale), strict=True))


def _level_variance(slopes: Weights, control: Moments, treatment: Moments) -> float:
    """Variance of what the covariates' means over both arms together predict: the level that both arms are adjusted to."""
    units = control.units + treatment.units
    return sum(arm.units / units**2 * covariance(slopes, slopes, arm) for arm in (control, treatment))


def _arm_mean(metric: Metric, arm: Moments, total: Moments, slopes: Weights, level: float) -> ArmMean:
    weights = _gradient(metric, arm)
    mean = _plain_mean(metric, arm)
    for name, slope in slopes.items():
        mean -= slope * (arm.mean[name] - total.mean[name])
        weights[name] = weights.get(name, 0.0) - slope
    # Rounding can push the variance of a metric that its covariates explain fully just below zero.
    variance = max(covariance(weights, weights, arm), 0.0) / arm.units
    # The arm's own units are among those of the level.
    together = covariance(weights, slopes, arm) / total.units
    return ArmMean(
        units=arm.units, mean=mean, weights=weights, variance=variance, level_variance=variance + 2 * together + level
    )


def _plain_mean(metric: Metric, arm: Moments) -> float:
    top, *bottom = measured_columns(metric)
    if not bottom:
        return arm.mean[top]
    # A denominator that is 0 throughout, as in a small segment, leaves a ratio that doesn't exist.
    return arm.mean[top] / arm.mean[bottom[0]] if arm.mean[bottom[0]] else math.nan


def _gradient(metric: Metric, arm: Moments) -> Weights:
    top, *bottom = measured_columns(metric)
    if not bottom:
        return {top: 1.0}
    denominator = arm.mean[bottom[0]] or math.nan
    return {top: 1 / denominator, bottom[0]: -_plain_mean(metric, arm) / denominator}


def _welch_df(control: ArmMean, treatment: ArmMean) -> float:
    total = control.variance + treatment.variance
    if total == 0:
        return float(control.units + treatment.units - 2)
    return total**2 / (control.variance**2 / (control.units - 1) + treatment.variance**2 / (treatment.units - 1))


def _p_value(absolute: float, se: float, df: float) -> float:
    if se == 0:
        return 1.0 if absolute == 0 else 0.0
    return float(2 * stats.t.sf(abs(absolute) / se, df))


def _fieller(control: ArmMean, treatment: ArmMean, quantile: float) -> tuple[float, float, float]:
    """The ratios r for which `treatment - r * control` can't be told from zero, as changes relative to |control|."""
    # What both arms share of their level's variance, so that at a ratio of 1 nothing but the difference's own is left.
    together = (control.shared + treatment.shared) / 2
    curvature = control.mean**2 - quantile**2 * (control.variance + control.shared)
    if curvature <= 0:
        return math.nan, math.nan, math.nan
    centre = control.mean * treatment.mean - quantile**2 * together
    top = treatment.mean**2 - quantile**2 * (treatment.variance + treatment.shared)
    spread = math.sqrt(max(centre**2 - curvature * top, 0.0))
    ratios = np.array([treatment.mean / control.mean, (centre - spread) / curvature, (centre + spread) / curvature])
    relative, lower, upper = ratios - 1 if control.mean > 0 else (1 - ratios)[[0, 2, 1]]
    return float(relative), float(lower), float(upper)
