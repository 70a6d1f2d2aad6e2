"""What the registry keeps of one readout: why the test was made, how, what it found, and what holds because of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from workbench.config import CreativeExperiment, Experiment, GeoExperiment, UserExperiment
from workbench.experiments.geo.verdict import JUDGED
from workbench.experiments.result import ExperimentResult, Verdict
from workbench.result import Estimate
from workbench.wording import count

type Standing = Literal["supported", "refuted", "open"]

RUN_COLUMNS = {"run_id": "str", "recorded_at": "datetime64[ns]", "version": "int64", "newest": "bool"}
_EMPTY: dict[str, object] = {"str": "", "int64": 0, "bool": True}
_DTYPES = {"float": "float64", "bool": "bool", "int": "int64", "date | None": "datetime64[ns]"}


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The one effect that stands for a test; numbers are NaN where the readout has none.

    Attributes:
        variant: The treatment, or the treated markets.
        metric: What it moved.
        unit: Unit of the absolute effect.
        absolute: Effect in that unit.
        relative: Effect as a fraction of the control.
        relative_se: Its standard error for a single look, however wide its interval was made for many.
        level: Probability of the intervals.
    """

    variant: str = ""
    metric: str = ""
    unit: str = ""
    absolute: float = math.nan
    absolute_lower: float = math.nan
    absolute_upper: float = math.nan
    relative: float = math.nan
    relative_lower: float = math.nan
    relative_upper: float = math.nan
    relative_se: float = math.nan
    level: float = math.nan


@dataclass(frozen=True, kw_only=True)
class ExperimentRecord(Measured):
    """One readout as later ones find it.

    Attributes:
        design: How it was tested, in one line.
        start: First day as declared; of a test without any day, the first of its data, None where they tell no days.
        end: Last day, likewise.
        markets: Names joined by `;`.
        units: Units in all arms, 0 for geo tests.
        higher_is_better: Direction of improvement of the metric.
        profit: What the treatment brought less what it cost, in `currency`.
        decided_by: The gate that settled the verdict.
        standing: What the test makes of the assumption.
        headline: The first sentence of its report.
        failed_checks: Names joined by `;`.
        tags: Words joined by `;`.
        audience: Who was tested, as declared; empty in records of earlier versions.
    """

    experiment_id: str
    kind: str
    hypothesis: str
    design: str
    start: date | None
    end: date | None
    markets: str
    channel: str
    units: int
    higher_is_better: bool
    profit: float
    profit_lower: float
    profit_upper: float
    currency: str
    verdict: Verdict
    decided_by: str
    assumption: str
    standing: Standing
    reuse: str
    headline: str
    failed_checks: str
    tags: str
    owner: str
    audience: str = ""


RECORD_COLUMNS = RUN_COLUMNS | {field.name: _DTYPES.get(str(field.type), "str") for field in fields(ExperimentRecord)}


def record_of(result: ExperimentResult, spec: Experiment) -> ExperimentRecord:
    """What to remember of a readout."""
    measured = _geo_effect(result) if result.kind == "geo" else _deciding_effect(result)
    profit = _estimate(result, "profit")
    start, end = _window(result, spec)
    higher_is_better = _higher_is_better(spec, measured.metric)
    return ExperimentRecord(
        **vars(measured),
        experiment_id=result.experiment_id,
        kind=result.kind,
        hypothesis=spec.hypothesis,
        design=_design(result, spec),
        start=start,
        end=end,
        markets=_joined(_markets(spec)),
        channel=getattr(spec, "channel", None) or "",
        units=int(result.arms.units.sum()),
        higher_is_better=higher_is_better,
        profit=profit.estimate,
        profit_lower=profit.lower,
        profit_upper=profit.upper,
        currency=result.currency,
        verdict=result.verdict,
        decided_by=result.decided_by,
        assumption=spec.assumption,
        standing=_standing(measured, 1 if higher_is_better else -1) if _settles(result, spec) else "open",
        reuse=spec.reuse,
        headline=result.findings[0] if result.findings else "",
        failed_checks=_joined(check.name for check in result.failed_checks),
        tags=_joined(spec.tags),
        owner=spec.owner,
        audience=spec.audience,
    )


