"""A/A tests replayed on history: random splits without any treatment must claim no more than the level allows.

The engine sums each metric over buckets of units, chosen by a hash. Every split puts whole buckets into arms, so any number
of splits costs one pass over the units, and the readout's own estimator judges each.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import ibis
import numpy as np
import pandas as pd
from scipy import stats

from workbench.config import Metric, UserExperiment
from workbench.experiments.design.baselines import MeasuredHistory
from workbench.experiments.design.history import History
from workbench.experiments.design.power import Split
from workbench.experiments.design.schedule import Schedule
from workbench.experiments.users.engine import Moments, metric_columns, wanted_moments
from workbench.experiments.users.estimators import arm_means, difference
from workbench.experiments.users.soundness import mended
from workbench.experiments.users.units import measured_table
from workbench.experiments.users.winsorizing import winsorize

type Pair = tuple[str, str]

FEWEST_IN_ARM = 30


@dataclass(frozen=True, kw_only=True)
class BucketSums:
    """Sums of units by bucket.

    Attributes:
        columns: Names of the columns.
        pairs: Pairs of columns, each column with itself among them.
        centre: What was taken off each column before it was summed, so that squares keep their digits.
        units: Shape (bucket,).
        first: Sums of the centred columns, shape (bucket, column).
        second: Sums of products of each pair, shape (bucket, pair).
    """

    columns: tuple[str, ...]
    pairs: tuple[Pair, ...]
    centre: np.ndarray
    units: np.ndarray
    first: np.ndarray
    second: np.ndarray

    def moments(self, cells: np.ndarray, count: int) -> list[Moments]:
        """Moments of each cell's units together with those of all earlier cells.

        Args:
            cells: The cell of each bucket, shape (bucket,); buckets of a negative one are left out.
            count: Number of cells.
        """
        kept = cells >= 0
        sums = np.column_stack([self.units, self.first, self.second])[kept]
        by_cell = [np.bincount(cells[kept], weights=column, minlength=count) for column in sums.T]
        running = np.cumsum(by_cell, axis=1).T
        return [self._moments_of(row) for row in running]

    def _moments_of(self, sums: np.ndarray) -> Moments:
        """Moments of units whose count, first and second sums these are."""
        units, first, second = sums[0], sums[1 : 1 + len(self.columns)], sums[1 + len(self.columns) :]
        with np.errstate(divide="ignore", invalid="ignore"):
            means = first / units
            covariances = (second - units * means[self._left] * means[self._right]) / (units - 1)
        found = dict(zip(self.pairs, covariances.tolist(), strict=True))
        return Moments(
            units=round(units),
            mean=dict(zip(self.columns, (means + self.centre).tolist(), strict=True)),
            covariance=found | {(b, a): value for (a, b), value in found.items()},
        )

    @cached_property
    def _left(self) -> list[int]:
        return [self.columns.index(a) for a, _ in self.pairs]

    @cached_property
    def _right(self) -> list[int]:
        return [self.columns.index(b) for _, b in self.pairs]


def bucket_sums(history: History, measured: MeasuredHistory) -> BucketSums:
    """Sum the planned metrics' columns over buckets, in one pass inside the engine."""
    spec = measured.spec.model_copy(update={"segments": (), "metrics": replayed_metrics(measured.spec)})
    numbers = measured_table(history.units.mutate(variant=history.units.bucket), spec)
    complete = mended(winsorize(numbers, spec.metrics), spec)[0]
    columns = tuple(sorted({name for metric in spec.metrics for name in metric_columns(metric)}))
    pairs = (*((name, name) for name in columns), *wanted_moments(spec.metrics).pairs)
    centre = {name: measured.total.mean[name] for name in columns}
    centred = {name: complete[name] - centre[name] for name in columns}
    sums: dict[str, ibis.Value] = {"units": complete.count()}
    sums |= {f"first_{i}": centred[name].sum() for i, name in enumerate(columns)}
    sums |= {f"second_{i}": (centred[a] * centred[b]).sum() for i, (a, b) in enumerate(pairs)}
    found = complete.group_by("variant").aggregate(**sums).order_by("variant").to_pandas()
    return BucketSums(
        columns=columns,
        pairs=pairs,
        centre=np.array([centre[name] for name in columns]),
        units=found["units"].to_numpy(dtype=float),
        first=found[[f"first_{i}" for i in range(len(columns))]].to_numpy(dtype=float),
        second=found[[f"second_{i}" for i in range(len(pairs))]].to_numpy(dtype=float),
    )


def replayed_metrics(spec: UserExperiment) -> tuple[Metric, ...]:
    """Metrics that are made of sums: all but quantiles."""
    return tuple(metric for metric in spec.metrics if metric.kind != "quantile")


def replay(
    sums: BucketSums,
    metrics: tuple[Metric, ...],
    schedule: Schedule,
    split: Split,
    *,
    share: float,
    splits: int,
    seed: int,
) -> pd.DataFrame:
    """Read many tests without treatment, each as planned.

    Args:
        sums: The units.
        metrics: What is read.
        schedule: At which shares of the units each test is read, and with which bounds.
        split: How units are shared out.
        share: Share of history's units that each test takes.
        splits: Number of tests.
        seed: Of the splits.

    Returns:
        One row a metric: `metric, splits, claims, rate, lower, upper`, with the rate's 95% interval (Clopper-Pearson).
    """
    rng = np.random.default_rng(seed)
    claims = np.zeros(len(metrics), dtype=int)
    for _ in range(splits):
        claims += _claims(sums, metrics, schedule, split, share, rng)
    return pd.DataFrame([_rate(metric, int(made), splits) for metric, made in zip(metrics, claims, strict=True)])


def _claims(
    sums: BucketSums,
    metrics: tuple[Metric, ...],
    schedule: Schedule,
    split: Split,
    share: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Whether one test claims an effect of each metric at any of its readings, shape (metric,)."""
    readings = len(schedule.shares)
    # The first reading at which a bucket's units are there; those that come after the last one aren't in the test.
    reading = np.searchsorted(share * np.array(schedule.shares), rng.random(len(sums.units)))
    reading[reading == readings] = -1
    treated = rng.random(len(sums.units)) < split.treatment / (split.treatment + split.control)
    controls, treatments = (sums.moments(np.where(arm, reading, -1), readings) for arm in (~treated, treated))
    claimed = np.zeros(len(metrics), dtype=bool)
    for control, treatment, bound in zip(controls, treatments, schedule.bounds, strict=True):
        if min(control.units, treatment.units) >= FEWEST_IN_ARM:
            claimed |= [_claimed(metric, control, treatment, schedule, bound) for metric in metrics]
    return claimed


def _claimed(metric: Metric, control: Moments, treatment: Moments, schedule: Schedule, bound: float) -> bool:
    means = arm_means(metric, control, treatment)
    se = math.sqrt(means[0].variance + means[1].variance)
    if abs(means[1].mean - means[0].mean) < bound * se or se == 0:
        return False
    # Student's critical value is above the normal one: it is only needed here.
    found = difference(*means, level=1 - schedule.alpha, critical=bound)
    return found.absolute_lower > 0 or found.absolute_upper < 0


def _rate(metric: Metric, claims: int, splits: int) -> dict[str, object]:
    interval = stats.binomtest(claims, splits).proportion_ci(0.95, method="exact")
    return {
        "metric": metric.name,
        "splits": splits,
        "claims": claims,
        "rate": claims / splits if splits else math.nan,
        "lower": float(interval.low),
        "upper": float(interval.high),
    }
