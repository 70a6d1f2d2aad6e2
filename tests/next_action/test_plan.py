"""Plans from tables to hand-off: a shop whose voucher works for some and puts others off, and what can be wrong with its tables."""

from dataclasses import replace

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from workbench.config import Channel, WorkspaceConfig
from workbench.errors import ConfigError, DataError
from workbench.next_action import logged_contacts, people_of, plan_actions, with_limits
from workbench.next_action.findings import write_findings
from workbench.present.next_action_tables import action_tables
from workbench.result import Provenance
from workbench.wording import money

SIZE = 6000
DAY = pd.Timestamp("2024-06-03")


def make_tables(seed: int = 1) -> dict[str, pd.DataFrame]:
    """One order of everyone before the campaign; the voucher brings the young one in three, and costs the old all of theirs."""
    rng = np.random.default_rng(seed)
    ids = np.array([f"C{number:05d}" for number in range(SIZE)])
    young = rng.random(SIZE) < 0.5
    drawn = rng.random(SIZE) < 0.5
    buys = rng.random(SIZE) < np.where(drawn, np.where(young, 0.4, 0.0), 0.1)
    before = pd.DataFrame(
        {"customer_id": ids, "ordered_at": DAY - pd.to_timedelta(rng.integers(1, 90, SIZE), "D"), "revenue": 30.0}
    )
    after = pd.DataFrame({"customer_id": ids[buys], "ordered_at": DAY + pd.Timedelta(days=3), "revenue": 50.0})
    last = pd.DataFrame({"customer_id": ids[:1], "ordered_at": [DAY + pd.Timedelta(days=40)], "revenue": 30.0})
    contacts = pd.DataFrame(
        {
            "campaign_id": "june",
            "customer_id": ids,
            "contacted_at": DAY,
            "action": np.where(drawn, "voucher", "none"),
            "probability": 0.5,
        }
    )
    customers = pd.DataFrame({"customer_id": ids, "age": np.where(young, "young", "old"), "consent_marketing": True})
    return {"transactions": pd.concat([before, after, last]), "customers": customers, "contacts": contacts}


def make_config(**changes) -> WorkspaceConfig:
    actions = {
        "voucher": {"cost": 1.0, "campaigns": ["june"]},
        "call": {"cost": 2.0, "score": "likely", "capacity": 100},
    }
    governance = {"fairness": [changes.pop("fairness")]} if "fairness" in changes else {}
    section = {"actions": actions, "holdout_share": 0.1} | changes
    return WorkspaceConfig.model_validate(
        {"workspace": {"name": "Shop"}, "next_best_action": section, "governance": governance}
    )


def make_plan(tables, config, scores=None):
    found = {name: ibis.memtable(frame) for name, frame in tables.items()}
    people = people_of(found.get, config)
    spec = with_limits(config.next_best_action, -1)
    return plan_actions(
        people,
        logged_contacts(found.get("contacts"), people, spec),
        spec,
        governance=config.governance,
        values=None,
        scores=scores or {"likely": None},
        currency="EUR",
        provenance=Provenance(),
        seed=1,
    )


@pytest.fixture(scope="module")
def tables():
    return make_tables()


@pytest.fixture(scope="module")
def plan(tables):
    likely = tables["customers"][["customer_id"]].assign(probability=0.5)
    return make_plan(tables, make_config(), {"likely": pa.Table.from_pandas(likely)})


def handed_on(plan) -> pd.DataFrame:
    return plan.batches().read_all().to_pandas()


def test_those_who_are_put_off_are_left_alone(plan, tables):
    rows = handed_on(plan).merge(tables["customers"])
    free = rows[~rows.holdout]
    assert (free.action[free.age == "young"] == "voucher").mean() > 0.95
    assert (free.action[free.age == "old"] == "voucher").mean() < 0.05


def test_the_profit_lies_in_its_interval(plan, tables):
    rows = handed_on(plan).merge(tables["customers"])
    got = rows[rows.action == "voucher"]
    truth = (got.age.map({"young": 0.3, "old": -0.1}) * 50 - 1).sum()
    assert plan.result.facts.profit_lower < truth < plan.result.facts.profit_upper


