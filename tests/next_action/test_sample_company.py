"""The sample company's truth: what its plan is really worth, beside other ways to spend as much."""

import pandas as pd
import pytest

from workbench.data.synthetic import simulate_company
from workbench.next_action import logged_contacts, people_of, plan_actions, with_limits
from workbench.result import Provenance
from workbench.workspace import open_workspace

ACTIONS = {"voucher": 0.60, "postcard": 0.90}
TABLES = ("transactions", "customers", "touchpoints", "contacts")


@pytest.fixture(scope="module")
def planned(repository):
    import ibis

    company = simulate_company()
    config = open_workspace(repository).config
    tables = {name: ibis.memtable(getattr(company, name)) for name in TABLES}
    people = people_of(tables.get, config)
    spec = with_limits(config.next_best_action, -1)
    logged = logged_contacts(tables["contacts"], people, spec)
    plan = plan_actions(
        people,
        logged,
        spec,
        values=None,
        scores={},
        currency="EUR",
        provenance=Provenance(),
        seed=1,
        governance=config.governance,
    )
    rows = plan.batches().read_all().to_pandas()
    share = people.population.counts.profit_share
    truth = company.truth.uplift.merge(company.truth.customers[["customer_id", "mean_value"]], on="customer_id")
    worth = pd.DataFrame(
        {"customer_id": truth.customer_id}
        | {name: truth[name] * truth.mean_value * share - ACTIONS[name] for name in ACTIONS}
    )
    return plan, rows.merge(worth, on="customer_id")


def true_profit(rows) -> float:
    return sum(float(rows.loc[rows.action == name, name].sum()) for name in ACTIONS)


@pytest.mark.slow
def test_the_plan_beats_treating_everyone_and_chance_in_truth(planned):
    plan, rows = planned
    free, profit = rows[~rows.holdout], true_profit(rows)
    used = free.action.value_counts()
    by_chance = sum(free[name].mean() * used.get(name, 0) for name in ACTIONS)
    everyone = {name: float(free[name].sum()) for name in ACTIONS}
    affordable = {name: total * min(1.0, 10_000 / (len(free) * ACTIONS[name])) for name, total in everyone.items()}
    assert profit > max(everyone.values()) > max(affordable.values())
    assert profit > 3 * by_chance
    assert plan.result.facts.profit_lower < profit < plan.result.facts.profit_upper
    assert plan.result.facts.spent <= 10_000


@pytest.mark.slow
def test_the_catalogue_that_was_aimed_is_not_called_causal(planned):
    plan, _ = planned
    catalogue = plan.result.actions.set_index("action").loc["catalogue"]
    assert not catalogue.causal
    assert plan.result.evidence.set_index("action").loc["catalogue", "reason"] == "it had no control group"


@pytest.mark.slow
def test_vouchers_go_to_the_old_less_often_than_to_the_young(planned):
    """In truth they bring customers of 60 and more nothing and cost three in five of their orders."""
    plan, rows = planned
    got = rows.assign(age=plan.proposal.audience.groups.age_band.astype("str").to_numpy()).groupby("age").action
    share = got.apply(lambda actions: (actions == "voucher").mean())
    assert share["60+"] < 0.1 * share["18-29"]
