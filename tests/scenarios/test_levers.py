"""A plan that moves levers: tables, sentences and hand-offs tell one story, and the truth pays what was promised."""

import numpy as np
import pytest

from tests.scenarios.with_levers import promoted_company
from workbench.config.planning import Planning
from workbench.mmm.posterior.levers import lever
from workbench.present.plan_tables import reason_displays
from workbench.result import Provenance
from workbench.scenarios import PlanRequest, media_plan_weekly, plan_budget
from workbench.scenarios.handoff import lever_plan_weekly

WEEKS, COST = 6, 250.0


@pytest.fixture(scope="module")
def company():
    return promoted_company(draws=30)


@pytest.fixture(scope="module")
def planned(company):
    levers = {
        "promo": {"control": "promotion", "cost": COST, "most": 0.6},
        "cut": {"control": "price", "direction": "down", "cost": 9000.0},
    }
    asked = Planning.model_validate({"levers": levers})
    return plan_budget(company, asked, PlanRequest(), horizon_weeks=WEEKS, provenance=Provenance(), seed=1)


def test_units_money_and_words_agree(planned):
    promo, cut = planned.levers.to_dict("records")
    weekly = planned.levers_weekly
    units = weekly["value"] - weekly["otherwise"]
    np.testing.assert_allclose(weekly["spend"], COST * units)
    assert set(weekly["lever"]) == {"promo"}
    np.testing.assert_allclose(units.groupby(weekly["market"]).sum(), 0.6, rtol=1e-3)
    assert promo["spend"] == pytest.approx(COST * promo["units"], rel=1e-6)
    assert weekly["value"].max() <= 0.4 * (1 + 1e-9)
    assert cut["weeks"] == cut["spend"] == 0
    bound = planned.plan.set_index("channel")["binding"]
    assert bound["promo"] == "planning.levers.promo.most"
    assert bound["cut"] == ""
    told = planned.findings[-2:]
    assert told[0].startswith(f"Raise promotion in {promo['weeks']} weeks, from ")
    assert told[1].startswith("Leave price as it is: €1 spent on moving it down would bring €0.")


def test_what_is_set_is_handed_to_those_who_set_it_and_media_to_those_who_buy_them(planned):
    media, levers = media_plan_weekly(planned), lever_plan_weekly(planned)
    assert set(media["channel"]) == {"tv", "search", "social"}
    assert media["spend"].sum() + levers["spend"].sum() == pytest.approx(planned.plan_weekly["spend"].sum())
    row = levers.iloc[0]
    assert row["action"].startswith("raise promotion from ")
    assert row["set_to"] > row["otherwise"] >= 0
    assert any("lever_plan_weekly.csv" in display.block.caption for display in reason_displays(planned))
    curve = planned.curves[planned.curves["channel"] == "cut"]
    assert curve["revenue"].iloc[-1] > 0


def test_the_truth_pays_what_the_plan_promises_of_a_lever(company, planned):
    """The draws lie around the truth of 900 in north and 450 in south for a whole promotion."""
    weekly = planned.levers_weekly
    true = (weekly["value"] - weekly["otherwise"]) * weekly["market"].map({"north": 900.0, "south": 450.0})
    promo = planned.levers.iloc[0]
    assert promo["revenue_lower"] < true.sum() < promo["revenue_upper"]
    assert promo["revenue"] == pytest.approx(true.sum(), rel=0.1)
    believed = lever(company, "promotion", WEEKS).effect
    assert promo["marginal_return"] == pytest.approx(believed.mean() / COST, rel=0.2)