def test_a_holdout_is_kept_and_gets_nothing(plan):
    rows = handed_on(plan)
    assert 0.08 < rows.holdout.mean() < 0.12
    assert (rows.action[rows.holdout] == "none").all()


def test_a_score_stands_in_but_is_never_called_causal_nor_counted(plan):
    rows = handed_on(plan)
    calls = rows[rows.action == "call"]
    assert 0 < len(calls) <= 100
    assert not calls.causal.any()
    assert calls.reason_1.str.contains("isn't shown").all()
    assert rows[rows.action == "voucher"].causal.all()
    measured = rows[rows.action == "voucher"].expected_incremental_value.sum()
    assert plan.result.facts.profit == pytest.approx(measured, rel=1e-3)
    assert next(check for check in plan.result.checks if check.name == "measured_effects").passed is False


def test_whom_a_score_does_not_know_gets_nothing_by_it(tables):
    likely = tables["customers"][["customer_id"]].iloc[:50].assign(probability=0.5)
    rows = handed_on(make_plan(tables, make_config(), {"likely": pa.Table.from_pandas(likely)}))
    called = rows[rows.action == "call"].customer_id
    assert 0 < len(called) <= 50
    assert set(called) <= set(likely.customer_id)


def test_customers_of_unknown_groups_are_compared_too(tables):
    customers = tables["customers"].assign(told=tables["customers"].age.where(tables["customers"].age == "young"))
    audited = make_plan(tables | {"customers": customers}, make_config(fairness="told")).result.fairness
    assert set(audited.group) == {"young", "unknown"}


def test_reasons_name_who_responds(plan):
    rows = handed_on(plan)
    reasons = rows[rows.action == "voucher"].reason_1
    assert (reasons == "responds more: age: young").mean() > 0.95


def test_the_rule_is_tried_on_the_draw(plan):
    gain = plan.result.replay.set_index("quantity").loc["gain over nobody"]
    assert gain.lower < 0.5 * (0.3 * 50 - 1) < gain.upper


def test_results_survive_saving(plan, tmp_path):
    plan.result.save(tmp_path / "result")
    again = type(plan.result).load(tmp_path / "result")
    # No budget is NaN, which equals nothing.
    assert replace(again.facts, budget=0.0) == replace(plan.result.facts, budget=0.0)
    pd.testing.assert_frame_equal(again.options, plan.result.options)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda rows: rows[rows.action != "none"], "it had no control group"),
        (lambda rows: rows.drop(columns="probability"), "does not record with which probability"),
        (lambda rows: rows.assign(probability=0.0), "does not record with which probability"),
        (lambda rows: rows.assign(contacted_at=DAY + pd.Timedelta(days=30)), "fewer than 50"),
    ],
)
def test_a_campaign_that_shows_no_effect_is_named_and_claims_none(tables, change, reason):
    found = make_plan(tables | {"contacts": change(tables["contacts"])}, make_config())
    assert reason in found.result.evidence.reason.iloc[0]
    assert found.result.facts.contacts == 0
    assert "isn't known" in found.result.findings[0]
    assert "near_the_best_plan" not in {check.name for check in found.result.checks}
    assert not any("could not be tried" in sentence for sentence in found.result.findings)


def test_without_budget_or_capacity_nobody_is_contacted(tables):
    only = {"voucher": {"cost": 1.0, "campaigns": ["june"], "capacity": 0}}
    whys = {"and the budget is €0.00": make_config(budget=0.0), "has a capacity of 0": make_config(actions=only)}
    for why, config in whys.items():
        found = make_plan(tables, config)
        assert found.result.facts.contacted == 0
        assert found.result.findings[0].startswith("Contact nobody: Voucher")
        assert why in found.result.findings[0]


def test_contacts_of_unknown_customers_fail_their_check(tables):
    contacts = tables["contacts"].copy()
    contacts.loc[contacts.index[:600], "customer_id"] = [f"X{number}" for number in range(600)]
    found = make_plan(tables | {"contacts": contacts}, make_config())
    check = next(check for check in found.result.checks if check.name == "contacts_of_known_customers")
    assert check.passed is False
    assert "600 of 6,000" in check.detail


