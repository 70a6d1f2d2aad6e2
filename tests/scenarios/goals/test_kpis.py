"""KPIs against numbers worked out by hand."""

import numpy as np
import pytest

from workbench.config import Kpi
from workbench.errors import SpecError
from workbench.scenarios.goals import QUANTITIES, kpi_registry

QUARTER = {
    "revenue": 500_000.0,
    "conversions": 4_000.0,
    "media_revenue": 150_000.0,
    "spend": 60_000.0,
    "margin": 0.5,
    "orders": 5_000.0,
    "order_revenue": 400_000.0,
    "customers": 3_500.0,
    "new_customers": 1_200.0,
    "earlier_customers": 3_000.0,
    "returning_customers": 1_800.0,
    "leads": 800.0,
    "won_leads": 120.0,
    "won_value": 96_000.0,
    "ltv": 175.0,
}
BY_HAND = {
    "revenue": 500_000.0,
    "media_revenue": 150_000.0,
    "conversions": 4_000.0,
    "spend": 60_000.0,
    "orders": 5_000.0,
    "customers": 3_500.0,
    "new_customers": 1_200.0,
    "leads": 800.0,
    "ltv": 175.0,
    "roi": 0.25,  # 75,000 of profit for 60,000
    "roas": 2.5,
    "cac": 50.0,
    "cpa": 15.0,
    "cpl": 75.0,
    "ltv_to_cac": 3.5,
    "conversion": 0.15,
    "aov": 80.0,
    "value_per_lead": 120.0,
    "retention": 0.6,
}


@pytest.fixture
def registry():
    return kpi_registry({}, "EUR")


def test_every_built_in_kpi_is_what_it_is_by_hand(registry):
    assert {name: float(registry.value(name, QUARTER)) for name in registry.kpis} == pytest.approx(BY_HAND)


def test_every_quantity_serves_a_kpi_or_is_documented(registry, repository):
    used = {quantity for name in registry.kpis for quantity in registry.needs(name)}
    assert used == set(QUANTITIES)
    page = (repository / "docs" / "workbench-toml.md").read_text()
    assert not [quantity for quantity in QUANTITIES if f"`{quantity}`" not in page]
    assert not [name for name in registry.kpis if f"`{name}`" not in page]


def test_costs_are_better_low_and_money_is_in_the_companys_currency(registry):
    lower = {name for name, kpi in registry.kpis.items() if not kpi.higher_is_better}
    assert lower == {"spend", "cac", "cpa", "cpl"}
    assert {registry.kpis[name].unit for name in ("revenue", "cac", "aov", "ltv")} == {"EUR"}


def test_money_in_another_currency_changes_money_and_leaves_ratios(registry):
    money = {"revenue", "media_revenue", "spend", "order_revenue", "won_value", "ltv"}
    dearer = {name: value * (100 if name in money else 1) for name, value in QUARTER.items()}
    for name, kpi in registry.kpis.items():
        factor = 100 if kpi.unit == "EUR" else 1
        assert float(registry.value(name, dearer)) == pytest.approx(factor * BY_HAND[name])


def test_an_own_kpi_is_made_of_others_and_replaces_a_built_in_one():
    own = {
        "payback": Kpi(formula="cac / (aov * margin)"),
        "cac": Kpi(formula="(spend + 6_000) / new_customers", unit="EUR"),
    }
    registry = kpi_registry(own, "EUR")
    assert set(registry.needs("payback")) == {"spend", "new_customers", "order_revenue", "orders", "margin"}
    assert float(registry.value("payback", QUARTER)) == pytest.approx(55 / 40)
    assert float(registry.value("ltv_to_cac", QUARTER)) == pytest.approx(175 / 55)


def test_a_quarter_without_leads_has_no_cost_of_a_lead(registry):
    assert np.isnan(registry.value("cpl", {**QUARTER, "leads": 0.0}))
    by_draw = registry.value("cac", {"spend": 10.0, "new_customers": np.array([0.0, 2.0])})
    np.testing.assert_allclose(by_draw, [np.nan, 5.0])


def test_experiments_are_named_by_their_id():
    registry = kpi_registry({"mail": Kpi(formula="effect_winter_email * 2")}, "EUR", ("winter_email",))
    assert registry.needs("mail") == ("effect_winter_email",)
    assert "winter_email" in registry.source("effect_winter_email")


@pytest.mark.parametrize(
    ("kpis", "asked", "told"),
    [
        ({}, "rois", "'rois' is no KPI; did you mean roi?"),
        ({"x": "spnd / 2"}, "x", "kpis.x names 'spnd', which is neither a quantity nor a KPI; did you mean spend?"),
        ({"x": "zzzz"}, "x", "known are"),
        ({"x": "spend /"}, "x", "kpis.x: the formula 'spend /' can't be read"),
        ({"a": "b + 1", "b": "a"}, "a", "in a circle (a → b → a)"),
        ({"a": "a + 1"}, "a", "in a circle (a → a)"),
        ({"a": "b", "b": "c", "c": "spend + b"}, "a", "in a circle (b → c → b)"),
        ({"a": "b", "b": "spend ** 2"}, "a", "kpis.b: the formula"),
        ({"mail": "effect_winter_email"}, "mail", "names 'effect_winter_email'"),
    ],
)
def test_a_kpi_that_cant_be_computed_says_why(kpis, asked, told):
    registry = kpi_registry({name: Kpi(formula=formula) for name, formula in kpis.items()}, "EUR")
    for read in (registry.needs, lambda name: registry.value(name, QUARTER)):
        with pytest.raises(SpecError) as raised:
            read(asked)
        assert told in str(raised.value)
