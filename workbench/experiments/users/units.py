"""The units of one user test: found, checked and counted inside the engine."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

import ibis
import pandas as pd

from workbench.config import Metric, UserExperiment
from workbench.errors import DataError, SpecError

FEWEST_UNITS = 2
NO_SEGMENT = "not known"


@dataclass(frozen=True, kw_only=True)
class TestUnits:
    """The units of one experiment, trusted from here on.

    Attributes:
        table: One row per unit: `variant` and each metric's columns as floats, without missing values.
        counts: Units per variant, control first.
        ranges: Least and greatest value of each column, `{(variant, column): (least, greatest)}`.
        missing_covariates: Units without a value of a covariate; they hold its mean instead.
    """

    __test__ = False

    table: ibis.Table
    counts: dict[str, int]
    ranges: dict[tuple[str, str], tuple[float, float]]
    missing_covariates: dict[str, int]


def outcome_columns(metric: Metric) -> tuple[str, ...]:
    """The columns of `units` that hold a metric's outcome."""
    if metric.numerator is not None and metric.denominator is not None:
        return (metric.numerator, metric.denominator)
    return (metric.name,)


def select_units(units: ibis.Table, experiment_id: str, spec: UserExperiment) -> TestUnits:
    """Pick one experiment's units and refuse what can't be read truthfully.

    Raises:
        SpecError: If the experiment, the control or a column isn't in the table.
        DataError: If units repeat, an arm is empty, or outcomes are missing or out of range.
    """
    outcomes = _unique(name for metric in spec.metrics for name in outcome_columns(metric))
    covariates = _unique(metric.covariate for metric in spec.metrics if metric.covariate)
    _require_columns(units, experiment_id, (*outcomes, *covariates))
    chosen = _of_experiment(units, experiment_id)
    numbers = chosen.select(
        variant=chosen.variant.cast("string"),
        **{name: chosen[name].cast("string").fill_null(NO_SEGMENT) for name in spec.segments},
        **{name: chosen[name].cast("float64") for name in (*outcomes, *covariates)},
    )
    profile = _profile(numbers, outcomes, covariates)
    _require_arms(profile, experiment_id, spec)
    for name in outcomes:
        _require_complete(profile, name)
    for metric in spec.metrics:
        _require_range(profile, metric)
    return TestUnits(
        table=_fill_covariates(numbers, profile, covariates),
        counts={name: int(profile.units[name]) for name in _control_first(profile.index, spec.control)},
        ranges=_ranges(profile, outcomes),
        missing_covariates={name: int(profile[f"missing_{name}"].sum()) for name in covariates},
    )


def _unique(names: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name is not None))


def _control_first(variants: Iterable[str], control: str) -> list[str]:
    return [control, *sorted(name for name in variants if name != control)]


def _require_columns(units: ibis.Table, experiment_id: str, names: tuple[str, ...]) -> None:
    schema = units.schema()
    for name in names:
        if name not in schema:
            close = difflib.get_close_matches(name, schema.names, n=1)
            mend = f"did you mean {close[0]}?" if close else f"its columns are {', '.join(schema.names)}"
            raise SpecError(f"experiment {experiment_id} measures {name}, which units doesn't hold; {mend}")
        if not (schema[name].is_numeric() or schema[name].is_boolean()):
            raise DataError(
                f"units.{name} holds {schema[name]}, not numbers; experiment {experiment_id} measures it, "
                "so map it to a numeric column"
            )


def _of_experiment(units: ibis.Table, experiment_id: str) -> ibis.Table:
    chosen = units.filter(units.experiment_id == experiment_id)
    totals = (
        chosen.aggregate(
            rows=chosen.count(),
            different=chosen.unit_id.nunique(),
            nameless=(chosen.variant.isnull() | chosen.unit_id.isnull()).sum(),
        )
        .execute()
        .iloc[0]
    )
    if totals.rows == 0:
        known = sorted(map(str, units.select("experiment_id").distinct().limit(20).execute().experiment_id))
        raise SpecError(
            f"units holds no experiment {experiment_id!r}; it holds {', '.join(known) or 'no rows at all'}: name one of them"
        )
    if totals.nameless:
        raise DataError(
            f"{int(totals.nameless):,} rows of experiment {experiment_id} lack unit_id or variant; fill or leave them out"
        )
    if totals.rows > totals.different:
        raise DataError(_repeated_units(chosen, experiment_id))
    return chosen


def _repeated_units(units: ibis.Table, experiment_id: str) -> str:
    per_unit = units.group_by("unit_id").aggregate(rows=units.count(), arms=units.variant.nunique())
    repeated = per_unit.filter(per_unit.rows > 1)
    summary = repeated.aggregate(units=repeated.count(), crossed=(repeated.arms > 1).sum()).execute().iloc[0]
    first = repeated.order_by(ibis.desc("arms"), "unit_id").limit(1).execute().iloc[0]
    if summary.crossed:
        return (
            f"{summary.crossed:,} units of experiment {experiment_id} are in more than one arm (first: {first.unit_id}); "
            "a unit belongs to the arm it was first assigned to, leave out or mend the others"
        )
    return (
        f"{summary.units:,} units of experiment {experiment_id} have several rows (first: {first.unit_id}, "
        f"{first.rows} rows); units has one row per unit, so sum its outcomes first"
    )