def test_wrong_probabilities_are_found(tables):
    contacts = tables["contacts"]
    wrong = contacts.assign(probability=np.where(contacts.action == "none", 0.3, 0.7))
    found = make_plan(tables | {"contacts": wrong}, make_config())
    assert next(check for check in found.result.checks if check.name == "recorded_draws").passed is False


def test_nobody_who_agreed_is_an_error(tables):
    refused = tables["customers"].assign(consent_marketing=False)
    with pytest.raises(DataError, match="none of the 6,000 customers with orders agreed to marketing"):
        make_plan(tables | {"customers": refused}, make_config())


def test_no_action_declared_is_an_error():
    with pytest.raises(ConfigError, match="no action is declared"):
        with_limits(make_config(actions={}).next_best_action, -1)


def test_an_unknown_campaign_is_an_error_that_names_the_known(tables):
    config = make_config(actions={"voucher": {"campaigns": ["july"]}})
    with pytest.raises(DataError, match="'july', which contacts don't hold; they hold june"):
        make_plan(tables, config)


def test_sentence_table_and_hand_off_tell_the_same(plan):
    rows = handed_on(plan)
    rows = rows[rows.action == "voucher"]
    profit = money(rows.expected_incremental_value.sum(), "EUR")
    assert f"Voucher for {len(rows):,} customers is expected to bring {profit} more profit" in plan.result.findings[0]
    assert f"after a cost of {money(rows.cost.sum(), 'EUR')}" in plan.result.findings[0]
    planned, each, _ = (shown.block for shown in action_tables(plan.result))
    cells = dict(zip((column.name for column in planned.columns), planned.rows[0], strict=True))
    assert (cells["Customers"], cells["Cost"]) == (f"{len(rows):,}", money(rows.cost.sum(), "EUR"))
    assert cells["Profit after cost (95%)"].startswith(f"{profit} (")
    # What was never measured is in no table of effects.
    assert [row[0] for row in each.rows] == ["Voucher"]
    assert planned.rows[1][4] == "–"


def test_two_contacts_a_customer_are_planned_where_the_workspace_allows_them(tables):
    likely = {"likely": pa.Table.from_pandas(tables["customers"][["customer_id"]].assign(probability=0.5))}
    rows = handed_on(make_plan(tables, make_config(contacts_per_customer=2), likely))
    each = rows[rows.action != "none"].groupby("customer_id").action
    assert each.size().max() == 2
    assert each.nunique().eq(each.size()).all()
    assert not rows[rows.holdout & (rows.action != "none")].size


def test_limits_of_a_run_replace_what_is_declared_and_nothing_else():
    declared = make_config(budget=50.0, contacts_per_customer=2).next_best_action
    assert with_limits(declared, -1, 0) == declared
    assert with_limits(declared, 7.0, 3) == declared.model_copy(update={"budget": 7.0, "contacts_per_customer": 3})


def test_page_one_does_not_ask_for_a_budget_that_the_curve_of_budgets_calls_too_large(plan):
    def limits(smaller_brings: float) -> str:
        facts = replace(plan.result.facts, budget=1000.0, budget_price=0.3, profit=500.0)
        budgets = pd.DataFrame({"budget": [500.0, 1000.0], "profit": [smaller_brings, 500.0]})
        told = write_findings(facts, plan.result.actions, plan.result.options, budgets, plan.proposal.tried, "EUR")
        return " ".join(told)

    assert "€1 more would bring €0.30" in limits(400.0)
    assert "€500 would do better" in limits(600.0)
    assert "1 more would bring" not in limits(600.0)


def test_reports_call_channels_by_their_labels_and_the_handoff_by_their_names(tables):
    customers = tables["customers"].rename(columns={"age": "acquisition_channel"})
    config = make_config(fairness="acquisition_channel")
    config = config.model_copy(update={"channels": {"young": Channel(label="Online"), "old": Channel(label="Shops")}})
    plan = make_plan(tables | {"customers": customers}, config)
    assert set(plan.result.fairness.group) == {"Online", "Shops"}
    assert "Online" in " ".join(plan.result.statements)
    assert "responds more: acquisition channel: young" in set(handed_on(plan).reason_1)
