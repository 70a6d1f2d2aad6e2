"""Each metric as history has it: its level, its variance, and what covariates take off that."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.config import Metric, UserExperiment
from workbench.errors import SpecError
from workbench.experiments.design.history import ARMS, HISTORY, History
from workbench.experiments.design.power import Baseline
from workbench.experiments.users.comparisons import with_primary
from workbench.experiments.users.engine import Moments, pooled
from workbench.experiments.users.estimators import ArmMean, arm_means
from workbench.experiments.users.measure import MeasuredTest, measure

DEFAULT_METRICS = (
    Metric(name="revenue", covariate="revenue_before", role="primary"),
    Metric(name="converted", kind="proportion", covariate="converted_before"),
    Metric(name="orders", kind="count", covariate="orders_before"),
    Metric(name="order_value", kind="ratio", numerator="revenue", denominator="orders"),
)


@dataclass(frozen=True, kw_only=True)
class MeasuredHistory:
    """The metrics of a planned test on its history.

    Attributes:
        spec: The test with the metrics that could be measured, one of them primary.
        baselines: By metric name.
        total: Moments of all units together.
        units: Units of history that were measured.
        unmeasured: Why other metrics weren't, by name.
    """

    spec: UserExperiment
    baselines: dict[str, Baseline]
    total: Moments
    units: int
    unmeasured: dict[str, str]


def measure_history(history: History, spec: UserExperiment) -> MeasuredHistory:
    """Measure every metric that the history holds, inside its engine.

    Raises:
        SpecError: If it holds none of them, or none that varies.
        DataError: If outcomes are missing or out of range.
    """
    columns = history.units.columns
    held = [metric for metric in spec.metrics if set(metric.columns) <= set(columns)]
    unmeasured = {metric.name: "history doesn't hold it" for metric in spec.metrics if metric not in held}
    if not held:
        named = ", ".join(metric.name for metric in spec.metrics)
        raise SpecError(f"{history.source} hold none of the metrics {named}; plan on a test that measured them")
    asked = _asked(spec, [_with_known_covariates(metric, columns) for metric in held])
    measured = measure(history.units, HISTORY, asked)
    total = pooled(*(measured.arms[arm] for arm in ARMS))
    baselines = {metric.name: _baseline(metric, measured, total) for metric in asked.metrics}
    varying = [metric for metric in asked.metrics if baselines[metric.name].variance > 0]
    unmeasured |= {metric.name: "it is the same in all units" for metric in asked.metrics if metric not in varying}
    if not varying:
        raise SpecError(f"no metric varies in {history.source}; there is nothing to plan on")
    kept = with_primary(spec.model_copy(update={"metrics": tuple(varying)}))
    return MeasuredHistory(
        spec=kept,
        baselines={metric.name: baselines[metric.name] for metric in varying},
        total=total,
        units=sum(measured.counts.values()),
        unmeasured=unmeasured,
    )


def _asked(spec: UserExperiment, metrics: list[Metric]) -> UserExperiment:
    """The test as history can be asked for it: two arms, no segments."""
    return spec.model_copy(
        update={"control": ARMS[0], "variants": ARMS, "ratio": None, "segments": (), "metrics": tuple(metrics)}
    )


def _with_known_covariates(metric: Metric, columns: tuple[str, ...]) -> Metric:
    known = tuple(name for name in metric.before if name in columns)
    return metric.model_copy(update={"covariate": None, "covariates": known})


def _baseline(metric: Metric, measured: MeasuredTest, total: Moments) -> Baseline:
    plain, adjusted = _means(metric.unadjusted, measured, total), _means(metric, measured, total)
    units = sum(arm.units for arm in plain)
    return Baseline(
        level=sum(arm.units * arm.mean for arm in plain) / units,
        variance=sum(arm.units**2 * arm.variance for arm in plain) / units,
        adjusted=sum(arm.units**2 * arm.variance for arm in adjusted) / units,
        proportion=metric.kind == "proportion",
        direction=1 if metric.higher_is_better else -1,
    )


def _means(metric: Metric, measured: MeasuredTest, total: Moments) -> tuple[ArmMean, ...]:
    """The metric in all units together; a quantile, which moments don't give, in each half."""
    if metric.kind == "quantile":
        return measured.means(metric, *ARMS)
    return arm_means(metric, total, total)[:1]
