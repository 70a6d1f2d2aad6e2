"""A review of a plan that moves a lever: what moving it has cost, what it brought, and nothing of today's limits in it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.scenarios.with_levers import promoted_company
from workbench.config.planning import Planning
from workbench.mmm.posterior.levers import lever
from workbench.mmm.posterior.outlook import outlook, weeks_after
from workbench.result import Provenance
from workbench.scenarios import PlanRequest, plan_budget
from workbench.scenarios.contingency.contingency import trigger_table
from workbench.scenarios.contingency.triggers import trigger_bands
from workbench.scenarios.pacing.result import PerformanceResult
from workbench.scenarios.pacing.review import Came, UnderWay, review_plan

WEEKS, SEEN, COST = 6, 4, 250.0
PLANNING = Planning.model_validate(
    {"levers": {"promo": {"control": "promotion", "cost": COST, "most": 0.6, "label": "Promotions"}}}
)


@pytest.fixture(scope="module")
def company():
    return promoted_company(draws=30)


@pytest.fixture(scope="module")
def planned(company):
    return plan_budget(company, PLANNING, PlanRequest(), horizon_weeks=WEEKS, provenance=Provenance(), seed=1)


@pytest.fixture(scope="module")
def under_way(company, planned) -> UnderWay:
    weeks = weeks_after(company, WEEKS)
    foreseen = np.random.default_rng(0).normal(1.0, 0.02, (2_000, WEEKS)) * 1e5
    return UnderWay(
        run="run-1",
        weekly=planned.plan_weekly,
        levers=planned.levers_weekly,
        triggers=trigger_table(trigger_bands({"north": foreseen}, 0.1), weeks, {"north": "EUR"}),
        false_alarms=0.1,
        seed=1,
        labels=replace(planned.called, markets={"north": "Northland"}),
    )


def controls(company, planned, *, share: float, price: float) -> pd.DataFrame:
    """Promotions moved by a share of what the plan set, and all prices changed by so much, in the weeks seen."""
    weeks, markets = weeks_after(company, WEEKS)[:SEEN], company.response.markets
    as_expected = expected(company)
    promotion = as_expected["promotion"].copy()
    for row in planned.levers_weekly.itertuples():
        if row.week in weeks:
            at = (weeks.get_loc(row.week), markets.index(row.market))
            promotion[at] += share * (row.value - row.otherwise)
    values = {"promotion": promotion, "price": as_expected["price"] + price}
    grid = pd.MultiIndex.from_product([weeks, markets], names=["week", "market"])
    return pd.concat(
        [
            pd.DataFrame({"value": cells.ravel()}, index=grid).reset_index().assign(control=name)
            for name, cells in values.items()
        ]
    )


def expected(company) -> dict[str, np.ndarray]:
    return {name: lever(company, name, WEEKS).otherwise[:SEEN] for name in ("promotion", "price")}


def reviewed(company, planned, under_way, *, share: float, price: float, **limits) -> PerformanceResult:
    weeks, response = weeks_after(company, WEEKS)[:SEEN], company.response
    came = controls(company, planned, share=share, price=price)
    media = planned.plan_weekly[planned.plan_weekly["channel"].isin(response.channels)]
    kpi = outlook(company, weeks_after(company, WEEKS), came, seed=1).baseline.mean(axis=0)[:SEEN]
    grid = pd.MultiIndex.from_product([weeks, response.markets], names=["week", "market"])
    return review_plan(
        company,
        under_way,
        Came(
            media=media[media["week"].isin(weeks)],
            kpi=pd.DataFrame({"kpi": kpi.ravel()}, index=grid).reset_index(),
            controls=came,
        ),
        PLANNING.model_copy(update=limits),
        provenance=Provenance(),
        seed=1,
    )


def test_half_of_a_promotion_costs_half_and_its_missing_half_is_the_levers_part(company, planned, under_way):
    found = reviewed(company, planned, under_way, share=0.5, price=0.1)
    (row,) = found.levers.to_dict("records")
    moves = planned.levers_weekly[planned.levers_weekly["week"].isin(weeks_after(company, WEEKS)[:SEEN])]
    units = moves["value"] - moves["otherwise"]
    assert units.sum() > 0.3, "the plan promotes in the weeks seen"
    assert row["planned_so_far"] == pytest.approx(COST * units.sum())
    assert row["actual"] == pytest.approx(0.5 * COST * units.sum())
    assert row["planned"] == pytest.approx(planned.levers_weekly["spend"].sum())

    variance = found.variance.set_index("source")["estimate"]
    actual = found.course["actual"].sum()
    assert variance.sum() == pytest.approx(actual - found.course["total_planned"].iloc[SEEN - 1], abs=0.01)
    # Against a review in which the whole promotion came and prices stayed: what was assumed of controls in single draws cancels.
    whole = reviewed(company, planned, under_way, share=1.0, price=0.0).variance.set_index("source")["estimate"]
    effect = dict(zip(company.response.markets, mean_effect(company, "promotion"), strict=True))
    missing = -0.5 * float((units * moves["market"].map(effect)).sum())
    assert variance["levers"] - whole["levers"] == pytest.approx(missing, rel=1e-6)
    dearer = 0.1 * SEEN * mean_effect(company, "price").sum()
    assert variance["controls"] - whole["controls"] == pytest.approx(dearer, rel=1e-6)
    assert any(sentence.startswith("Moving Promotions has cost €") for sentence in found.findings)
    assert found.triggers["label"].tolist() == ["revenue in Northland"]


def mean_effect(company, control: str) -> np.ndarray:
    return lever(company, control, WEEKS).effect.mean(axis=0)


def test_a_plan_without_controls_that_came_says_that_nobody_knows_what_the_lever_cost(company, planned, under_way):
    weeks, response = weeks_after(company, WEEKS)[:SEEN], company.response
    grid = pd.MultiIndex.from_product([weeks, response.markets], names=["week", "market"])
    kpi = pd.DataFrame({"kpi": 1e4}, index=grid).reset_index()
    media = planned.plan_weekly[planned.plan_weekly["channel"].isin(response.channels)]
    came = Came(media=media[media["week"].isin(weeks)], kpi=kpi)
    found = review_plan(company, under_way, came, PLANNING, provenance=Provenance(), seed=1)
    assert np.isnan(found.levers["actual"].iloc[0])
    assert "levers" not in found.variance["source"].tolist()
    assert any("What moving Promotions has cost isn't known" in sentence for sentence in found.findings)