def _profile(numbers: ibis.Table, outcomes: tuple[str, ...], covariates: tuple[str, ...]) -> pd.DataFrame:
    """Count, missing values and range per variant, in one pass."""
    measures: dict[str, ibis.Value] = {"units": numbers.count()}
    for name in (*outcomes, *covariates):
        column = numbers[name]
        unusable = column.isnull() | column.isnan() | column.isinf()
        usable = ibis.ifelse(unusable, ibis.null("float64"), column)
        measures |= {
            f"missing_{name}": unusable.sum(),
            f"least_{name}": usable.min(),
            f"greatest_{name}": usable.max(),
            f"total_{name}": usable.sum(),
            f"between_{name}": ((column > 0) & (column < 1)).fill_null(False).sum(),
        }
    return numbers.group_by("variant").aggregate(**measures).execute().set_index("variant")


def _require_arms(profile: pd.DataFrame, experiment_id: str, spec: UserExperiment) -> None:
    found = sorted(profile.index)
    if spec.control not in found:
        raise SpecError(
            f"experiment {experiment_id} names {spec.control!r} as its control, but its arms are {', '.join(found)}; "
            "name one of them"
        )
    if len(found) == 1:
        raise DataError(
            f"experiment {experiment_id} has no arm beside its control {spec.control}; add the treated units"
        )
    unknown = sorted(set(spec.ratio or {}) ^ set(found)) if spec.ratio else []
    absent = [name for name in unknown if name not in found]
    if absent:
        raise DataError(
            f"arm {absent[0]} of experiment {experiment_id} is empty, though its ratio names it; found {', '.join(found)}: "
            "add its units or mend the ratio"
        )
    if unknown:
        raise SpecError(
            f"the ratio of experiment {experiment_id} leaves out the arm {unknown[0]}; give each arm a share"
        )
    for name in found:
        if profile.loc[name, "units"] < FEWEST_UNITS:
            raise DataError(
                f"arm {name} of experiment {experiment_id} has {profile.loc[name, 'units']} unit; "
                f"a variance needs at least {FEWEST_UNITS}"
            )


def _require_complete(profile: pd.DataFrame, name: str) -> None:
    missing = profile[f"missing_{name}"].astype(int)
    if missing.sum():
        arms = ", ".join(f"{count:,} in {arm}" for arm, count in missing.items() if count)
        raise DataError(
            f"units.{name} is missing in {missing.sum():,} of {int(profile.units.sum()):,} units ({arms}); an outcome that "
            f"didn't happen is 0, so map {name} as coalesce({name}, 0), or leave those units out of every arm alike"
        )


def _require_range(profile: pd.DataFrame, metric: Metric) -> None:
    if metric.kind == "proportion":
        between = int(profile[f"between_{metric.name}"].sum())
        least, greatest = profile[f"least_{metric.name}"].min(), profile[f"greatest_{metric.name}"].max()
        if between or least < 0 or greatest > 1:
            raise DataError(
                f"units.{metric.name} runs from {least:g} to {greatest:g}, but a proportion is 0 or 1 in each unit; "
                "map it to 0 and 1, or give the metric kind = 'mean'"
            )
    if metric.kind == "ratio":
        for arm, least in profile[f"least_{metric.denominator}"].items():
            if least < 0:
                raise DataError(
                    f"units.{metric.denominator}, the denominator of {metric.name}, falls to {least:g} in {arm}; "
                    "a denominator is never negative, mend those units"
                )
        for arm, total in profile[f"total_{metric.denominator}"].items():
            if total == 0:
                raise DataError(
                    f"units.{metric.denominator}, the denominator of {metric.name}, is 0 for every unit of {arm}; "
                    "the ratio doesn't exist there, leave the metric out"
                )


def _fill_covariates(numbers: ibis.Table, profile: pd.DataFrame, covariates: tuple[str, ...]) -> ibis.Table:
    # Any constant keeps the comparison unbiased, as a covariate is fixed before the treatment; the mean loses least.
    filled = {}
    for name in covariates:
        known = profile.units.sum() - profile[f"missing_{name}"].sum()
        if known == 0:
            raise DataError(f"units.{name}, a covariate, is missing in every unit; leave the covariate out")
        usable = numbers[name].notnull() & ~numbers[name].isnan() & ~numbers[name].isinf()
        filled[name] = ibis.ifelse(usable, numbers[name], float(profile[f"total_{name}"].sum() / known))
    return numbers.mutate(**filled)


def _ranges(profile: pd.DataFrame, names: tuple[str, ...]) -> dict[tuple[str, str], tuple[float, float]]:
    return {
        (str(arm), name): (float(profile.loc[arm, f"least_{name}"]), float(profile.loc[arm, f"greatest_{name}"]))
        for arm in profile.index
        for name in names
    }