def records_frame(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Records with `run_id` and `recorded_at` as one table, the newest first: `RECORD_COLUMNS`.

    Each further readout of an experiment is a version of its own, counted from 1; the last one is the `newest`.
    """
    frame = pd.DataFrame(list(rows)).reindex(columns=list(RECORD_COLUMNS))
    moment = pd.to_datetime(frame.recorded_at, utc=True, format="ISO8601").dt.tz_localize(None)
    frame = frame.assign(recorded_at=moment).sort_values(["recorded_at", "run_id"])
    version = frame.groupby("experiment_id").cumcount() + 1
    newest = ~frame.duplicated("experiment_id", keep="last")
    # What an earlier version of the workbench didn't keep yet is empty, not missing.
    unknown = {name: _EMPTY[dtype] for name, dtype in RECORD_COLUMNS.items() if dtype in _EMPTY}
    complete = frame.assign(version=version, newest=newest)[::-1].astype(object).fillna(unknown)
    return complete.reset_index(drop=True).astype(RECORD_COLUMNS)


def relative_standard_errors(effects: pd.DataFrame) -> pd.Series:
    """Standard errors of relative effects.

    Both intervals of an effect are as many standard errors wide, whatever reading made them: their ratio carries the absolute
    effect's error over.

    Args:
        effects: `EFFECT_COLUMNS`.
    """
    absolute = effects.absolute_upper - effects.absolute_lower
    relative = effects.relative_upper - effects.relative_lower
    return effects.se * relative / absolute.where(absolute > 0)


def _deciding_effect(result: ExperimentResult) -> Measured:
    """The primary metric of the treatment that stands for the test, the clearest one of several."""
    effects = result.effects.assign(relative_se=relative_standard_errors(result.effects))
    primary = effects[(effects.variant == _leading(result)) & (effects.role == "primary")]
    if primary.empty:
        return Measured(variant=_leading(result))
    row = primary.sort_values("p_adjusted", kind="stable").iloc[0]
    return Measured(**{field.name: row[field.name] for field in fields(Measured)})


def _geo_effect(result: ExperimentResult) -> Measured:
    lift, total = (_estimate(result, quantity) for quantity in ("lift", "incremental"))
    return Measured(
        variant=_leading(result),
        metric="kpi",
        unit=total.unit,
        absolute=total.estimate,
        absolute_lower=total.lower,
        absolute_upper=total.upper,
        relative=lift.estimate,
        relative_lower=lift.lower,
        relative_upper=lift.upper,
        relative_se=(lift.upper - lift.lower) / 2 / float(stats.norm.ppf((1 + lift.level) / 2)),
        level=lift.level,
    )


def _estimate(result: ExperimentResult, quantity: str) -> Estimate:
    """Of the treatment that stands for the test, else of the whole test, else the first; without numbers where there is none."""
    known = list(result.estimates.entity[result.estimates.quantity == quantity])
    if not known:
        return Estimate(quantity=quantity, entity=result.experiment_id, estimate=math.nan)
    wanted = (_leading(result), result.experiment_id, known[0])
    return result.estimate(quantity, next(entity for entity in wanted if entity in known))


def _leading(result: ExperimentResult) -> str:
    return str(result.decisions.variant.iloc[0]) if len(result.decisions) else ""


def _settles(result: ExperimentResult, spec: Experiment) -> bool:
    """A test that is invalid, still runs, or on markets failed a gate before its effect settles nothing."""
    gated = isinstance(spec, GeoExperiment) and result.decided_by not in JUDGED
    return result.verdict not in ("invalid", "keep running") and not gated


def _standing(measured: Measured, direction: int) -> Standing:
    """An interval beyond zero settles the assumption."""
    ends = np.array([measured.relative_lower, measured.relative_upper])
    ends = ends if np.isfinite(ends).all() else np.array([measured.absolute_lower, measured.absolute_upper])
    if (direction * ends > 0).all():
        return "supported"
    return "refuted" if (direction * ends < 0).all() else "open"


def _higher_is_better(spec: Experiment, metric: str) -> bool:
    if isinstance(spec, CreativeExperiment):
        return spec.metric.higher_is_better
    if isinstance(spec, UserExperiment):
        return next((known.higher_is_better for known in spec.metrics if known.name == metric), True)
    return True


def _design(result: ExperimentResult, spec: Experiment) -> str:
    if isinstance(spec, GeoExperiment):
        used = result.weights.market.nunique()
        donors = f"{used} weighted market{'s' if used > 1 else ''}" if used else "the other markets"
        return f"spend changed in {_listed(_treated(spec))}, read against {donors}"
    arms = ", ".join(f"{count(arm.units)} in {arm.variant}" for arm in result.arms.itertuples())  # type: ignore[arg-type]
    if isinstance(spec, CreativeExperiment):
        factors = " × ".join(factor.replace("_", " ") for factor in spec.factors)
        return f"one of {len(result.arms)} creatives, put together at random ({factors}), shown to each of {count(result.arms.units.sum())} units"
    return f"users assigned at random: {arms}"


def _window(result: ExperimentResult, spec: Experiment) -> tuple[date | None, date | None]:
    declared = getattr(spec, "start", None), getattr(spec, "end", None)
    return declared if any(declared) else result.provenance.window or declared


def _treated(spec: GeoExperiment) -> tuple[str, ...]:
    return spec.treated or tuple(market for cell in spec.cells.values() for market in cell)


def _markets(spec: Experiment) -> tuple[str, ...]:
    if isinstance(spec, GeoExperiment):
        return spec.markets or _treated(spec)
    return spec.markets if isinstance(spec, UserExperiment) else ()


def _listed(names: tuple[str, ...]) -> str:
    return f"{len(names)} markets" if len(names) > 4 else ", ".join(names)


def _joined(names: Iterable[str]) -> str:
    return ";".join(names)
