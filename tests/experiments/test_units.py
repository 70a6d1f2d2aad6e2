"""Each way in which a table of units can mislead ends in one sentence that names it and the mend."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.config import Metric, UserExperiment
from workbench.errors import DataError, SpecError, WorkbenchError
from workbench.experiments import read_out_users
from workbench.result import Check, Provenance

from .conftest import UnitsTable

SHARES = {"none": 2, "offer": 3}
BASKET = Metric(name="basket", kind="ratio", numerator="spend", denominator="orders")


def read(table, *metrics: Metric, name: str = "spring", **spec: object):  # type: ignore[no-untyped-def]
    experiment = UserExperiment.model_validate(
        {"control": "none", "metrics": metrics or (Metric(name="spend"),), **spec}
    )
    return read_out_users(table, name, experiment, provenance=Provenance(), currency="EUR")


@pytest.mark.parametrize(
    ("change", "metric", "error", "sentence"),
    [
        (lambda f: f, Metric(name="spent"), SpecError, "measures spent, which units doesn't hold; did you mean spend?"),
        (lambda f: f.assign(spend="much"), Metric(name="spend"), DataError, "units.spend holds string, not numbers"),
        (
            lambda f: f.assign(spend=f.spend.where(f.unit_id != 3).where(f.unit_id < 998)),
            Metric(name="spend"),
            DataError,
            r"spend is missing in 3 of 1,000 units \(1 in none, 2 in offer\).*coalesce\(spend, 0\)",
        ),
        (
            lambda f: f.assign(spend=f.spend.where(f.unit_id != 3, np.inf)),
            Metric(name="spend"),
            DataError,
            r"spend is missing in 1 of 1,000 units \(1 in none\)",
        ),
        (
            lambda f: pd.concat([f, f[f.unit_id == 7].assign(variant="offer")]),
            Metric(name="spend"),
            DataError,
            r"1 units of experiment spring are in more than one arm \(first: 7\)",
        ),
        (
            lambda f: pd.concat([f, f[f.unit_id.isin([7, 9])]]),
            Metric(name="spend"),
            DataError,
            r"2 units of experiment spring have several rows \(first: 7, 2 rows\)",
        ),
        (
            lambda f: f.assign(variant=f.variant.where(f.unit_id != 5)),
            Metric(name="spend"),
            DataError,
            "1 rows .* lack",
        ),
        (lambda f: f[f.variant == "none"], Metric(name="spend"), DataError, "no arm beside its control none"),
        (
            lambda f: f[f.variant == "offer"],
            Metric(name="spend"),
            SpecError,
            "'none' as its control, but its arms are offer",
        ),
        (
            lambda f: f[(f.variant == "offer") | (f.unit_id == 0)],
            Metric(name="spend"),
            DataError,
            "arm none of experiment spring has 1 unit; a variance needs at least 2",
        ),
        (
            lambda f: f,
            Metric(name="orders", kind="proportion"),
            DataError,
            "units.orders runs from 0 to .*, but a proportion is 0 or 1",
        ),
        (lambda f: f.assign(orders=0), BASKET, DataError, "denominator of basket, is 0 for every unit of none"),
        (
            lambda f: f.assign(orders=f.orders.where(f.unit_id != 500, -2)),
            BASKET,
            DataError,
            "denominator of basket, falls to -2 in offer",
        ),
        (
            lambda f: f.assign(past_spend=np.nan),
            Metric(name="spend", covariate="past_spend"),
            DataError,
            "past_spend, a covariate, is missing in every unit",
        ),
    ],
)
def test_bad_units_are_refused_in_one_sentence(
    two_arms: pd.DataFrame,
    units_table: UnitsTable,
    change,  # type: ignore[no-untyped-def]
    metric: Metric,
    error: type[WorkbenchError],
    sentence: str,
) -> None:
    table = units_table(change(two_arms))
    with pytest.raises(error, match=sentence):
        read(table, metric)


def test_an_unknown_experiment_names_those_that_are_there(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    table = units_table(pd.concat([two_arms, two_arms.assign(experiment_id="autumn")]))
    with pytest.raises(SpecError, match="no experiment 'winter'; it holds autumn, spring"):
        read(table, name="winter")


def test_a_ratio_must_name_every_arm_and_no_empty_one(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    table = units_table(two_arms)
    with pytest.raises(DataError, match="arm voucher of experiment spring is empty"):
        read(table, ratio={"none": 1, "offer": 1, "voucher": 1})
    with pytest.raises(SpecError, match="holds the arm offer, which ratio leaves out"):
        read(table, ratio={"none": 1})


def test_everyone_converting_in_one_arm_makes_the_test_invalid(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    everyone = two_arms.assign(bought=two_arms.bought.where(two_arms.variant == "none", 1))
    result = read(
        units_table(everyone), Metric(name="bought", kind="proportion", role="primary"), ratio={"none": 2, "offer": 3}
    )
    check = named(result.checks, "outcome_variation")
    assert (result.verdict, result.decided_by, check.passed) == ("invalid", "outcome_variation", False)
    assert "Bought is 1 for every unit of offer" in check.detail


def test_a_control_near_zero_leaves_the_relative_effect_out_and_says_so(
    two_arms: pd.DataFrame, units_table: UnitsTable
) -> None:
    centred = two_arms.assign(spend=two_arms.spend - two_arms.spend[two_arms.variant == "none"].mean())
    result = read(units_table(centred), ratio={"none": 2, "offer": 3})
    check = named(result.checks, "relative_effects")
    assert result.effects.relative.isna().all()
    assert result.effects.absolute.notna().all()
    assert check.passed is None
    assert "Spend in offer has no relative effect" in check.detail


def named(checks: tuple[Check, ...], name: str) -> Check:
    return next(check for check in checks if check.name == name)


def test_a_metric_that_only_explains_and_never_varies_in_an_arm_is_named_without_stopping_the_test(
    two_arms: pd.DataFrame, units_table: UnitsTable
) -> None:
    always = two_arms.assign(bought=np.where(two_arms.variant == "offer", 1, two_arms.bought))
    result = read(
        units_table(always),
        Metric(name="spend", role="primary"),
        Metric(name="bought", kind="proportion"),
        ratio=SHARES,
    )
    check = named(result.checks, "outcome_variation bought")
    assert (check.passed, result.decided_by == "outcome_variation") == (None, False)
    assert "Bought is 1 for every unit of offer" in check.detail


def test_a_quantile_that_many_units_share_decides_nothing(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    median = Metric(name="orders", kind="quantile", quantile=0.5, role="primary")
    result = read(units_table(two_arms), median, ratio=SHARES)
    check = named(result.checks, "outcome_variation")
    assert (result.verdict, result.decided_by, check.passed) == ("invalid", "outcome_variation", False)
    assert "The median orders is 1 in none, which so many users share" in check.detail


def test_a_cost_of_an_arm_that_isnt_there_is_refused(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    with pytest.raises(SpecError, match="costs names the arm ofer, but the arms of experiment spring are none, offer"):
        read(units_table(two_arms), costs={"ofer": 2.0})


def test_users_assigned_outside_the_planned_days_are_named(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    days = pd.Timestamp("2025-03-01") + pd.to_timedelta(two_arms.unit_id % 10, unit="D")
    table = units_table(two_arms.assign(assigned_at=days))
    planned, short = (read(table, start="2025-03-01", end=f"2025-03-{last}") for last in ("09", "07"))
    check = named(short.checks, "planned_days")
    # The 8th may be the 7th elsewhere.
    assert (check.passed, check.value) == (False, 0.2)
    assert "200 of 1,000 users were assigned outside the planned days (2025-03-01 to 2025-03-07)" in check.detail
    assert "planned_days" not in [check.name for check in planned.checks]
