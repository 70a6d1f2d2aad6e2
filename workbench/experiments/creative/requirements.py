"""What a test of creatives must hold to be read, each mistake named."""

from __future__ import annotations

import ibis
import pandas as pd

from workbench.config import CreativeExperiment
from workbench.errors import DataError, SpecError
from workbench.experiments.unit_rows import require_columns, rows_of


def require_readable(units: ibis.Table, experiment_id: str, spec: CreativeExperiment) -> ibis.Table:
    """The experiment's units, each once."""
    _require_kind(experiment_id, spec)
    read = (*spec.factors, *([spec.segment] if spec.segment else []))
    require_columns(units, experiment_id, measured=spec.metric.columns, read=read)
    chosen, rows = rows_of(units, experiment_id)
    if rows > chosen.unit_id.nunique().execute():
        raise DataError(_repeated(chosen, experiment_id, spec))
    return chosen


def require_complete(table: pd.DataFrame, experiment_id: str, spec: CreativeExperiment) -> None:
    """Hold the aggregates to what the metric's kind allows: no gaps, proportions of 0 and 1, totals to divide by."""
    metric = spec.metric
    for name in (*spec.factors, *([spec.segment] if spec.segment else [])):
        nameless = int(table.loc[table[name].isna(), "units"].sum())
        if nameless:
            raise DataError(
                f"units.{name} is missing in {nameless:,} units of experiment {experiment_id}; fill or leave them out"
            )
    missing = int(table.missing.sum())
    if missing:
        raise DataError(
            f"units.{' or '.join(metric.columns)} is missing in {missing:,} of {int(table.units.sum()):,} units of experiment "
            f"{experiment_id}; an outcome that didn't happen is 0, so map it as coalesce({metric.columns[0]}, 0)"
        )
    if metric.kind == "proportion" and (table.between.sum() or table.least.min() < 0 or table.greatest.max() > 1):
        raise DataError(
            f"units.{metric.name} runs from {table.least.min():g} to {table.greatest.max():g}, but a proportion is 0 or 1 in each "
            "unit; map it to 0 and 1, or give the metric kind = 'mean'"
        )
    if metric.kind == "ratio" and not table.bottom.sum() > 0:
        raise DataError(
            f"units.{metric.columns[1]}, the denominator of {metric.name}, adds up to nothing; leave the metric out"
        )
    if table.top.min() == table.top.max() == 0 or (metric.kind == "proportion" and (table.top == table.units).all()):
        raise DataError(
            f"units.{metric.name} is the same in every unit of experiment {experiment_id}; choose a metric that varies"
        )


def _require_kind(experiment_id: str, spec: CreativeExperiment) -> None:
    metric = spec.metric
    if metric.kind == "quantile":
        raise SpecError(
            f"experiment {experiment_id} compares creatives by the quantile {metric.name}; take a mean, proportion or ratio"
        )
    if metric.before:
        raise SpecError(
            f"experiment {experiment_id} names the covariate {metric.before[0]}, which creatives aren't compared with; leave it out"
        )
    if metric.winsorize is not None and metric.kind == "ratio":
        raise SpecError(
            f"experiment {experiment_id} winsorises the ratio {metric.name}; winsorise a mean, or leave winsorize out"
        )
    if len(set(spec.factors)) < len(spec.factors) or spec.segment in spec.factors:
        raise SpecError(
            f"experiment {experiment_id} names a column twice among its factors and segment; name each once"
        )


def _repeated(units: ibis.Table, experiment_id: str, spec: CreativeExperiment) -> str:
    creative = units[spec.factors[0]].cast("string")
    for factor in spec.factors[1:]:
        creative = creative + "/" + units[factor].cast("string")
    per_unit = units.group_by("unit_id").aggregate(rows=units.count(), creatives=creative.nunique())
    repeated = per_unit.filter(per_unit.rows > 1)
    total = repeated.aggregate(units=repeated.count(), crossed=(repeated.creatives > 1).sum()).execute().iloc[0]
    first = repeated.order_by(ibis.desc("creatives"), "unit_id").limit(1).execute().unit_id.iloc[0]
    if total.crossed:
        return (
            f"{total.crossed:,} units of experiment {experiment_id} saw more than one creative (first: {first}); "
            "a unit belongs to the creative that it saw first, leave out or mend the others"
        )
    return f"{total.units:,} units of experiment {experiment_id} have several rows (first: {first}); sum their outcomes first"
