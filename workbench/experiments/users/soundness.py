"""Whether every unit's numbers can be what their metrics say they are.

One flag is asked of all units in the pass of the moments. Only where it fails does a slower question find out why.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterator

import ibis
import pandas as pd

from workbench.config import Metric, UserExperiment
from workbench.errors import DataError
from workbench.experiments.users.units import unit_columns


def sound(numbers: ibis.Table, spec: UserExperiment) -> ibis.Value:
    """1 for a unit whose numbers are all there and within their metrics' rules, else 0.

    That numbers are finite is left to the moments, which aren't where a number isn't.
    """
    # Engines know which of their columns have no gaps, so this costs nothing where there are none.
    known = (numbers[name].notnull() for names in unit_columns(spec) for name in names)
    rules = (rule for metric in spec.metrics for rule in _rules(numbers, metric))
    return ibis.ifelse(functools.reduce(operator.and_, (*known, *rules)), 1.0, 0.0)


def mended(numbers: ibis.Table, spec: UserExperiment) -> tuple[ibis.Table, dict[str, int]]:
    """Say what is wrong with the outcomes; where nothing is, fill the covariates that are missing with their mean.

    Returns:
        The table without missing covariates, and how many units lacked each.

    Raises:
        DataError: If outcomes are missing or break their metric's rule, or a covariate is missing in every unit.
    """
    outcomes, covariates = unit_columns(spec)
    profile = _profile(numbers, (*outcomes, *covariates))
    for name in outcomes:
        _require_complete(profile, name)
    for metric in spec.metrics:
        _require_rule(numbers, profile, metric)
    filled = {name: _filled(numbers, profile, name) for name in covariates}
    return numbers.mutate(filled), {name: int(profile[f"missing_{name}"].sum()) for name in covariates}


def _rules(numbers: ibis.Table, metric: Metric) -> Iterator[ibis.BooleanValue]:
    outcome = numbers[metric.columns[-1]]
    if metric.kind == "proportion":
        yield (outcome == 0) | (outcome == 1)
    if metric.kind == "count":
        # Within the whole numbers that a float holds exactly, so that the engine can take the floor of what it meets.
        yield ibis.ifelse((outcome >= 0) & (outcome < 2.0**53), outcome == outcome.floor(), False)
    if metric.kind == "ratio":
        yield outcome >= 0
    if metric.kind == "quantile":
        yield ~_missing(outcome)


def _profile(numbers: ibis.Table, names: tuple[str, ...]) -> pd.DataFrame:
    """Units, missing values, range and total per variant."""
    measures: dict[str, ibis.Value] = {"units": numbers.count()}
    for name in names:
        usable = ibis.ifelse(_missing(numbers[name]), ibis.null("float64"), numbers[name])
        measures |= {
            f"missing_{name}": _missing(numbers[name]).sum(),
            f"least_{name}": usable.min(),
            f"greatest_{name}": usable.max(),
            f"total_{name}": usable.sum(),
        }
    return numbers.group_by("variant").aggregate(**measures).order_by("variant").execute().set_index("variant")


def _missing(column: ibis.Column) -> ibis.Value:
    return column.isnull() | column.isnan() | column.isinf()


def _require_complete(profile: pd.DataFrame, name: str) -> None:
    missing = profile[f"missing_{name}"].astype(int)
    if missing.sum():
        arms = ", ".join(f"{count:,} in {arm}" for arm, count in missing.items() if count)
        raise DataError(
            f"units.{name} is missing in {missing.sum():,} of {int(profile.units.sum()):,} units ({arms}); an outcome that "
            f"didn't happen is 0, so map {name} as coalesce({name}, 0), or leave those units out of every arm alike"
        )


def _require_rule(numbers: ibis.Table, profile: pd.DataFrame, metric: Metric) -> None:
    column = metric.columns[-1]
    broken = [numbers.filter(~rule).count().execute() for rule in _rules(numbers, metric)]
    if not any(broken):
        return
    least, greatest = profile[f"least_{column}"].min(), profile[f"greatest_{column}"].max()
    if metric.kind == "proportion":
        raise DataError(
            f"units.{column} runs from {least:g} to {greatest:g}, but a proportion is 0 or 1 in each unit; "
            "map it to 0 and 1, or give the metric kind = 'mean'"
        )
    if metric.kind == "count":
        raise DataError(
            f"units.{column} isn't a whole number from 0 up in {sum(broken):,} units (it runs from {least:g} to {greatest:g}), "
            "but a count is; mend those units, or give the metric kind = 'mean'"
        )
    arm = profile[f"least_{column}"].idxmin()
    raise DataError(
        f"units.{column}, the denominator of {metric.name}, falls to {least:g} in {arm}; "
        "a denominator is never negative, mend those units"
    )


def _filled(numbers: ibis.Table, profile: pd.DataFrame, name: str) -> ibis.Value:
    # Any constant keeps the comparison unbiased, as a covariate is fixed before the treatment; the mean loses least.
    known = profile.units.sum() - profile[f"missing_{name}"].sum()
    if known == 0:
        raise DataError(f"units.{name}, a covariate, is missing in every unit; leave the covariate out")
    return ibis.ifelse(_missing(numbers[name]), float(profile[f"total_{name}"].sum() / known), numbers[name])
